// A mobile number as a login ID, beside the address.
import type { Account, EpochMilliseconds } from './account.ts';
import { parsePhoneNumber } from './phone-number.ts';

/** After this time without use, the number must be proven again: it may belong to another person by now. */
const RESTS_AFTER_MS = 365 * 24 * 60 * 60 * 1000;
/** A use within this time after the last one is not stored. */
const SAME_USE_MS = 30 * 24 * 60 * 60 * 1000;

export type ParsedLoginNumber =
  | { ok: true; phone_canonical: string }
  | { ok: false; reason: 'missing' | 'characters' | 'not_a_number' | 'not_mobile' | 'country' };

/**
 * Parses a number that is to become a login ID.
 * @param countryCodes the country codes to which SMS are sent, such as `81`, with spaces between them
 */
export function parseLoginNumber(typed: string, countryCodes: string): ParsedLoginNumber {
  const parsed = parsePhoneNumber(typed);
  if (!parsed.ok) return parsed;
  // No country code is the beginning of another one (ITU-T E.164).
  if (!countryCodes.split(' ').some((code) => parsed.phone_number.startsWith(`+${code}`)))
    return { ok: false, reason: 'country' };
  return parsed.mobile ? { ok: true, phone_canonical: parsed.phone_number } : { ok: false, reason: 'not_mobile' };
}

/** Notes the number that the person asks for. */
export function withNumberAsked(account: Account, phone: string, now: EpochMilliseconds): Account {
  return { ...account, phone_change: { phone_canonical: phone, asked_at: now } };
}

/** Notes that the code was entered. Returns the same object if another number was asked for since. */
export function withNumberProven(account: Account, phone: string, now: EpochMilliseconds): Account {
  const { phone_change: change } = account;
  if (change?.phone_canonical !== phone) return account;
  return { ...account, phone_change: { ...change, proven_at: now } };
}

/** Makes the number that was asked for the login number. Returns the same object if another one was asked for since. */
export function withNumber(account: Account, phone: string, provenAt: EpochMilliseconds): Account {
  const { phone_change: change, ...rest } = account;
  if (change?.phone_canonical !== phone) return account;
  return { ...rest, phone_canonical: phone, phone_proven_at: provenAt, phone_used_at: provenAt };
}

/** Removes the login number, and the one that was asked for. Returns the same object if the account does not have the number. */
export function withoutNumber(account: Account, phone: string): Account {
  const { phone_canonical, phone_proven_at: _proven, phone_used_at: _used, phone_change: _change, ...rest } = account;
  return phone_canonical === phone ? rest : account;
}

/** Forgets the number that was asked for. */
export function withoutNumberAsked(account: Account): Account {
  const { phone_change: _change, ...rest } = account;
  return rest;
}

/** Whether the number was not used for a year, so that it must be proven again before it counts. */
export function numberRests({ phone_used_at: usedAt = 0 }: Account, now: EpochMilliseconds): boolean {
  return now - usedAt >= RESTS_AFTER_MS;
}

/** Notes that the person signed in with the number. Returns the same object if the last use is recent, or the number is not theirs. */
export function withNumberUsed(account: Account, phone: string, now: EpochMilliseconds): Account {
  const { phone_canonical, phone_used_at: usedAt = 0 } = account;
  return phone_canonical !== phone || now - usedAt < SAME_USE_MS ? account : { ...account, phone_used_at: now };
}

/** Hides a number except for its last four digits, for mails. */
export function maskNumber(phone: string): string {
  return `***-****-${phone.slice(-4)}`;
}
