// The sign-ins of an ID, and the failed ones, which its owner can look at.
import type { AuthenticationMethod } from './authentication-methods.ts';
import type { EpochMilliseconds } from './epoch-milliseconds.ts';

/** How long a sign-in is kept. */
export const HISTORY_KEPT_MS = 90 * 24 * 60 * 60 * 1000;
/** The newest ones are kept. */
const MOST_SIGN_INS = 100;
/** They have a bound of their own, so that failed sign-ins, which anybody can cause, never push out the others. */
const MOST_FAILURES = 30;
/** Failures of the same kind within this time are one entry with a count. */
const ONE_FAILURE_MS = 60 * 60 * 1000;

/** The country and the region of a network, in the words of each language. */
export type Region = { ja: string; en: string };

/** Where a sign-in came from, as far as it is known. */
type Origin = {
  /** Browser and system; see `deviceName`. */
  device?: string;
  /** Only if the operator gives a database of networks. */
  region?: Region;
};

export type PastSignIn = Origin & {
  at: EpochMilliseconds;
  /** The client in whose flow it was. */
  client_id: string;
  method: AuthenticationMethod;
  /** The interaction, because a form that is sent twice is one sign-in. Absent in records from before it was stored. */
  interaction?: string;
};

/** A failed sign-in, or a wrong password before a change that needs the password. */
export type FailedSignIn = Origin & {
  at: EpochMilliseconds;
  /** The client in whose flow it was; absent at the pages of the ID. */
  client_id?: string;
  method: AuthenticationMethod;
};
/** `times`: how many there were; `at` is the last one. */
export type PastFailure = FailedSignIn & { times: number };

/** The history of an account. The id is the account's. */
export type SignInHistory = {
  id: string;
  version: number;
  expires_at: EpochMilliseconds;
  sign_ins: PastSignIn[];
  /** Absent in records from before they were stored. */
  failures?: PastFailure[];
};
type Lists = Pick<SignInHistory, 'sign_ins' | 'failures'>;

/**
 * Adds a sign-in, and drops those that are too old or too many. Newest first. Returns `undefined` if there is one of the same interaction.
 */
export function withSignIn(
  history: Lists | undefined,
  signIn: PastSignIn & Required<Pick<PastSignIn, 'interaction'>>,
): Omit<SignInHistory, 'id' | 'version'> | undefined {
  if (history?.sign_ins.some(({ interaction }) => interaction === signIn.interaction)) return undefined;
  const { sign_ins, failures } = recent(history, signIn.at);
  return { expires_at: signIn.at + HISTORY_KEPT_MS, sign_ins: [signIn, ...sign_ins].slice(0, MOST_SIGN_INS), failures };
}

/** Adds failed sign-ins, oldest first. They never push out a sign-in. */
export function withFailures(
  history: Lists | undefined,
  added: readonly FailedSignIn[],
  now: EpochMilliseconds,
): Omit<SignInHistory, 'id' | 'version'> {
  const { sign_ins, failures } = recent(history, now);
  const kept = added.reduce((standing, failure) => {
    const same = standing.find((other) => failure.at - other.at < ONE_FAILURE_MS && kindOf(other) === kindOf(failure));
    return [{ ...failure, times: (same?.times ?? 0) + 1 }, ...standing.filter((other) => other !== same)];
  }, failures);
  return { expires_at: now + HISTORY_KEPT_MS, sign_ins, failures: kept.slice(0, MOST_FAILURES) };
}

const kindOf = ({ client_id, method, device, region }: FailedSignIn): string =>
  JSON.stringify([client_id, method, device, region?.ja, region?.en]);

/** Notes the second factor of a sign-in. Returns `undefined` if there is no sign-in of that interaction. */
export function withSecondMethod(
  history: (Lists & Pick<SignInHistory, 'expires_at'>) | undefined,
  interaction: string | undefined,
  method: AuthenticationMethod,
): Omit<SignInHistory, 'id' | 'version'> | undefined {
  const signIn = history?.sign_ins.find((one) => interaction !== undefined && one.interaction === interaction);
  if (!history || !signIn) return undefined;
  return { ...history, sign_ins: history.sign_ins.map((one) => (one === signIn ? { ...one, method } : one)) };
}

/** Returns the sign-ins and the failures of the last 90 days, each newest first. */
export function recent(history: Lists | undefined, now: EpochMilliseconds): Required<Lists> {
  const isRecent = ({ at }: { at: EpochMilliseconds }): boolean => at > now - HISTORY_KEPT_MS;
  return {
    sign_ins: (history?.sign_ins ?? []).filter(isRecent),
    failures: (history?.failures ?? []).filter(isRecent),
  };
}
