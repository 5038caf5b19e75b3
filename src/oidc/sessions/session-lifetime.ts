// The lifetime of a session at the ID: an idle timeout from the last use, and an absolute limit from the last password entry.
import type { Config } from '../../config/config.ts';
import type { EpochMilliseconds } from '../../domain/account.ts';

type Lifetimes = Pick<Config['lifetimes'], 'session' | 'sessionAbsolute'>;
type Session = { loginTs?: number | undefined };

/** Seconds until the absolute limit, counted from the last `auth_time`. A session without a sign-in has only the idle timeout. */
const secondsLeft = ({ sessionAbsolute }: Lifetimes, { loginTs }: Session, now: EpochMilliseconds): number =>
  loginTs === undefined ? Infinity : Math.floor(loginTs + sessionAbsolute - now / 1000);

/**
 * Whether the session has passed its absolute limit. A stored session can outlive the limit by rounding, or if the configured
 * lifetime was shortened since.
 */
export const isTooOld = (lifetimes: Lifetimes, session: Session, now: EpochMilliseconds): boolean =>
  secondsLeft(lifetimes, session, now) <= 0;

/** Returns the seconds that a session and its cookie live from this use on. oidc-provider requires at least one. */
export function sessionSeconds(lifetimes: Lifetimes, session: Session, now: EpochMilliseconds): number {
  return Math.max(1, Math.min(lifetimes.session, secondsLeft(lifetimes, session, now)));
}
