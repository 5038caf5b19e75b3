// Names and kana.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { unicodeText } from '../support/unicode-text.ts';
import { parseKana, parseName } from '../../src/domain/kana.ts';

describe('kana', () => {
  test.each([
    ['katakana', 'タナカ', 'タナカ'],
    ['hiragana', 'たなか', 'タナカ'],
    ['half width', 'ﾀﾅｶ', 'タナカ'],
    ['half width with marks', 'ｻﾞﾌﾟﾊﾞ', 'ザプバ'],
    ['marks of their own', 'か\u3099は\u309A', 'ガパ'],
    ['small letters', 'しょうた', 'ショウタ'],
    ['long vowel', 'ジョー', 'ジョー'],
    ['half-width long vowel', 'ｼﾞｮｰ', 'ジョー'],
    ['iteration marks', 'いすゞ', 'イスヾ'],
    ['vu', 'ゔぃ', 'ヴィ'],
    ['two parts', ' アン　マリー ', 'アン マリー'],
    ['middle dot', 'アン・マリー', 'アン・マリー'],
    ['half-width middle dot', 'ｱﾝ･ﾏﾘｰ', 'アン・マリー'],
    ['old letters', 'ヰヱ', 'ヰヱ'],
  ])('%s', (_, input, kana) => {
    expect(parseKana(input)).toEqual({ ok: true, kana });
  });

  const DASHES = [...'-‐‑‒–—―−－﹣﹘ｰ─━⁃˗⸺⸻〜～'];
  test.each(DASHES)('R10 %s in place of ー: read as ー between kana and at the end of a name', (dash) => {
    expect(parseKana(`ロ${dash}ラ`)).toEqual({ ok: true, kana: 'ローラ' });
    expect(parseKana(`ﾏﾘ${dash}`)).toEqual({ ok: true, kana: 'マリー' });
    expect(parseKana(`じょ${dash}じ　あ${dash}${dash}る`)).toEqual({ ok: true, kana: 'ジョージ アーール' });
  });

  test.each(['-ロ', '- ', 'ロ -ラ', 'ロa-ラ', 'けん一', 'ジャン゠ポール'])(
    'R10 %s has no dash after a kana: refused',
    (input) => {
      expect(parseKana(input)).toEqual({ ok: false, reason: 'characters' });
    },
  );

  test.each([
    ['カ゛', 'ガ'],
    ['は゜', 'パ'],
    ['ｶ゛ﾊ゜', 'ガパ'],
    ['カﾞハﾟ', 'ガパ'],
    ['カ ゛ハ　゜', 'ガパ'],
    ['ウ゛ィ', 'ヴィ'],
    ['いすゝ゛', 'イスヾ'],
    ['ｷｬｯｼｰ', 'キャッシー'],
    ['ヵヶゎゕ', 'ヵヶヮヵ'],
    ['トゥㇰ', 'トゥㇰ'],
    ['スズキ \u00A0\u2003　ハナコ', 'スズキ ハナコ'],
  ])('R10 %s: marks apart from their letters, small letters, spaces between names', (input, kana) => {
    expect(parseKana(input)).toEqual({ ok: true, kana });
  });

  test.each(['ア゛', '゛カ', 'ガ゛', 'カ゛゜', '゛'])('R10 %s: a mark that belongs to no letter is refused', (input) => {
    expect(parseKana(input)).toEqual({ ok: false, reason: 'characters' });
  });

  test.each([
    ['nothing', '', 'missing'],
    ['spaces', '\u3000 ', 'missing'],
    ['kanji', '田中', 'characters'],
    ['Latin', 'Tanaka', 'characters'],
    ['digits', 'タナカ1', 'characters'],
    ['marks only', 'ー・', 'characters'],
    ['zero width', 'タナ\u200Bカ', 'characters'],
    ['line feed', 'タナ\nカ', 'characters'],
    ['tag', '<タナカ>', 'characters'],
    ['41 letters', 'ア'.repeat(41), 'too_long'],
    ['very long', 'ア'.repeat(100_000), 'too_long'],
  ])('%s is refused', (_, input, reason) => {
    expect(parseKana(input)).toEqual({ ok: false, reason });
  });

  test('a second reading changes nothing; any text gets an answer', () => {
    fc.assert(
      fc.property(fc.oneof(unicodeText(), fc.stringMatching(/^[ぁ-ゖァ-ヺㇰ-ㇿｦ-ﾟー・ ゛゜～—-]{1,20}$/)), (input) => {
        const parsed = parseKana(input);
        if (!parsed.ok) return;
        expect(parsed.kana).toMatch(/^[ァ-ヺㇰ-ㇿー・ヽヾ ]{1,40}$/);
        expect(parseKana(parsed.kana)).toEqual(parsed);
      }),
    );
  });
});

describe('names', () => {
  test.each([
    ['kanji', '田中', '田中'],
    ['spaces', ' \u3000田中 \u3000 太郎\u3000', '田中 太郎'],
    ['NFD', 'Jose\u0301', 'José'],
    ['an apostrophe', "O'Brien", "O'Brien"],
    ['full width stays', 'Ｊｏｈｎ', 'Ｊｏｈｎ'],
    ['what looks like markup is text', '<script>alert(1)</script>', '<script>alert(1)</script>'],
    ['variants stay', '髙﨑', '髙﨑'],
    ['compatibility ideographs stay', '\uFA19塚', '\uFA19塚'],
    ['register variants', '葛\u{E0100}城', '葛\u{E0100}城'],
    ['rare kanji', '𠮷野', '𠮷野'],
    ['40 characters', '𠮷'.repeat(40), '𠮷'.repeat(40)],
  ])('%s', (_, input, text) => {
    expect(parseName(input)).toEqual({ ok: true, text });
  });

  test.each([
    ['nothing', '', 'missing'],
    ['spaces', ' \u3000\u00A0', 'missing'],
    ['CR LF', '田中\r\nBcc: x', 'characters'],
    ['NUL', '田\0中', 'characters'],
    ['zero width', '田\u200B中', 'characters'],
    ['byte order mark', '\uFEFF田中', 'characters'],
    ['bidirectional override', '田\u202E中', 'characters'],
    ['bidirectional isolate', '田\u2066中', 'characters'],
    ['line separator', '田\u2028中', 'characters'],
    ['private use', '田\uE000', 'characters'],
    ['lone surrogate', '田\uD842', 'characters'],
    ['a variation selector without a kanji', 'a\uFE0F', 'characters'],
    ['a filler that is drawn as nothing', '\u3164', 'characters'],
    ['41 characters', '田'.repeat(41), 'too_long'],
    ['very long', '田'.repeat(100_000), 'too_long'],
  ])('%s is refused', (_, input, reason) => {
    expect(parseName(input)).toEqual({ ok: false, reason });
  });

  test('a second reading changes nothing; any text gets an answer', () => {
    fc.assert(
      fc.property(unicodeText(), (input) => {
        const parsed = parseName(input);
        if (parsed.ok) expect(parseName(parsed.text)).toEqual(parsed);
      }),
      { numRuns: 1000 },
    );
  });
});
