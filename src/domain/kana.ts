// Names of persons, and how they are read.
import { parsePlainText, type ParsedText } from './plain-text.ts';

/** The longest part of a name, in code points: what dealers' systems take, and more than any family register holds. */
const MAX_NAME_LENGTH = 40;

export type ParsedKana =
  | {
      ok: true;
      /** Full-width katakana. */
      kana: string;
    }
  | { ok: false; reason: 'missing' | 'characters' | 'too_long' };

/** Reads one part of a name as it is written, in any script; see `parsePlainText`. Width is kept: Ｊ is not J on a licence. */
export function parseName(input: string): ParsedText {
  return parsePlainText(input, MAX_NAME_LENGTH);
}

/**
 * Reads one part of a name in kana. Hiragana and half-width katakana become full-width katakana; several parts (a middle name) stay apart
 * by one space or ・. Kanji and Latin letters are `characters`.
 */
export function parseKana(input: string): ParsedKana {
  if (input.length > MAX_NAME_LENGTH * 10) return { ok: false, reason: 'too_long' };
  // NFKC first: half-width katakana, and the voicing mark that stands behind it as a character of its own.
  const typed = input
    .normalize('NFKC')
    .trim()
    .replace(/\p{Zs}+/gu, ' ');
  if (typed === '') return { ok: false, reason: 'missing' };
  // The hiragana ぁ to ゖ and their iteration marks stand 0x60 before the katakana, in the same order.
  const kana = typed.replace(/[ぁ-ゖゝゞ]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0x60));
  // At least one that is read: ー and ・ alone are no name.
  if (!/^[ァ-ヺー・ヽヾ ]*[ァ-ヺ][ァ-ヺー・ヽヾ ]*$/.test(kana)) return { ok: false, reason: 'characters' };
  if (kana.length > MAX_NAME_LENGTH) return { ok: false, reason: 'too_long' };
  return { ok: true, kana };
}
