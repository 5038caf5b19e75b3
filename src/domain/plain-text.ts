// One line of text that a person typed: a name, a street, a building.
import { hasInvisibleCharacters } from './invisible-characters.ts';

export type ParsedText = { ok: true; text: string } | { ok: false; reason: 'missing' | 'characters' | 'too_long' };

// These have a canonical decomposition to the ordinary form, but people write their names with the one and not with the other: 神, 塚.
const EXCEPT_COMPATIBILITY_IDEOGRAPHS = /[^\uF900-\uFAFF\u{2F800}-\u{2FA1F}]+/gu;

/**
 * Reads one line of text: NFC, no space around it, one space where there were several (U+3000 counts as space). Invisible characters are
 * refused, everything else is text, `<script>` too: whoever writes it into a page, a mail or a log escapes it there.
 * @param maxLength in code points.
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
