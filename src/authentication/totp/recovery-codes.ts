// Recovery codes: each replaces one code of the app, once.
import { createHmac, randomInt, type KeyObject } from 'node:crypto';

const HOW_MANY = 10;
const GROUPS = 3;
const GROUP_LENGTH = 4;
/** Without vowels, so that no words come out, and without characters that look alike. */
const CHARACTERS = '2346789BCDFGHJKMNPQRTVWXYZ';

/** Draws ten codes, such as `7KMB-X2PD-9RTV`. Each has 56 bits, so nobody guesses one. */
export function drawRecoveryCodes(): string[] {
  const group = (): string => Array.from({ length: GROUP_LENGTH }, () => CHARACTERS[randomInt(CHARACTERS.length)]).join('');
  return Array.from({ length: HOW_MANY }, () => Array.from({ length: GROUPS }, group).join('-'));
}

/** Reads a code as typed: in upper or lower case, half or full width, with or without spaces and hyphens. `undefined` if it is no code. */
export function readRecoveryCode(typed: string): string | undefined {
  const code = typed
    .slice(0, 100)
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[\s\-‐‑‒–—―−ー]/g, '');
  return code.length === GROUPS * GROUP_LENGTH && [...code].every((character) => CHARACTERS.includes(character))
    ? code
    : undefined;
}

/** Returns the HMAC that is stored instead of a code. Codes of another account have other ones. */
export function recoveryDigest(key: KeyObject, accountId: string, code: string): string {
  return createHmac('sha256', key)
    .update(JSON.stringify([accountId, code.replaceAll('-', '')]))
    .digest('base64url');
}
