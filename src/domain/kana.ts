// Personal names and their kana readings.
import { parsePlainText, type ParsedText } from './plain-text.ts';

/** The longest part of a name, in code points. Dealers' systems accept this much, and no family register has more. */
const MAX_NAME_LENGTH = 40;

export type ParsedKana =
  | {
      ok: true;
      /** Full-width katakana. */
      kana: string;
    }
  | { ok: false; reason: 'missing' | 'characters' | 'too_long' };

/** Reads one part of a name in any script; see `parsePlainText`. Full width is kept, because Ｊ is not J on a driving licence. */
export function parseName(input: string): ParsedText {
  return parsePlainText(input, MAX_NAME_LENGTH);
}

/** The letters, with the small ones for other languages, and the marks that repeat a letter. */
const LETTERS = 'ァ-ヺㇰ-ㇿヽヾ';
// What keyboards and databases give in place of ー: all dashes of Unicode but the double hyphen ゠, which separates names; the minus sign,
// lines of tables, and ～, which NFKC has made a tilde.
const DASH_AFTER_KANA = new RegExp(`(?<=[${LETTERS}ー]+(?:(?!゠)[\\p{Pd}−─━⁃˗~])*)(?:(?!゠)[\\p{Pd}−─━⁃˗~])`, 'gu');
const KANA = new RegExp(`^[${LETTERS}ー・ ]*[ァ-ヺ][${LETTERS}ー・ ]*$`);

/**
 * Reads one part of a name in kana. Hiragana and half-width katakana become full-width katakana, every dash after a kana becomes ー, and
 * ゛ and ゜ join the letter before them. Several parts (a middle name) stay separated by one space or ・. Kanji and Latin letters are
 * refused as `characters`.
 */
export function parseKana(input: string): ParsedKana {
  if (input.length > MAX_NAME_LENGTH * 10) return { ok: false, reason: 'too_long' };
  // NFKC joins a letter with a combining mark, and half-width katakana with their marks. It would separate ゛ and ゜ by a space.
  const typed = input
    .replace(/\p{Zs}*[゛ﾞ\u3099]/gu, '\u3099')
    .replace(/\p{Zs}*[゜ﾟ\u309A]/gu, '\u309A')
    .normalize('NFKC')
    .trim()
    .replace(/\p{Zs}+/gu, ' ');
  if (typed === '') return { ok: false, reason: 'missing' };
  // The hiragana ぁ to ゖ and their iteration marks are 0x60 below the katakana, in the same order.
  const kana = typed
    .replace(/[ぁ-ゖゝゞ]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0x60))
    .replace(DASH_AFTER_KANA, 'ー');
  // At least one kana must have a sound: ー and ・ alone are not a name.
  if (!KANA.test(kana)) return { ok: false, reason: 'characters' };
  if (kana.length > MAX_NAME_LENGTH) return { ok: false, reason: 'too_long' };
  return { ok: true, kana };
}
