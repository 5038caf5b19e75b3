// One line of text that a person typed: a name, a street, a building.
import { hasInvisibleCharacters } from './invisible-characters.ts';

export type ParsedText = { ok: true; text: string } | { ok: false; reason: 'missing' | 'characters' | 'too_long' };

// NFC would replace these by the ordinary form, but they are used in names: 神, 塚.
const EXCEPT_COMPATIBILITY_IDEOGRAPHS = /[^\uF900-\uFAFF\u{2F800}-\u{2FA1F}]+/gu;

/**
 * Parses one line of text: applies NFC, trims it, and collapses spaces (U+3000 counts as a space). Invisible characters are
 * refused. Everything else is accepted, even `<script>`, because pages, mails and logs escape their output.
 * @param maxLength in code points
 */
export function parsePlainText(input: string, maxLength: number): ParsedText {
  if (input.length > maxLength * 10) return { ok: false, reason: 'too_long' };
  const composed = input.replace(EXCEPT_COMPATIBILITY_IDEOGRAPHS, (part) => part.normalize('NFC'));
  const text = composed.replace(/\p{Zs}+/gu, ' ').replace(/^ | $/g, '');
  if (text === '') return { ok: false, reason: 'missing' };
  if (hasInvisibleCharacters(text)) return { ok: false, reason: 'characters' };
  if (Array.from(text).length > maxLength) return { ok: false, reason: 'too_long' };
  return { ok: true, text };
}
