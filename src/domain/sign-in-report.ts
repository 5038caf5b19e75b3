// The owner of an ID reports a sign-in that was not theirs, with the link in the mail about a new browser.
import { withSignInsEnded, signInIsOver, type Account, type EpochMilliseconds } from './account.ts';

/** How long the link works. */
export const REPORT_LIFETIME_MS = 7 * 24 * 60 * 60 * 1000;

/** The sign-in that a link names. */
export type ReportedSignIn = {
  account_id: string;
  /** The address to which the mail went, canonical. */
  email: string;
  /** OpenID Connect's `auth_time`: seconds since 1970. */
  auth_time: number;
  device: string;
  expires_at: EpochMilliseconds;
};

/** Whether the sign-in was ended: by a report, a new password or a new address. */
export function isOver(account: Account, { auth_time: authTime }: Pick<ReportedSignIn, 'auth_time'>): boolean {
  return signInIsOver(account, { authTime, sessionUid: undefined, endsWithSession: false });
}

/**
 * Ends the sign-in and every other one: who signed in knows the password, and may have changed the `auth_time` of the session or hold
 * refresh tokens. Returns `undefined` if the sign-in is over, so that a link works once.
 */
export function reportSignIn(account: Account, reported: ReportedSignIn, now: EpochMilliseconds): Account | undefined {
  if (account.disabled_at !== undefined || isOver(account, reported)) return undefined;
  return { ...withSignInsEnded(account, now), sign_in_reported_at: now };
}

/** Whether a sign-in was reported and the password is still the same. Until there is a new one, every sign-in is told to the owner. */
export function reportStands({ sign_in_reported_at: reportedAt, password_changed_at: changedAt = 0 }: Account): boolean {
  return reportedAt !== undefined && reportedAt >= changedAt;
}
