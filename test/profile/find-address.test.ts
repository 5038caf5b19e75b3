// The lookup of an address by its postal code, and the question about a code of another prefecture.
import { describe, expect, test } from '@jest/globals';
import { addressKind } from '../../src/domain/postal-address.ts';
import { askAboutPrefecture, findAddress, placeChoices, withChosenPlace } from '../../src/profile/find-address.ts';
import type { Typed } from '../../src/profile/profile-form.ts';

const EMPTY: Typed = { postal_code: '', region: '', locality: '', street_address: '', building: '', place: '' };
const TOYOTA = { region: '愛知県', locality: '豊田市', street_address: 'トヨタ町' };
/** Presses 住所を自動入力 with these fields changed. */
const press = (before: Typed, changes: Typed): Typed => findAddress({ ...before, ...changes }).values;

describe('R9 the lookup replaces only what it filled in itself', () => {
  test('empty fields: all are filled in; another code: all are replaced', () => {
    const first = press(EMPTY, { postal_code: '471-0826' });
    expect(first).toMatchObject(TOYOTA);
    expect(press(first, { postal_code: '460-0008' })).toMatchObject({
      region: '愛知県',
      locality: '名古屋市中区',
      street_address: '栄',
    });
    // A code without a town takes back the town that the lookup filled in.
    expect(press(first, { postal_code: '471-0000' })).toMatchObject({ ...TOYOTA, street_address: '' });
  });

  test.each([
    ['typed before', { ...EMPTY, street_address: '1-2-3' }, {}],
    ['typed behind the town', press(EMPTY, { postal_code: '471-0826' }), { street_address: 'トヨタ町1-2-3' }],
    ['typed in place of the town', press(EMPTY, { postal_code: '471-0826' }), { street_address: '1-2-3' }],
    ['filled in by the browser in Latin letters', { ...EMPTY, street_address: '1-2-3 Chiyoda' }, {}],
  ])('a house number %s stays', (_, before, changes) => {
    const typed = { ...before, ...changes };
    const values = press(typed, { postal_code: '100-0001' });
    expect(values).toMatchObject({ region: '東京都', locality: '千代田区', street_address: typed.street_address });
    expect(press(values, { postal_code: '471-0826' })).toMatchObject({ ...TOYOTA, street_address: typed.street_address });
  });

  test.each(['region', 'locality'])('a %s that the person has changed stays', (field) => {
    const own = field === 'region' ? '京都府' : 'Nagoya-shi';
    const changed = press({ ...press(EMPTY, { postal_code: '471-0826' }), [field]: own }, { postal_code: '100-0001' });
    expect(changed[field]).toBe(own);
    expect(changed.street_address).toBe('千代田');
  });

  test('a wrong or unknown code changes nothing', () => {
    const typed = { ...press(EMPTY, { postal_code: '471-0826' }), postal_code: '471-8571' };
    expect(findAddress(typed)).toEqual({ values: typed, problems: { postal_code: 'postal_code.unknown' } });
    expect(findAddress({ ...typed, postal_code: '471' })).toMatchObject({ problems: { postal_code: 'postal_code.syntax' } });
  });
});

