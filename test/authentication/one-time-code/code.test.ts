// One-time codes (attacks 1, 8 and 9).
import { expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { deriveKey } from '../../../src/domain/derive-key.ts';
import { codeSentence } from '../../../src/authentication/one-time-code/code-sentence.ts';
import { codeHmac, drawCode, parseCode } from '../../../src/authentication/one-time-code/code.ts';
import { sameSecret } from '../../../src/domain/same-secret.ts';

const KEY = deriveKey('key', 'codes');

test('codes have six digits, with leading zeros, and every digit is equally likely in every place', () => {
  const draws = 10_000;
  const counts = Array.from({ length: 6 }, () => Array.from({ length: 10 }, () => 0));
  for (let draw = 0; draw < draws; draw += 1) {
    const code = drawCode();
    expect(code).toMatch(/^\d{6}$/);
    Array.from(code).forEach((digit, place) => {
      counts[place]![Number(digit)]! += 1;
    });
  }
  for (const place of counts) {
    const expected = draws / 10;
    const chiSquare = place.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // Nine degrees of freedom: beyond 40 once in 100,000 runs.
    expect(chiSquare).toBeLessThan(40);
  }
});

test('codes do not come from Math.random, whose values can be predicted', () => {
  const random = jest.spyOn(Math, 'random');
  for (let draw = 0; draw < 100; draw += 1) drawCode();
  expect(random).not.toHaveBeenCalled();
  random.mockRestore();
});

test('the HMAC is bound to the key, the slot, the address and the code', () => {
  const hmac = codeHmac(KEY, 'slot', 'a@example.jp', '012345');
  expect(codeHmac(KEY, 'slot', 'a@example.jp', '012345')).toBe(hmac);
  expect(hmac).toMatch(/^[\w-]{43}$/);
  const others = [
    codeHmac(deriveKey('other', 'codes'), 'slot', 'a@example.jp', '012345'),
    codeHmac(KEY, 'other', 'a@example.jp', '012345'),
    codeHmac(KEY, 'slot', 'b@example.jp', '012345'),
    codeHmac(KEY, 'slot', 'a@example.jp', '012346'),
    codeHmac(KEY, 'slota', '@example.jp', '012345'),
  ];
  for (const other of others) expect(sameSecret(hmac, other)).toBe(false);
  expect(sameSecret(hmac, hmac)).toBe(true);
  expect(sameSecret(hmac, hmac.slice(1))).toBe(false);
  expect(sameSecret(hmac, '')).toBe(false);
});

test('no two different slots, addresses and codes share one HMAC', () => {
  const parts = fc.tuple(fc.string(), fc.string(), fc.string());
  fc.assert(
    fc.property(parts, parts, (left, right) => {
      const same = left.every((part, index) => part === right[index]);
      expect(codeHmac(KEY, ...left) === codeHmac(KEY, ...right)).toBe(same);
    }),
  );
});

test.each([
  ['plain', '012345'],
  ['full width', '０１２３４５'],
  ['a space inside', '012 345'],
  ['a hyphen inside', '012-345'],
  ['pasted with a line break', ' 012345\r\n'],
  ['100 characters', `012345${' '.repeat(94)}`],
])('a code is read: %s', (_, input) => {
  expect(parseCode(input)).toEqual({ ok: true, code: '012345' });
});

test.each([
  ['', 'missing'],
  [' \u3000', 'missing'],
  ['12345', 'syntax'],
  ['1234567', 'syntax'],
  ['12345a', 'syntax'],
  ['一二三四五六', 'syntax'],
  ['+12345', 'syntax'],
  [`012345${' '.repeat(95)}`, 'syntax'],
  ['0'.repeat(100_000), 'syntax'],
])('no code: %s', (input, reason) => {
  expect(parseCode(input)).toEqual({ ok: false, reason });
});

test('every generated code can be read', () => {
  for (let draw = 0; draw < 1000; draw += 1) {
    const code = drawCode();
    expect(parseCode(code)).toEqual({ ok: true, code });
  }
});

test('the sentence about a wrong code says how many attempts are left, if the person is told', () => {
  const t = (key: string, values?: object): string => `${key}${JSON.stringify(values ?? '')}`;
  expect(codeSentence(t, { problem: 'code_wrong' })).toBe('form_errors.code_wrong""');
  expect(codeSentence(t, { problem: 'code_wrong', left: 0 })).toBe(
    'form_errors.code_wrong"" form_errors.code_attempts_left{"left":0}',
  );
});
