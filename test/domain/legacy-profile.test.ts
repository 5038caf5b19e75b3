// The claims of a hand-over (attacks 85 and 89).
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { unicodeText } from '../support/unicode-text.ts';
import { parseLegacyProfile, type LegacyProfile } from '../../src/domain/legacy-profile.ts';

const COMPLETE = {
  iss: 'owners-site',
  aud: 'https://id.example',
  iat: 1_790_000_000,
  exp: 1_790_000_300,
  jti: 'once',
  sub: 'tanaka',
  auth_time: 1_790_000_000,
  name: '田中 太郎',
  'name#ja-Kana-JP': 'タナカ タロウ',
  family_name: '田中',
  'family_name#ja-Kana-JP': 'ﾀﾅｶ',
  given_name: '太郎',
  'given_name#ja-Kana-JP': 'たろう',
  email: 'Tanaka@Example.jp',
  phone_number: '+819012345678',
  birthdate: '1995-12-25',
  gender: 'male',
  address: {
    postal_code: '471-0826',
    region: '愛知県',
    locality: '豊田市',
    street_address: 'トヨタ町1番地\nトヨタマンション101',
    country: 'JP',
  },
  dealer: { code: 'aichi-01', customer_number: 'C-000123' },
  vehicles: [
    { vin: 'ZVW30-1234567', registration_number: '豊田 300 あ 12-34', model: 'プリウス', first_registered: '2019-03' },
    { vin: 'jtdkb20u993456789', first_registered: '2021-04-01' },
  ],
};

function read(claims: unknown): { profile: LegacyProfile; dropped: unknown[] } {
  const parsed = parseLegacyProfile(claims);
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  return parsed;
}

test('a complete hand-over is read, each value in its stored form', () => {
  expect(parseLegacyProfile(COMPLETE)).toEqual({
    ok: true,
    dropped: [],
    profile: {
      legacy_id: 'tanaka',
      auth_time: 1_790_000_000,
      email: 'Tanaka@Example.jp',
      profile: {
        family_name: '田中',
        given_name: '太郎',
        family_name_kana: 'タナカ',
        given_name_kana: 'タロウ',
        phone_number: '+819012345678',
        birthdate: '1995-12-25',
        gender: 'male',
        address: {
          postal_code: '4710826',
          region: '愛知県',
          locality: '豊田市',
          street_address: 'トヨタ町1番地',
          building: 'トヨタマンション101',
        },
      },
      dealer: { code: 'aichi-01', customer_number: 'C-000123' },
      vehicles: [
        { vin: 'ZVW30-1234567', registration_number: '豊田 300 あ 12-34', model: 'プリウス', first_registered: '2019-03' },
        { vin: 'JTDKB20U993456789', first_registered: '2021-04-01' },
      ],
    },
  });
});

test('only the subject is required; empty claims count as absent', () => {
  const nothing = { legacy_id: 'suzuki', profile: {}, vehicles: [] };
  expect(read({ sub: 'suzuki' })).toMatchObject({ profile: nothing, dropped: [] });
  const empty = read({
    sub: 'suzuki',
    email: '',
    birthdate: '',
    family_name: '',
    address: { street_address: '', region: '' },
    vehicles: [],
  });
  expect(empty).toEqual({ ok: true, profile: nothing, dropped: [] });
  expect(Object.keys(empty.profile)).toEqual(['legacy_id', 'profile', 'vehicles']);
});

test('unknown claims are ignored', () => {
  const extra = {
    sub: 'x',
    email_verified: true,
    role: 'admin',
    zoneinfo: 7,
    'family_name#en': 'Tanaka',
    address: { formatted: 1 },
  };
  expect(read(extra)).toEqual({ ok: true, profile: { legacy_id: 'x', profile: {}, vehicles: [] }, dropped: [] });
  expect(
    read(JSON.parse('{"sub":"x","__proto__":{"email":"evil@example.jp"},"constructor":{"name":"x"}}')).profile,
  ).not.toHaveProperty('email');
});

