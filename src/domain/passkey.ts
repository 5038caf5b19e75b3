// Passkeys: the WebAuthn credentials with which a person signs in to an account (Web Authentication Level 3).
import { createHash } from 'node:crypto';
import type { EpochMilliseconds } from './epoch-milliseconds.ts';

export type Passkey = {
  /** The credential id, base64url. */
  id: string;
  /** The public key in COSE, base64url. */
  public_key: string;
  /** The signature counter of the last use. It stays 0 at authenticators that do not count. */
  counter: number;
  /** How the browser reaches the authenticator, such as `internal` or `usb`. */
  transports: string[];
  /** The name that the person gave it. */
  name: string;
  created_at: EpochMilliseconds;
  last_used_at?: EpochMilliseconds;
  /** `multiDevice` if its provider may synchronize it between devices. */
  device_type: 'singleDevice' | 'multiDevice';
  /** Whether its provider has a copy. */
  backed_up: boolean;
};

/** The part of an account that is about signing in. */
type Holder = { password_hash: string; passkeys?: Passkey[]; user_handle?: string };

/** Leads from the user handle of a passkey to the account. It stays; its id is the handle. */
export type PasskeyOwner = { id: string; version: number; expires_at: EpochMilliseconds; account_id: string };

/** The challenges that one browser got for one purpose and has not used. The id is made of both; see `challenges.ts`. */
export type PasskeyChallenges = {
  id: string;
  version: number;
  expires_at: EpochMilliseconds;
  /** Oldest first. */
  challenges: { challenge: string; until: EpochMilliseconds }[];
};

/** A person who was offered a passkey and declined. While the record stands, the offer is not shown. The id is the account's. */
export type PasskeyOffer = { id: string; version: number; expires_at: EpochMilliseconds };

/** How long a person may take from the page to the answer of the authenticator. */
export const CHALLENGE_LIFETIME_MS = 5 * 60 * 1000;
/** For several tabs of one page. The newest challenges are kept. */
const MOST_CHALLENGES = 4;
/** Enough for all devices of a person. It bounds the account. */
export const MOST_PASSKEYS = 20;
/** Code points. */
export const MAX_PASSKEY_NAME = 40;

/** How long an offer rests after あとで. */
export const OFFER_RESTS_MS = 30 * 24 * 60 * 60 * 1000;

type Challenges = Pick<PasskeyChallenges, 'challenges' | 'expires_at'>;

/** Adds a challenge to those of a browser. */
export function withChallenge(standing: Challenges | undefined, challenge: string, now: EpochMilliseconds): Challenges {
  const until = now + CHALLENGE_LIFETIME_MS;
  const open = (standing?.challenges ?? []).filter((other) => now < other.until);
  return { challenges: [...open, { challenge, until }].slice(-MOST_CHALLENGES), expires_at: until };
}

/** Takes a challenge out. Returns `undefined` if it is not there, or too old. */
export function withoutChallenge(
  standing: Challenges | undefined,
  challenge: string,
  now: EpochMilliseconds,
): Challenges | undefined {
  const open = (standing?.challenges ?? []).filter(({ until }) => now < until);
  if (!standing || !open.some((other) => other.challenge === challenge)) return undefined;
  return { ...standing, challenges: open.filter((other) => other.challenge !== challenge) };
}

/** Names a passkey in the ledger. The credential id itself is known to sites and browsers, so it does not stand there. */
export function passkeyDigest(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 16);
}

/** Returns the passkey with this credential id. */
export function findPasskey({ passkeys = [] }: Pick<Holder, 'passkeys'>, id: string): Passkey | undefined {
  return passkeys.find((passkey) => passkey.id === id);
}

/** Whether a passkey is the only way to sign in to the account. Such a passkey cannot be removed. */
export function isLastSignInMethod(account: Holder, id: string): boolean {
  const others = (account.passkeys ?? []).filter((passkey) => passkey.id !== id);
  return account.password_hash === '' && others.length === 0;
}

/** Adds a passkey, or returns `undefined` if the account has this one, has too many, or has another user handle. */
export function withPasskey<T extends Holder>(account: T, userHandle: string, passkey: Passkey): T | undefined {
  const { passkeys = [], user_handle: standing = userHandle } = account;
  if (standing !== userHandle || findPasskey(account, passkey.id) || passkeys.length >= MOST_PASSKEYS) return undefined;
  return { ...account, user_handle: userHandle, passkeys: [...passkeys, passkey] };
}

/** Removes a passkey, or returns `undefined` if the account does not have it or could not be signed in to without it. */
export function withoutPasskey<T extends Holder>(account: T, id: string): T | undefined {
  if (!findPasskey(account, id) || isLastSignInMethod(account, id)) return undefined;
  return { ...account, passkeys: (account.passkeys ?? []).filter((passkey) => passkey.id !== id) };
}

/** Changes a passkey, or returns `undefined` if the account does not have it. */
export function changePasskey<T extends Holder>(account: T, id: string, change: Partial<Passkey>): T | undefined {
  if (!findPasskey(account, id)) return undefined;
  return { ...account, passkeys: (account.passkeys ?? []).map((one) => (one.id === id ? { ...one, ...change } : one)) };
}

/**
 * Whether the counter of an assertion did not grow, as with a copy of the authenticator (WebAuthn 6.1.1). Authenticators that do
 * not count always send 0.
 */
export function counterWentBack({ counter: last }: Pick<Passkey, 'counter'>, counter: number): boolean {
  return (counter > 0 || last > 0) && counter <= last;
}
