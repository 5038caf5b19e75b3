// The state of a password reset between its pages. It does not reveal whether the address has an ID.
import { createHmac, type KeyObject } from 'node:crypto';
import type { Account, EpochMilliseconds } from './account.ts';

/** How long a reset may take, from entering the address to setting the password. */
export const PASSWORD_RESET_LIFETIME_MS = 30 * 60 * 1000;

/**
 * Attempts with the right code and a wrong birth date, in a window from the first. After them, resets pause until the window
 * ends.
 */
export const MAX_RESET_TRIES = 5;
export const RESET_TRIES_WINDOW_MS = 24 * 60 * 60 * 1000;
/** How often one address may reset its password in a day. */
export const MAX_RESETS_A_DAY = 3;
export const RESETS_WINDOW_MS = 24 * 60 * 60 * 1000;

export type PasswordReset = {
  /** Random; stored in a cookie of the browser that began the reset. An address can have several resets at once. */
  id: string;
  version: number;
  expires_at: EpochMilliseconds;
  /** As typed. */
  email: string;
  email_canonical: string;
  language: string;
  started_at: EpochMilliseconds;
  /** When the last code was asked for. */
  sent_at: EpochMilliseconds;
  /** How many codes were asked for. */
  sent: number;
  /**
   * The browser, if the account has signed in there before. Its codes and attempts are counted separately from those of
   * strangers.
   */
  device?: string;
  /** The interaction whose login page sent the person here. */
  interaction?: string;
  /** The account whose password is reset. Set when the code and the birth date were right. */
  account_id?: string;
  /** When the new password was set. */
  completed_at?: EpochMilliseconds;
};

/** Returns the slot of a reset's code. Codes of registrations and of other resets are not valid in it. */
export function passwordResetSlot({ id, email_canonical: address }: Pick<PasswordReset, 'id' | 'email_canonical'>): {
  purpose: 'password_reset';
  id: string;
  address: string;
} {
  return { purpose: 'password_reset', id: `password-reset:${id}`, address };
}

/**
 * Returns the slot of the long code of an address. The code is valid in every reset of that address: if strangers use up the
 * mailbox's codes, the mail that they cause still has a code for the owner. The id is an HMAC, so that it does not reveal the
 * address.
 */
export function longCodeSlot(key: KeyObject, canonicalEmail: string): { purpose: 'password_reset'; id: string; address: string } {
  const keyed = createHmac('sha256', key).update(`password-reset:${canonicalEmail}`).digest('base64url');
  return { purpose: 'password_reset', id: `password-reset-long:${keyed}`, address: canonicalEmail };
}

/**
 * Whether the birth date that the person typed is acceptable. If the account has none, any date is. The page asks everybody, so
 * that it does not reveal which accounts have one.
 */
export function birthdateFits({ profile }: Pick<Account, 'profile'>, typed: string | undefined): boolean {
  return profile.birthdate === undefined || profile.birthdate === typed;
}

/**
 * Returns the counter key of attempts with the right code, for the address or for one browser that the owner has signed in with.
 */
export function resetTriesKey({ email_canonical: address, device }: Pick<PasswordReset, 'email_canonical' | 'device'>): string {
  return `password-reset-tries:${device === undefined ? address : `${address}:${device}`}`;
}

/** Returns the counter key of the resets of an address. */
export function resetsKey({ email_canonical: address }: Pick<PasswordReset, 'email_canonical'>): string {
  return `password-resets:${address}`;
}
