// Spellings of kana names.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { unicodeText } from '../support/unicode-text.ts';
import { romajiSpellings } from '../../src/domain/romaji.ts';

test.each([
  ['タナカ', 'tanaka'],
  ['サトウ', 'satou'],
  ['サトウ', 'sato'],
  ['オオノ', 'oono'],
  ['オオノ', 'ono'],
  ['ユウコ', 'yuko'],
  ['ショウタ', 'shota'],
  ['ショウタ', 'syouta'],
  ['ジュンイチ', 'junichi'],
  ['ジュンイチ', 'zyuniti'],
  ['ツチヤ', 'tsuchiya'],
  ['ツチヤ', 'tutiya'],
  ['フジタ', 'fujita'],
  ['フジタ', 'huzita'],
  ['ハットリ', 'hattori'],
  ['イッチ', 'itchi'],
  ['キョウヘイ', 'kyouhei'],
  ['チャタニ', 'chatani'],
  ['ヴィクター', 'vuikuta'],
])('%s is spelled %s, among others', (kana, spelling) => {
  expect(romajiSpellings(kana)).toContain(spelling);
});

test('other text than kana has no spelling', () => {
  expect(romajiSpellings('田中')).toEqual([]);
  expect(romajiSpellings('')).toEqual([]);
});

test('spellings are lower-case Latin letters, each listed once', () => {
  fc.assert(
    fc.property(fc.oneof(unicodeText(), fc.stringMatching(/^[ァ-ヺー]{1,20}$/)), (kana) => {
      const spellings = romajiSpellings(kana);
      expect(new Set(spellings).size).toBe(spellings.length);
      for (const spelling of spellings) expect(spelling).toMatch(/^[a-z]+$/);
    }),
  );
});