describe('R9 a code of several places', () => {
  test('offers a choice, and fills in what all places have in common', () => {
    const two = press(EMPTY, { postal_code: '921-8046' });
    expect(two).toMatchObject({ region: '石川県', locality: '金沢市', street_address: '', place: '' });
    expect(placeChoices(two).map(({ label }) => label)).toEqual(['石川県金沢市大桑町', '石川県金沢市三小牛町']);
    expect(press(two, { place: placeChoices(two)[1]?.value ?? '' })).toMatchObject({ street_address: '三小牛町' });
    expect(placeChoices(press(EMPTY, { postal_code: '471-0826' }))).toEqual([]);
    // The page as it is opened has no choice.
    expect(placeChoices({ postal_code: '921-8046' })).toEqual([]);
  });

  test('chosen and sent at once, as without a script: the place is filled in; a choice of another code is not', () => {
    const open = press(EMPTY, { postal_code: '921-8046' });
    const place = placeChoices(open)[0]?.value ?? '';
    expect(withChosenPlace({ ...open, place })).toMatchObject({ region: '石川県', street_address: '大桑町' });
    expect(withChosenPlace({ ...open, place, street_address: '1-2-3' })).toMatchObject({ street_address: '1-2-3' });
    const other = { ...EMPTY, postal_code: '471-0000', place };
    expect(withChosenPlace(other)).toMatchObject({ region: '愛知県', place: '' });
    expect(withChosenPlace(open)).toBe(open);
  });

  test('of two prefectures: neither is written over a typed one, and an earlier prefecture of the lookup does not stay', () => {
    const earlier = press(EMPTY, { postal_code: '100-0001' });
    const open = press(earlier, { postal_code: '618-0000' });
    expect(open).toMatchObject({ region: '', locality: '', street_address: '' });
    const choices = placeChoices(open);
    expect(choices.map(({ label }) => label.slice(0, 3)).toSorted()).toEqual(['京都府', '大阪府']);
    const typed = press({ ...EMPTY, locality: '大山崎町' }, { postal_code: '618-0000' });
    expect(typed).toMatchObject({ region: '', locality: '大山崎町' });
    // Chosen, and chosen once more.
    const [first, second] = choices.map(({ value }) => value);
    const chosen = press(open, { place: first ?? '' });
    expect(press(chosen, { place: second ?? '' })).toMatchObject({
      region: second?.split('|')[0],
      locality: second?.split('|')[1],
    });
    // Only a place of this code can be chosen.
    expect(press(open, { place: '北海道|札幌市|x' })).toMatchObject({ region: '', place: '' });
  });
});

describe('R9 a code and a prefecture that do not belong together', () => {
  const t = (key: string, values?: object): string => (values ? `${key} ${JSON.stringify(values)}` : key);
  const ask = (
    postal_code: string,
    region: string,
    typed: Typed = {},
    standing: { postal_code: string; region: string } | undefined = undefined,
  ) => askAboutPrefecture(typed, { address: { postal_code, region } }, standing ? { address: standing } : {}, t as never);

  test('are told, and confirmed by sending the same once more', () => {
    const asked = ask('6180000', '東京都');
    expect(asked?.errors.region).toContain('prefectures.京都府');
    expect(asked?.errors.region).toContain('prefectures.大阪府');
    expect(ask('6180000', '東京都', asked?.values)).toBeUndefined();
    // Another code or prefecture is another question.
    expect(ask('6180000', '北海道', asked?.values)).toBeDefined();
    expect(ask('4710826', '東京都', asked?.values)).toBeDefined();
  });

  test('are told of a code that is not in the table, by its district', () => {
    expect(ask('4718571', '東京都')?.errors.region).toContain('愛知県');
    expect(ask('4718571', '愛知県')).toBeUndefined();
    expect(ask('0000000', '東京都')).toBeUndefined();
  });

  test('are not told if they belong together, if one is missing, or if the person confirmed them before', () => {
    for (const region of ['京都府', '大阪府']) expect(ask('6180000', region)).toBeUndefined();
    expect(askAboutPrefecture({}, { address: { region: '東京都' } }, {}, t as never)).toBeUndefined();
    expect(askAboutPrefecture({}, {}, {}, t as never)).toBeUndefined();
    expect(ask('6180000', '東京都', {}, { postal_code: '6180000', region: '東京都' })).toBeUndefined();
    expect(ask('6180000', '東京都', {}, { postal_code: '6180000', region: '京都府' })).toBeDefined();
  });

  test('the sentence is one of the words of an address', () => {
    expect(addressKind.words('address')).toContain('region.other_code');
  });
});
