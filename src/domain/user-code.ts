// The code that a device without a keyboard shows and a person types (RFC 8628, section 6.1).
import { randomInt } from 'node:crypto';

/** Without vowels, so that no code is a word. Without letters that look like a digit or another letter. */
const LETTERS = 'BCDFGHJKMNPQRSTVWXZ';
/** 19^8 codes, about 2^34. docs/limits.md says how seldom a guess is right. */
const LENGTH = 8;
const WHOLE = new RegExp(`^[${LETTERS}]{${LENGTH}}$`);

/** Draws a code. */
export function makeUserCode(): string {
  return Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}

/** Writes a code as devices show it: `BCDF-GHJK`. */
export function showUserCode(code: string): string {
  return `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`;
}

/**
 * Reads a code as people type it: in any case, full width, with or without hyphens and spaces.
 * @returns the eight letters; `undefined` if it cannot be a code
 */
export function readUserCode(typed: string): string | undefined {
  // Japanese keyboards give the long vowel mark for a hyphen.
  const code = typed
    .normalize('NFKC')
    .replace(/[\s\p{Pd}\u2212\u30fc]/gu, '')
    .toUpperCase();
  return WHOLE.test(code) ? code : undefined;
}
