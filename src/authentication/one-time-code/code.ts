// One-time codes: their length, their lifetime and their number of attempts. A code proves an address; it does not sign anybody
// in.
import { createHmac, randomInt, type KeyObject } from 'node:crypto';

/** How long a code is valid. */
export const CODE_LIFETIME_MS = 10 * 60 * 1000;
/** The number of attempts per code. After that even the right code is refused. */
export const CODE_MAX_ATTEMPTS = 5;

export const SHORT_CODE_DIGITS = 6;
/** Long enough that guessing is hopeless even with unlimited attempts. */
export const LONG_CODE_DIGITS = 12;

/** Draws a uniformly random code. It may have leading zeros. */
export function drawCode(digits: typeof SHORT_CODE_DIGITS | typeof LONG_CODE_DIGITS = SHORT_CODE_DIGITS): string {
  return randomInt(0, 10 ** digits)
    .toString()
    .padStart(digits, '0');
}

/** Formats a code for a message. Long codes are split into groups of four digits. */
export function formatCode(code: string): string {
  return code.length === LONG_CODE_DIGITS ? (code.match(/.{4}/g) ?? []).join(' ') : code;
}

/**
 * Makes the value that is stored instead of a code: an HMAC-SHA-256 in base64url. A plain hash of six digits could be reversed in
 * a second.
 * @param slot the purpose of the code and the interaction or account that it belongs to, so that the code is valid nowhere else
 * @param address the canonical address that the code proves
 */
export function codeHmac(key: KeyObject, slot: string, address: string, code: string): string {
  // JSON keeps the three parts apart, so that no slot can run into the address.
  return createHmac('sha256', key)
    .update(JSON.stringify([slot, address, code]))
    .digest('base64url');
}

/** Parses a code as typed or pasted: in half or full width, with or without spaces and hyphens. */
export function parseCode(input: string): { ok: true; code: string } | { ok: false; reason: 'missing' | 'syntax' } {
  if (input.length > 100) return { ok: false, reason: 'syntax' };
  const code = input.normalize('NFKC').replace(/[\s\-‐‑‒–—―−ー]/g, '');
  if (code === '') return { ok: false, reason: 'missing' };
  return /^(\d{6}|\d{12})$/.test(code) ? { ok: true, code } : { ok: false, reason: 'syntax' };
}
