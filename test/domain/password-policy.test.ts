// The password rule (attacks 23, 24 and 26).
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { unicodeText } from '../support/unicode-text.ts';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  allowedCharacter,
  ANY_CHARACTER,
  checkPassword,
  loadCommonPasswords,
  personalData,
  type CommonPasswords,
  type PasswordPolicy,
  type PasswordProblem,
} from '../../src/domain/password-policy.ts';

// As on screen ⑦ of the guide.
const GUIDE_PASSWORD_POLICY: PasswordPolicy = { minLength: 8, maxLength: 20, symbols: '-*_!#$%' };
const LIST = fileURLToPath(new URL('../../config/common-passwords.txt', import.meta.url));
const NOTHING_COMMON = new Set<string>();
const ruleOnly = (password: string): PasswordProblem[] => checkPassword(password, GUIDE_PASSWORD_POLICY, [], NOTHING_COMMON);

describe('the rule of the guide', () => {
  test.each<[string, string, PasswordProblem[]]>([
    ['7 characters', 'abcdef7', ['too_short']],
    ['8 characters', 'abcdefg8', []],
    ['20 characters', 'abcdefghijklmnopqr20', []],
    ['21 characters', 'abcdefghijklmnopqrs21', ['too_long']],
    ['nothing', '', ['too_short', 'letter_missing', 'digit_missing']],
    ['letters only', 'abcdefgh', ['digit_missing']],
    ['digits only', '12345678', ['letter_missing']],
    ['symbols only', '-*_!#$%-', ['letter_missing', 'digit_missing']],
    ...Array.from('-*_!#$%').map((symbol): [string, string, PasswordProblem[]] => [`with ${symbol}`, `abcd${symbol}5678`, []]),
    ...[' ', '"', "'", '&', '~', '@', '.', '+', '/', '\\', '\0', '\t', '\n', 'é', 'あ', 'ｱ', '字', '\u200B', '😀'].map(
      (character): [string, string, PasswordProblem[]] => [
        `with ${JSON.stringify(character)}`,
        `abcd${character}5678`,
        ['characters'],
      ],
    ),
    ['full-width letters and digits', 'Ａｂｃｄ１２３４', ['full_width', 'letter_missing', 'digit_missing']],
    ['one full-width digit', 'abcd567８', ['full_width']],
    ['a full-width symbol', 'abcd！5678', ['full_width']],
    ['a full-width space', 'abcd\u30005678', ['full_width']],
    ['full width and another', 'abcd５678é', ['full_width', 'characters']],
    ['space before', ' abcd5678', ['characters']],
    ['20 emoji are 20 characters', '😀'.repeat(20), ['too_many_bytes', 'characters', 'letter_missing', 'digit_missing']],
  ])('%s', (_, password, problems) => {
    expect(ruleOnly(password)).toEqual(problems);
  });

  test('is the shipped policy', async () => {
    const shipped = JSON.parse(await readFile(new URL('../../config/policy.json', import.meta.url), 'utf8')) as {
      password: unknown;
    };
    const { minLength, maxLength, symbols } = GUIDE_PASSWORD_POLICY;
    expect(shipped.password).toEqual({ min_length: minLength, max_length: maxLength, symbols });
  });

  test('another policy is another rule', () => {
    const policy = { minLength: 12, maxLength: 64, symbols: ' ' };
    expect(checkPassword('correct horse 1 battery', policy, [], NOTHING_COMMON)).toEqual([]);
    expect(checkPassword('abcd-5678', policy, [], NOTHING_COMMON)).toEqual(['too_short', 'characters']);
  });

  test.each<[string, string, PasswordProblem[]]>([
    ['a space', 'correct horse 1 battery', []],
    ['every symbol of ASCII', ' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~a1', []],
    ['kana and kanji', 'ひつじが1ぴき羊が2ひきa', []],
    ['an emoji of several parts', 'family-1 👨‍👩‍👧', []],
    ['64 characters', `${'a'.repeat(63)}1`, []],
    ['65 characters', `${'a'.repeat(64)}1`, ['too_long']],
    ['72 bytes', `${'あ'.repeat(23)}a12`, []],
    ['73 bytes', `${'あ'.repeat(23)}ab12`, ['too_many_bytes']],
    ['half-width katakana', 'ｱｲｳｴｵｶｷa1', []],
    ['a full-width digit', 'abcdefg1８', ['full_width']],
    ['a full-width space, which becomes a space', 'abcdefg\u30001', []],
    ...['\0', '\t', '\n', '\u200B', '\u2028', '\uD800', '\uE000'].map((character): [string, string, PasswordProblem[]] => [
      JSON.stringify(character),
      `abcdefg1${character}`,
      ['characters'],
    ]),
    ['a letter and a mark are one character', `e\u0301`.repeat(7), ['too_short', 'letter_missing', 'digit_missing']],
  ])('every printable character, up to 64: %s', (_, password, problems) => {
    const policy = { minLength: 8, maxLength: 64, symbols: ANY_CHARACTER };
    expect(checkPassword(password, policy, [], NOTHING_COMMON).filter((problem) => problem !== 'common')).toEqual(problems);
  });

  test('every choice of symbols of ASCII is exactly what is allowed', () => {
    const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
    for (const symbols of ['', '-', '^', ']', '\\', '[]^-\\', '-*_!#$%', ascii.join('').replace(/[^!-/:-@[-`{-~]/g, '')]) {
      const allowed = new RegExp(allowedCharacter({ symbols }), 'u');
      expect(ascii.filter((one) => allowed.test(one)).join('')).toBe(
        ascii.filter((one) => /[A-Za-z0-9]/.test(one) || symbols.includes(one)).join(''),
      );
    }
  });

  test('a password is accepted exactly if it matches the rule as one expression', () => {
    const meetsTheRule = /^(?=.*[A-Za-z])(?=.*[0-9])[A-Za-z0-9\-*_!#$%]{8,20}$/;
    const nearly = fc.string({
      unit: fc.constantFrom(...Array.from('abcdefghijKLMNOP0123456789-*_!#$%&Ａ')),
      minLength: 6,
      maxLength: 22,
    });
    fc.assert(
      fc.property(fc.oneof(nearly, unicodeText()), (password) => {
        const problems = ruleOnly(password).filter((problem) => problem !== 'common');
        expect({ password, accepted: problems.length === 0 }).toEqual({ password, accepted: meetsTheRule.test(password) });
      }),
      { numRuns: 2000 },
    );
  });
});

describe('common passwords', () => {
  let common: CommonPasswords;
  beforeAll(async () => {
    common = await loadCommonPasswords(LIST);
  });
  const check = (password: string): PasswordProblem[] => checkPassword(password, GUIDE_PASSWORD_POLICY, [], common);

  test('the list has thousands of passwords in lower case, all within the rule, and each is refused', async () => {
    const passwords = (await readFile(LIST, 'utf8')).split('\n').filter((line) => line !== '' && !line.startsWith('# '));
    expect(passwords.length).toBeGreaterThan(3000);
    expect(passwords).toEqual(passwords.map((password) => password.toLowerCase()));
    expect(passwords.filter((password) => ruleOnly(password).some((problem) => problem !== 'common'))).toEqual([]);
    // Some of the list, with the first and the last, because each search reads the whole list.
    const some = passwords.filter((_, index) => index % 20 === 0 || index === passwords.length - 1);
    expect(some.filter((password) => check(password).join() !== 'common')).toEqual([]);
  });

  test('a list with capitals, CRLF, comments and no final newline is read', async () => {
    const file = join(tmpdir(), `passwords-${process.pid}.txt`);
    await writeFile(file, '# Ours\r\nTyres2Go\r\n\r\nzubzub77');
    const ours = await loadCommonPasswords(file);
    await rm(file);
    expect(['tyres2go', 'zubzub77', '# ours', 'tyres2', 'zub'].filter((word) => ours.has(word))).toEqual([
      'tyres2go',
      'zubzub77',
    ]);
  });

  test.each([
    'password1',
    'Password1',
    'PASSW0RD',
    'p-a-s-s-w-o-r-d-1',
    'qwerty123',
    '1qaz2wsx',
    'sakura2025',
    'satou1234',
    'toyota123',
    'TOYOTA123',
    'toyota-2026!',
    '2025toyota',
    't0y0ta99',
    'lexus2025',
    'Lexus#2025',
    'l3xus2025',
    'gazoo2026',
    'toyotalexus1',
    'prius1997',
    'aaaaaaa1',
    '11111111a',
    'a1a1a1a1',
    'toyota1lexus',
  ])('%s is refused', (password) => {
    expect(check(password)).toEqual(['common']);
  });

  test('a listed password with symbols is refused, too', () => {
    expect(checkPassword('Tyre-2go', GUIDE_PASSWORD_POLICY, [], new Set(['tyre-2go']))).toEqual(['common']);
  });

  test.each(['Common-2026', 'Xq7-Xq7-', 'kX7-pQ2_vM', 'mizu*to7kaze', 'toyoda-hill-3'])('%s is accepted', (password) => {
    expect(check(password)).toEqual([]);
  });

  test('a list that cannot be read gives an error', async () => {
    await expect(loadCommonPasswords(`${LIST}.missing`)).rejects.toThrow('ENOENT');
  });
});

describe("the person's own data", () => {
  const personal = personalData('Hanako.Suzuki77@example.jp', {
    family_name: '鈴木',
    given_name: '花子',
    family_name_kana: 'スズキ',
    given_name_kana: 'ハナコ',
    phone_number: '+819012345678',
    birthdate: '1995-12-25',
    gender: 'female',
  });
  const check = (password: string): PasswordProblem[] => checkPassword(password, GUIDE_PASSWORD_POLICY, personal, NOTHING_COMMON);

  test.each([
    ['local part', 'hanako.suzuki77'.replace('.', '-')],
    ['part of the local part', 'Suzuki77abc'],
    ['family name', 'my-suzuki-4'],
    ['given name', 'HANAKO2026'],
    ['birth date', 'abc19951225'],
    ['birth date in hyphens', 'a1995-12-25'],
    ['birth date, short', 'hana951225x'],
    ['birth date, day first', 'x12251995y'],
    ['phone number', 'tel09012345678'],
    ['phone number in hyphens', 'a090-1234-5678'],
    ['phone number without its beginning', 'pw12345678'],
  ])('%s is refused', (_, password) => {
    expect(check(password)).toEqual(['personal']);
  });

  test('another romaji spelling is found too', () => {
    expect(checkPassword('tutiya-46', GUIDE_PASSWORD_POLICY, ['ツチヤ'], NOTHING_COMMON)).toEqual(['personal']);
  });

  test.each(['kX7-pQ2_vM', 'example-jp4', 'x1225y77z-q', 'female-4you'])('%s is accepted', (password) => {
    expect(check(password)).toEqual([]);
  });

  test('the address alone: its local part, and each piece of it', () => {
    const any = { minLength: 8, maxLength: 64, symbols: ANY_CHARACTER };
    const withAddress = (password: string, address: string): PasswordProblem[] =>
      checkPassword(password, any, personalData(address, undefined), NOTHING_COMMON);
    for (const password of ['x-suzuki77-9', 'Hanako-4w', 'x.hanako.suzuki77'])
      expect([password, withAddress(password, 'hanako.suzuki77@example.jp')]).toEqual([password, ['personal']]);
    // The pieces are too short.
    expect(withAddress('my k.y.o1 pw', 'k.y.o1@example.jp')).toEqual(['personal']);
    expect(withAddress('my-kyo-1-pw', 'k.y.o1@example.jp')).toEqual([]);
  });

  test('short pieces refuse nothing', () => {
    const short = personalData('a@example.jp', { family_name_kana: 'イトウ', given_name_kana: 'リン' });
    expect(checkPassword('a-rin-7bank', GUIDE_PASSWORD_POLICY, short, NOTHING_COMMON)).toEqual([]);
    expect(checkPassword('kX7-pQ2_vM', GUIDE_PASSWORD_POLICY, personalData(undefined, undefined), NOTHING_COMMON)).toEqual([]);
  });

  test('no profile makes the check fail, and an empty piece refuses nothing', () => {
    fc.assert(
      fc.property(fc.array(unicodeText()), (values) => {
        checkPassword('kX7-pQ2_vM', GUIDE_PASSWORD_POLICY, values, NOTHING_COMMON);
        expect(
          checkPassword(
            'kX7-pQ2_vM',
            GUIDE_PASSWORD_POLICY,
            [...values.map((value) => value.slice(0, 3)), '', '@', '-'],
            NOTHING_COMMON,
          ),
        ).toEqual([]);
      }),
    );
  });
});
