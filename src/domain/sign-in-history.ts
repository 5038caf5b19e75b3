// The sign-ins of an ID, which its owner can look at.
import type { AuthenticationMethod } from './authentication-methods.ts';
import type { EpochMilliseconds } from './epoch-milliseconds.ts';

/** How long a sign-in is kept. */
export const HISTORY_KEPT_MS = 90 * 24 * 60 * 60 * 1000;
/** The newest ones are kept. */
const MOST_SIGN_INS = 100;

export type PastSignIn = {
  at: EpochMilliseconds;
  /** The client in whose flow it was. */
  client_id: string;
  method: AuthenticationMethod;
  /** Browser and system; see `deviceName`. */
  device?: string;
  /** The interaction, because a form that is sent twice is one sign-in. Absent in records from before it was stored. */
  interaction?: string;
};

/** The history of an account. The id is the account's. */
export type SignInHistory = { id: string; version: number; expires_at: EpochMilliseconds; sign_ins: PastSignIn[] };

/**
 * Adds a sign-in, and drops those that are too old or too many. Newest first. Returns `undefined` if there is one of the same interaction.
 */
export function withSignIn(
  history: Pick<SignInHistory, 'sign_ins'> | undefined,
  signIn: PastSignIn & Required<Pick<PastSignIn, 'interaction'>>,
): Omit<SignInHistory, 'id' | 'version'> | undefined {
  if (history?.sign_ins.some(({ interaction }) => interaction === signIn.interaction)) return undefined;
  return { expires_at: signIn.at + HISTORY_KEPT_MS, sign_ins: [signIn, ...recent(history, signIn.at)].slice(0, MOST_SIGN_INS) };
}

/** Returns the sign-ins of the last 90 days, newest first. */
export function recent(history: Pick<SignInHistory, 'sign_ins'> | undefined, now: EpochMilliseconds): PastSignIn[] {
  return (history?.sign_ins ?? []).filter(({ at }) => at > now - HISTORY_KEPT_MS);
}