describe('a mistake of the program refuses the whole hand-over, with a sentence that names the claim', () => {
  test.each<[string, unknown, string]>([
    ['no object', 'claims', 'the claims must be a JSON object'],
    ['null', null, 'the claims must be a JSON object'],
    ['a list', [], 'the claims must be a JSON object'],
    ['no sub', {}, '"sub" is required and must not be empty'],
    ['an empty sub', { sub: '' }, '"sub" is required and must not be empty'],
    ['a number as sub', { sub: 7 }, '"sub" must be a string and is a number'],
    ['an object as name', { sub: 'x', name: { first: 'a' } }, '"name" must be a string and is an object'],
    ['a list as kana', { sub: 'x', 'family_name#ja-Kana-JP': ['ア'] }, '"family_name#ja-Kana-JP" must be a string and is a list'],
    ['null for unknown', { sub: 'x', email: null }, '"email" must be a string and is null: leave out unknown values'],
    ['a boolean as phone number', { sub: 'x', phone_number: true }, '"phone_number" must be a string and is a boolean'],
    ['a text as address', { sub: 'x', address: '豊田市' }, '"address" must be an object and is a string'],
    ['a list as address', { sub: 'x', address: [] }, '"address" must be an object and is a list'],
    [
      'a number inside the address',
      { sub: 'x', address: { postal_code: 4710826 } },
      '"address.postal_code" must be a string and is a number',
    ],
    [
      'a text as auth_time',
      { sub: 'x', auth_time: '1' },
      '"auth_time" must be a time in seconds since 1970-01-01 and is a string',
    ],
    ['a negative auth_time', { sub: 'x', auth_time: -1 }, '"auth_time" must be a time in seconds since 1970-01-01'],
    ['milliseconds', { sub: 'x', auth_time: 1_790_000_000_000 }, '"auth_time" must be a time in seconds since 1970-01-01'],
    ['1e400', JSON.parse('{"sub":"x","auth_time":1e400}'), '"auth_time" must be a time in seconds since 1970-01-01'],
    ['201 characters', { sub: 'x', name: 'あ'.repeat(201) }, '"name" must have at most 200 characters and has 201'],
    ['NUL', { sub: 'x', name: 'a\0b' }, '"name" must not contain control characters'],
    ['CR LF', { sub: 'x', family_name: 'a\r\nBcc: b' }, '"family_name" must not contain control characters'],
    ['bidirectional override', { sub: 'x', family_name: 'a\u202Eb' }, '"family_name" must not contain control characters'],
    ['a control character in sub', { sub: 'x\n' }, '"sub" must not contain control characters'],
    [
      'a line feed in the city',
      { sub: 'x', address: { locality: 'a\nb' } },
      '"address.locality" must not contain control characters',
    ],
    [
      'a tab in the street',
      { sub: 'x', address: { street_address: 'a\tb' } },
      '"address.street_address" must not contain control characters',
    ],
    ['a dealer without code', { sub: 'x', dealer: {} }, '"dealer.code" is required and must not be empty'],
    ['a text as dealer', { sub: 'x', dealer: 'aichi-01' }, '"dealer" must be an object and is a string'],
    ['an object as vehicles', { sub: 'x', vehicles: {} }, '"vehicles" must be a list of objects and is an object'],
    ['a text as vehicle', { sub: 'x', vehicles: ['ZVW30'] }, '"vehicles[0]" must be an object and is a string'],
    [
      'a vehicle without number',
      { sub: 'x', vehicles: [{ vin: 'ZVW30-1' }, { model: 'x' }] },
      '"vehicles[1].vin" is required and must not be empty',
    ],
    [
      '51 vehicles',
      { sub: 'x', vehicles: Array.from({ length: 51 }, () => ({ vin: 'ZVW30-1' })) },
      '"vehicles" must have at most 50 entries and has 51',
    ],
  ])('%s', (_, claims, problem) => {
    expect(parseLegacyProfile(claims)).toEqual({ ok: false, problems: [problem] });
  });

  test('all mistakes are reported together, without values', () => {
    const parsed = parseLegacyProfile({ email: 7, birthdate: 'canary\0', dealer: 'canary', vehicles: [{}] });
    expect(parsed).toEqual({
      ok: false,
      problems: [
        '"sub" is required and must not be empty',
        '"email" must be a string and is a number',
        '"birthdate" must not contain control characters',
        '"dealer" must be an object and is a string',
        '"vehicles[0].vin" is required and must not be empty',
      ],
    });
  });
});

describe('a value that a person may have mistyped is left out and named', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['30 February', { birthdate: '1995-02-30' }, 'birthdate'],
    ['a year only', { birthdate: '1995' }, 'birthdate'],
    ['no year', { birthdate: '0000-12-25' }, 'birthdate'],
    ['another order', { birthdate: '25/12/1995' }, 'birthdate'],
    ['no address', { email: 'tanaka' }, 'email'],
    ['two addresses', { email: 'a@example.jp,b@example.jp' }, 'email'],
    ['no number', { phone_number: '090-1234' }, 'phone_number'],
    ['kanji for kana', { 'family_name#ja-Kana-JP': '田中' }, 'family_name#ja-Kana-JP'],
    ['a name of 41 characters', { family_name: 'あ'.repeat(41) }, 'family_name'],
    ['a name with zero width', { given_name: '太\u200B郎' }, 'given_name'],
    ['spaces for a name', { given_name: '\u3000' }, 'given_name'],
    ['an unknown gender', { gender: 'M' }, 'gender'],
    ['no prefecture', { address: { region: 'Aichi' } }, 'address.region'],
    ['no postal code', { address: { postal_code: '12345' } }, 'address.postal_code'],
    ['a long street', { address: { street_address: 'あ'.repeat(101) } }, 'address.street_address'],
    ['an odd dealer', { dealer: { code: '../../etc' } }, 'dealer.code'],
    ['an odd vehicle number', { vehicles: [{ vin: '<x>' }] }, 'vehicles[0].vin'],
    ['an odd date of a vehicle', { vehicles: [{ vin: 'ZVW30-1', first_registered: '2019-13' }] }, 'vehicles[0].first_registered'],
  ])('%s', (_, claims, claim) => {
    const { profile, dropped } = read({ sub: 'x', ...claims });
    expect(dropped).toEqual([{ claim, why: expect.any(String) }]);
    expect(JSON.stringify(dropped)).not.toMatch(/1995-02-30|etc|<x>/);
    expect({ ...profile, vehicles: [] }).toEqual({ legacy_id: 'x', profile: {}, vehicles: [] });
  });

  test('a vehicle is kept without its invalid date', () => {
    expect(read({ sub: 'x', vehicles: [{ vin: 'ZVW30-1', first_registered: '2019-13' }] }).profile.vehicles).toEqual([
      { vin: 'ZVW30-1' },
    ]);
  });
});

