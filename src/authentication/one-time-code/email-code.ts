// One-time codes that prove an e-mail address. They prove an address and are no way to log in.
import { createHmac, randomInt, timingSafeEqual, type KeyObject } from 'node:crypto';

/** How long a code counts. */
export const EMAIL_CODE_LIFETIME_MS = 10 * 60 * 1000;
/** How often a code may be tried; the right one is refused after that too. */
export const EMAIL_CODE_MAX_ATTEMPTS = 5;

export const SHORT_CODE_DIGITS = 6;
/** So many digits that guessing is hopeless, with any number of attempts. */
export const LONG_CODE_DIGITS = 12;

/** Draws a code, uniformly, with leading zeros. */
export function drawCode(digits: typeof SHORT_CODE_DIGITS | typeof LONG_CODE_DIGITS = SHORT_CODE_DIGITS): string {
  return randomInt(0, 10 ** digits)
    .toString()
    .padStart(digits, '0');
}

/** A code as a mail shows it: a long one in groups of four. */
export function formatCode(code: string): string {
  return code.length === LONG_CODE_DIGITS ? (code.match(/.{4}/g) ?? []).join(' ') : code;
}

/**
 * What is stored instead of the code: HMAC-SHA-256 in base64url. With six digits a plain hash would be undone in a second; without the key
 * this one is not. Bound to the slot (what the code is for, in which interaction) and the address, so that it counts nowhere else.
 */
export function codeHmac(key: KeyObject, slot: string, canonicalEmail: string, code: string): string {
  // JSON keeps the three apart: no slot can be chosen so that it runs into the address.
  return createHmac('sha256', key)
    .update(JSON.stringify([slot, canonicalEmail, code]))
    .digest('base64url');
}

/** Whether two results of `codeHmac` are equal, in a time that does not tell where they differ. */
export function sameHmac(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Reads a code as it is typed or pasted: in half or full width, with spaces or hyphens in it. */
export function parseCode(input: string): { ok: true; code: string } | { ok: false; reason: 'missing' | 'syntax' } {
  if (input.length > 100) return { ok: false, reason: 'syntax' };
  const code = input.normalize('NFKC').replace(/[\s\-‐‑‒–—―−ー]/g, '');
  if (code === '') return { ok: false, reason: 'missing' };
  return /^(\d{6}|\d{12})$/.test(code) ? { ok: true, code } : { ok: false, reason: 'syntax' };
}
