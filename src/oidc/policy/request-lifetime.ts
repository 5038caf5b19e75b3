// How long an authorization request may stay at our pages.
import type { Config } from '../../config/config.ts';
import { REGISTRATION_DRAFT_LIFETIME_MS } from '../../domain/registration-draft.ts';

/** As long as the registration draft and the profile that was handed over. */
const KEPT_SECONDS = REGISTRATION_DRAFT_LIFETIME_MS / 1000;

/**
 * Returns the lifetime of a request's current interaction, in seconds.
 * @param isKept whether the person has proven an address or has signed in. Only then is the request kept for longer: anybody can begin
 *   requests, and each is stored
 */
export function requestSeconds({ lifetimes }: Pick<Config, 'lifetimes'>, isKept: boolean): number {
  return isKept ? Math.max(KEPT_SECONDS, lifetimes.interaction) : lifetimes.interaction;
}

/** A new interaction. */
type Begun = {
  session?: { accountId?: string | undefined } | undefined;
  lastSubmission?: Record<string, unknown> | undefined;
};

/** Whether an interaction begins after the person has registered or signed in. */
export function beginsKept({ session, lastSubmission }: Begun): boolean {
  const create = lastSubmission?.create;
  const hasRegistered = typeof create === 'object' && create !== null && 'registered' in create;
  return session?.accountId !== undefined || hasRegistered;
}
