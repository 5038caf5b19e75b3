// How long somebody stays signed in at the ID: so long after the last use, and never longer than so long after the password was given.
import type { Config } from '../../config/config.ts';
import type { EpochMilliseconds } from '../../domain/account.ts';

type Lifetimes = Pick<Config['lifetimes'], 'session' | 'sessionAbsolute'>;
type Session = { loginTs?: number | undefined };

/** Seconds until the absolute end, from the last `auth_time`; a session that nobody has signed in to is idle only. */
const secondsLeft = ({ sessionAbsolute }: Lifetimes, { loginTs }: Session, now: EpochMilliseconds): number =>
  loginTs === undefined ? Infinity : Math.floor(loginTs + sessionAbsolute - now / 1000);

/** Whether the session has passed its absolute end. Its last use may have left it slightly too long, or the lifetime was longer then. */
export const isTooOld = (lifetimes: Lifetimes, session: Session, now: EpochMilliseconds): boolean =>
  secondsLeft(lifetimes, session, now) <= 0;

/** How long a session, and its cookie, lives from this use on; at least a second, which oidc-provider wants. */
export function sessionSeconds(lifetimes: Lifetimes, session: Session, now: EpochMilliseconds): number {
  return Math.max(1, Math.min(lifetimes.session, secondsLeft(lifetimes, session, now)));
}
