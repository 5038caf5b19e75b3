// A forgotten password on its way to a new one: what is kept between the pages. Nothing of it tells whether the address has an ID.
import { createHmac, type KeyObject } from 'node:crypto';
import type { Account, EpochMilliseconds } from './account.ts';

/** How long a reset may take, from the address to the new password. */
export const PASSWORD_RESET_LIFETIME_MS = 30 * 60 * 1000;

/** Attempts with the right code and a wrong birth date, in a window that begins with the first. After that, resets pause until the window ends. */
export const MAX_RESET_TRIES = 5;
export const RESET_TRIES_WINDOW_MS = 24 * 60 * 60 * 1000;
/** New passwords by reset for one address in a day. */
export const MAX_RESETS_A_DAY = 3;
export const RESETS_WINDOW_MS = 24 * 60 * 60 * 1000;

export type PasswordReset = {
  /** Random; the browser that began it has it in a cookie. Several of one address live side by side. */
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
  /** The browser, where the account has signed in in it before: its codes and tries are counted apart from those of strangers. */
  device?: string;
  /** The interaction whose login page sent the person here. */
  interaction?: string;
  /** Set when code and birth date were right: whose password it is. */
  account_id?: string;
  /** Set by the press that sets the new password: there is one. */
  completed_at?: EpochMilliseconds;
};

/** The slot of a reset's code: no code of a registration, nor of another reset, counts in it. */
export function passwordResetSlot({ id, email_canonical: address }: Pick<PasswordReset, 'id' | 'email_canonical'>): {
  id: string;
  address: string;
} {
  return { id: `password-reset:${id}`, address };
}

/**
 * The slot of the long code of an address, which counts in every reset of that address: strangers who ask for codes cannot keep it from
 * the owner, because the mail that they cause has it. Keyed, so that it does not tell the address.
 */
export function longCodeSlot(key: KeyObject, canonicalEmail: string): { id: string; address: string } {
  const keyed = createHmac('sha256', key).update(`password-reset:${canonicalEmail}`).digest('base64url');
  return { id: `password-reset-long:${keyed}`, address: canonicalEmail };
}

/**
 * Whether the birth date that was typed may be the account's. Who has none on record is not held up by one; everybody is asked, so that
 * the page does not tell.
 */
export function birthdateFits({ profile }: Pick<Account, 'profile'>, typed: string | undefined): boolean {
  return profile.birthdate === undefined || profile.birthdate === typed;
}

/** The counter of the tries with a right code: an address's, or of one browser that its owner is known in. */
export function resetTriesKey({ email_canonical: address, device }: Pick<PasswordReset, 'email_canonical' | 'device'>): string {
  return `password-reset-tries:${device === undefined ? address : `${address}:${device}`}`;
}

/** The counter of an address's new passwords. */
export function resetsKey({ email_canonical: address }: Pick<PasswordReset, 'email_canonical'>): string {
  return `password-resets:${address}`;
}
