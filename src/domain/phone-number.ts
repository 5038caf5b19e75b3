// Parses telephone numbers as people type them into E.164, and formats them for display.
import { createRequire } from 'node:module';
import type { CountryCode } from 'libphonenumber-js/max';

type Library = typeof import('libphonenumber-js/max');

export type ParsedPhoneNumber =
  | {
      ok: true;
      /** E.164, such as `+819012345678`. */
      phone_number: string;
      /** Whether it can be a mobile number. In some countries (US) the number does not show it. */
      mobile: boolean;
    }
  | { ok: false; reason: 'missing' | 'characters' | 'not_a_number' };

// The dashes of a Japanese keyboard, including the long vowel mark. NFKC has already converted ｰ and －.
const DASHES = /[‐‑‒–—―−ー]/g;
// No letters: the library would accept `1-800-FLOWERS` and cut off an extension.
const TYPED = /^\+?[\d\-(). ]{1,40}$/;

const require = createRequire(import.meta.url);
let library: Library | undefined;

/** Loads the numbering plans of the world (a hundred files). Call it at startup, or the first number waits for it. */
export function loadNumberingPlans(): Library {
  return (library ??= require('libphonenumber-js/max') as Library);
}

/**
 * Parses a telephone number with or without hyphens, in half or full width, national or with a country code. Accepts only numbers
 * that the numbering plan assigns.
 */
export function parsePhoneNumber(input: string, defaultCountry: CountryCode = 'JP'): ParsedPhoneNumber {
  if (input.length > 100) return { ok: false, reason: 'not_a_number' };
  const typed = input.normalize('NFKC').replace(DASHES, '-').trim();
  if (typed === '') return { ok: false, reason: 'missing' };
  if (!TYPED.test(typed)) return { ok: false, reason: 'characters' };
  const number = loadNumberingPlans().parsePhoneNumberFromString(typed, { defaultCountry, extract: false });
  if (!number?.isValid()) return { ok: false, reason: 'not_a_number' };
  const type = number.getType();
  return { ok: true, phone_number: number.number, mobile: type === 'MOBILE' || type === 'FIXED_LINE_OR_MOBILE' };
}

/** Formats a stored number: `090-1234-5678`, or `+1 213 373 4253` for another country. Returns other text unchanged. */
export function formatPhoneNumber(e164: string): string {
  const number = loadNumberingPlans().parsePhoneNumberFromString(e164);
  if (!number) return e164;
  return number.countryCallingCode === '81' ? number.formatNational() : number.formatInternational();
}
