// Telephone numbers: as people type them, as they are stored (E.164), and as they are shown.
import { createRequire } from 'node:module';
import type { CountryCode } from 'libphonenumber-js/max';

type Library = typeof import('libphonenumber-js/max');

export type ParsedPhoneNumber =
  | {
      ok: true;
      /** E.164, as `+819012345678`. */
      phone_number: string;
      /** Whether it can be a mobile number; in some countries (US) the number itself does not tell. */
      mobile: boolean;
    }
  | { ok: false; reason: 'missing' | 'characters' | 'not_a_number' };

// The dashes that a Japanese keyboard gives, the long vowel mark among them. After NFKC, which has made ｰ and － of them.
const DASHES = /[‐‑‒–—―−ー]/g;
// No letters: the library would read `1-800-FLOWERS` and cut an extension off.
const TYPED = /^\+?[\d\-(). ]{1,40}$/;

const require = createRequire(import.meta.url);
let library: Library | undefined;

/** Loads the numbering plans of the world (a hundred files); otherwise the first number does. */
export function loadNumberingPlans(): Library {
  return (library ??= require('libphonenumber-js/max') as Library);
}

/**
 * Reads a telephone number with or without hyphens, in half or full width, national or with a country code. Only numbers that the
 * numbering plan has assigned are accepted.
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

/** How a stored number is shown: `090-1234-5678`; of another country `+1 213 373 4253`. What is no number comes back as it is. */
export function formatPhoneNumber(e164: string): string {
  const number = loadNumberingPlans().parsePhoneNumberFromString(e164);
  if (!number) return e164;
  return number.countryCallingCode === '81' ? number.formatNational() : number.formatInternational();
}
