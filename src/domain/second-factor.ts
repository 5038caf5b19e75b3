// The second factor of an account: one-time codes of an authenticator app (TOTP, RFC 6238), and recovery codes in case the app is lost.
import type { EpochMilliseconds } from './epoch-milliseconds.ts';

export type SecondFactor = {
  /** Random. Names this setup: nothing that was proven with an earlier one counts for it. */
  id: string;
  /** The secret that the app shares, encrypted. */
  sealed_secret: string;
  added_at: EpochMilliseconds;
  /** The time step of the newest code that was used. Codes of this step and of earlier ones are refused. */
  last_step: number;
  /** HMACs of the recovery codes that were not used. */
  recovery_codes: string[];
  recovery_codes_made_at: EpochMilliseconds;
  removal?: SecondFactorRemoval;
};

/** The person has lost the second factor and asked for its removal. It waits, so that the owner can stop it. */
export type SecondFactorRemoval = {
  /** SHA-256 of the token in the mail that stops it, base64url. It also names this removal. */
  stop_sha256: string;
  asked_at: EpochMilliseconds;
  due_at: EpochMilliseconds;
  /** That of the account when it was asked for: a new password or address ends the removal. */
  sign_ins_ended_at?: EpochMilliseconds;
};

/** What one browser has of a second factor that is being set up. The id is made of the account and the browser. */
export type SecondFactorSetup = {
  id: string;
  version: number;
  expires_at: EpochMilliseconds;
  /** The setup, until the first code confirms it. */
  factor_id?: string;
  sealed_secret?: string;
  /** The new recovery codes, encrypted, until they are shown. */
  sealed_codes?: string;
};

/** The part of an account that is about the second factor. */
type Holder = { second_factor?: SecondFactor; sign_ins_ended_at?: EpochMilliseconds };

/** How long a person may take to set up the app. */
export const SETUP_LIFETIME_MS = 30 * 60 * 1000;
/** How long new recovery codes wait for the page that shows them. */
export const CODES_SHOWN_WITHIN_MS = 5 * 60 * 1000;
/** How long a browser that was remembered is not asked for a code. */
export const REMEMBERED_MS = 30 * 24 * 60 * 60 * 1000;
/** How long the removal of a lost second factor waits. */
export const REMOVAL_WAITS_MS = 24 * 60 * 60 * 1000;

/** Switches the second factor on, or returns `undefined` if the account has one. */
export function withSecondFactor<T extends Holder>(account: T, factor: SecondFactor): T | undefined {
  return account.second_factor ? undefined : { ...account, second_factor: factor };
}

/**
 * Uses the code of a time step, or returns `undefined` if the account does not have this second factor, or if the code or a later one was used
 * before. The owner has the app, so a removal ends.
 */
export function useStep<T extends Holder>(account: T, factorId: string, step: number): T | undefined {
  const { second_factor: factor } = account;
  if (factor?.id !== factorId || step <= factor.last_step) return undefined;
  return { ...account, second_factor: { ...withoutRemoval(factor), last_step: step } };
}

/** Uses a recovery code, or returns `undefined` if the account does not have it any more. A removal ends. @param digest the code's HMAC */
export function useRecoveryCode<T extends Holder>(account: T, digest: string): T | undefined {
  const { second_factor: factor } = account;
  if (!factor?.recovery_codes.includes(digest)) return undefined;
  const left = factor.recovery_codes.filter((other) => other !== digest);
  return { ...account, second_factor: { ...withoutRemoval(factor), recovery_codes: left } };
}

/** Replaces the recovery codes, or returns `undefined` if the account has no second factor. */
export function withRecoveryCodes<T extends Holder>(account: T, digests: string[], now: EpochMilliseconds): T | undefined {
  const { second_factor: factor } = account;
  return factor && { ...account, second_factor: { ...factor, recovery_codes: digests, recovery_codes_made_at: now } };
}

/** Switches the second factor off, or returns `undefined` if the account has none. */
export function withoutSecondFactor<T extends Holder>(account: T): Omit<T, 'second_factor'> | undefined {
  const { second_factor: factor, ...rest } = account;
  return factor && rest;
}

/** Returns the removal that the owner waits for; `undefined` if there is none, or if a new password or address has ended it. */
export function waitingRemoval({ second_factor: factor, sign_ins_ended_at: endedAt }: Holder): SecondFactorRemoval | undefined {
  return factor?.removal?.sign_ins_ended_at === endedAt ? factor?.removal : undefined;
}

/** Asks for the removal, or returns `undefined` if the account has no second factor, or waits for a removal already. */
export function askForRemoval<T extends Holder>(
  account: T,
  asked: Pick<SecondFactorRemoval, 'stop_sha256'>,
  now: EpochMilliseconds,
): T | undefined {
  const { second_factor: factor, sign_ins_ended_at: endedAt } = account;
  if (!factor || waitingRemoval(account)) return undefined;
  const removal: SecondFactorRemoval = {
    ...asked,
    asked_at: now,
    due_at: now + REMOVAL_WAITS_MS,
    ...(endedAt !== undefined && { sign_ins_ended_at: endedAt }),
  };
  return { ...account, second_factor: { ...factor, removal } };
}

/** Stops the removal, or returns `undefined` if the account waits for none. */
export function stopRemoval<T extends Holder>(account: T): T | undefined {
  const { second_factor: factor } = account;
  return factor && waitingRemoval(account) && { ...account, second_factor: withoutRemoval(factor) };
}

function withoutRemoval({ removal: _removal, ...factor }: SecondFactor): SecondFactor {
  return factor;
}
