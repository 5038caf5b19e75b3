// Whether two records belong to the same person.
import { expect, test } from '@jest/globals';
import type { Profile } from '../../src/domain/account.ts';
import { differenceOf } from '../../src/domain/same-person.ts';

type Person = [family?: string, given?: string, familyKana?: string, givenKana?: string];
const profile = ([family, given, familyKana, givenKana]: Person): Profile => ({
  ...(family && { family_name: family }),
  ...(given && { given_name: given }),
  ...(familyKana && { family_name_kana: familyKana }),
  ...(givenKana && { given_name_kana: givenKana }),
});
const TANAKA: Person = ['田中', '太郎', 'タナカ', 'タロウ'];

test.each<[string, Person, Person]>([
  ['equal', TANAKA, TANAKA],
  ['nothing known', [], TANAKA],
  ['only the family name known', ['田中'], TANAKA],
  ['only kana known on one side', ['', '', 'タナカ', 'タロウ'], TANAKA],
  ['kanji against kana alone: nothing in common', ['田中', '太郎'], ['', '', 'スズキ', 'ハナコ']],
  ['kanji against Latin letters alone: nothing in common', ['田中', '太郎'], ['Suzuki', 'Hanako']],
  ['hiragana', ['たなか', 'たろう'], TANAKA],
  ['half-width kana', ['ﾀﾅｶ', 'ﾀﾛｳ'], TANAKA],
  ['voiced half-width kana', ['', '', 'ﾔﾏﾀﾞ', 'ﾕｳｺ'], ['', '', 'ヤマダ', 'ユウコ']],
  ['spaces inside', ['田 中', '太　郎'], TANAKA],
  ['everything in one field', ['田中太郎'], TANAKA],
  ['everything in one field, with a space', ['田中　太郎'], TANAKA],
  ['an older form of a character', ['髙﨑', '眞澄'], ['高崎', '真澄']],
  ['another older form', ['渡邊', '廣子'], ['渡辺', '広子']],
  ['𠮷 and 吉', ['𠮷田', '太郎'], ['吉田', '太郎']],
  ['a compatibility ideograph', ['神谷', '福子'], ['神谷', '福子']],
  ['a slip in the kanji, with the same reading', ['田中', '太朗', 'タナカ', 'タロウ'], TANAKA],
  ['a slip in the reading, with the same kanji', ['田中', '太郎', 'タナカ', 'タロ'], TANAKA],
  ['no small kana in an old system', ['', '', 'イツペイ', 'シヨウタ'], ['', '', 'イッペイ', 'ショウタ']],
  ['long vowels', ['', '', 'オータ', 'ユーコ'], ['', '', 'オオタ', 'ユウコ']],
  ['ヅ and ズ', ['', '', 'ミヅノ', 'シヅカ'], ['', '', 'ミズノ', 'シズカ']],
  ['Latin letters', ['Tanaka', 'Taro'], TANAKA],
  ['Latin letters, family name last', ['Taro', 'Tanaka'], TANAKA],
  ['capital letters, full width, long vowel with h', ['ＴＡＮＡＫＡ', 'ＴＡＲＯＨ'], TANAKA],
  ['Ohno', ['Ohno', 'Yuhko'], ['大野', '裕子', 'オオノ', 'ユウコ']],
  ['Homma, typed as on a keyboard', ['Homma', 'Zyunko'], ['本間', '順子', 'ホンマ', 'ジュンコ']],
  ['a foreigner', ['Smith', 'John'], ['スミス', 'ジョン']],
  ['another foreigner, with accents', ['Müller', 'René'], ['Muller', 'Rene']],
  ['a middle name apart by ・', ['スミス', 'ジョン・ポール'], ['スミス', 'ジョン ポール']],
])('the same: %s', (_, one, other) => {
  expect(differenceOf(profile(one), profile(other))).toEqual({ name: false, birthdate: false });
  expect(differenceOf(profile(other), profile(one))).toEqual({ name: false, birthdate: false });
});

test.each<[string, Person, Person]>([
  ['another person', TANAKA, ['鈴木', '花子', 'スズキ', 'ハナコ']],
  ['one of the family', TANAKA, ['田中', '花子', 'タナカ', 'ハナコ']],
  ['one of the family, whose family name alone is in kanji', TANAKA, ['田中', '花子']],
  ['another family name', TANAKA, ['鈴木', '太郎', 'スズキ', 'タロウ']],
  ['only the family name is known, and differs', ['鈴木'], TANAKA],
  ['only kana, and they differ', ['', '', 'スズキ', 'ハナコ'], TANAKA],
  ['Latin letters of another name', ['Suzuki', 'Hanako'], TANAKA],
  ['Latin letters of one of the family', ['Tanaka', 'Hanako'], TANAKA],
  ['a name that only begins alike', ['田中', '太郎丸'], ['田中', '太郎']],
])('different: %s', (_, one, other) => {
  expect(differenceOf(profile(one), profile(other)).name).toBe(true);
  expect(differenceOf(profile(other), profile(one)).name).toBe(true);
});

test('a birth date differs only if both are known', () => {
  const born = (birthdate?: string): Profile => (birthdate === undefined ? {} : { birthdate });
  expect(differenceOf(born('1990-01-01'), born('1990-01-02')).birthdate).toBe(true);
  for (const [one, other] of [
    [undefined, '1990-01-01'],
    ['1990-01-01', undefined],
    ['1990-01-01', '1990-01-01'],
  ] as const)
    expect(differenceOf(born(one), born(other)).birthdate).toBe(false);
});