test('a full name replaces missing parts, split at the space', () => {
  expect(read({ sub: 'x', name: '田中　太郎', 'name#ja-Kana-JP': 'ﾀﾅｶ ﾀﾛｳ' }).profile.profile).toEqual({
    family_name: '田中',
    given_name: '太郎',
    family_name_kana: 'タナカ',
    given_name_kana: 'タロウ',
  });
  expect(read({ sub: 'x', name: '田中 太郎', family_name: '佐藤' }).profile.profile).toEqual({
    family_name: '佐藤',
    given_name: '太郎',
  });
  expect(read({ sub: 'x', name: '田中太郎' }).profile.profile).toEqual({});
  expect(read({ sub: 'x', name: 'アン マリー ジョンソン' }).profile.profile).toEqual({});
});

test.each([
  ['one line', 'トヨタ町1', { street_address: 'トヨタ町1' }],
  ['two lines', 'トヨタ町1\r\nビル 3F', { street_address: 'トヨタ町1', building: 'ビル 3F' }],
  ['three lines', 'トヨタ町1\nビル\n3F', { street_address: 'トヨタ町1', building: 'ビル 3F' }],
  ['a line break at the end', 'トヨタ町1\n', { street_address: 'トヨタ町1' }],
])('block and building, one a line: %s', (_, street, address) => {
  expect(read({ sub: 'x', address: { street_address: street } })).toMatchObject({
    dropped: [],
    profile: { profile: { address } },
  });
});

test('R10 R14 kana with dashes, marks apart from their letters and wide spaces, and an address of a carrier: nothing is left out', () => {
  const { profile, dropped } = read({
    sub: 'laura',
    email: '"laura..l"@docomo.ne.jp',
    'name#ja-Kana-JP': 'ｽﾐｽ　ロ－ラ',
    'given_name#ja-Kana-JP': 'シ゛ョ―シ゛',
  });
  expect(dropped).toEqual([]);
  expect(profile.email).toBe('laura..l@docomo.ne.jp');
  expect(profile.profile).toEqual({ family_name_kana: 'スミス', given_name_kana: 'ジョージ' });
  const whole = read({ sub: 'laura', 'name#ja-Kana-JP': 'スミ‐ス \u3000ロ－ラ' });
  expect([whole.dropped, whole.profile.profile]).toEqual([[], { family_name_kana: 'スミース', given_name_kana: 'ローラ' }]);
});

test('a vehicle that is named twice is listed once', () => {
  const vehicles = [{ vin: 'ZVW30-1' }, { vin: ' zvw30-1 ', model: 'プリウス' }];
  expect(read({ sub: 'x', vehicles }).profile.vehicles).toEqual([{ vin: 'ZVW30-1', model: 'プリウス' }]);
});

test('any hand-over gets an answer, and no answer contains undefined', () => {
  const value = fc.oneof(fc.jsonValue(), unicodeText());
  const claims = fc.record(Object.fromEntries(Object.keys(COMPLETE).map((claim) => [claim, value])), { requiredKeys: [] });
  const nearly = fc
    .tuple(claims, fc.constantFrom(...Object.keys(COMPLETE)))
    .map(([odd, claim]) => ({ ...COMPLETE, [claim]: odd[claim] }));
  fc.assert(
    fc.property(fc.oneof(value, claims, nearly), (input) => {
      const parsed = parseLegacyProfile(input);
      if (parsed.ok) expect(structuredClone(parsed.profile)).toEqual(JSON.parse(JSON.stringify(parsed.profile)));
      else expect(parsed.problems.length).toBeGreaterThan(0);
    }),
    { numRuns: 2000, examples: [[{ ...COMPLETE, auth_time: -0 }]] },
  );
});
