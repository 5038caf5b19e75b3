// The request of a person who can no longer read the mailbox of their ID: the addresses and what they know, then the code from the new
// mailbox. Nothing is looked up about the registered address until then, so the pages reveal nothing.
import { randomBytes } from 'node:crypto';
import type { Deps } from '../../deps.ts';
import { mailboxOf } from '../../domain/canonical-email.ts';
import { LOST_MAILBOX_FORM_MS, LOST_MAILBOX_KEPT_MS, type LostMailboxRequest } from '../../domain/lost-mailbox.ts';
import { createRateLimit } from '../../authentication/limits/rate-limit.ts';
import { issueCodeForNewAddress, type CodeSlot } from '../../authentication/one-time-code/issue-code.ts';
import { networkOf } from '../../http/network.ts';
import { expiresAt } from './expire.ts';

type RequestDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs' | 'emit'>;

const DAY_SECONDS = 24 * 60 * 60;
/** Requests with a proven new address, for one registered address. Each sends mails to its owner. */
const PER_ADDRESS_A_DAY = 5;
/** The same from one network. More would bury the operators. */
const PER_NETWORK_A_DAY = 100;

/** What a person typed, checked. */
export type TypedRequest = Pick<
  LostMailboxRequest,
  'email' | 'email_canonical' | 'new_email' | 'new_email_canonical' | 'profile' | 'language'
>;

/** Returns the slot of the code. Codes for other purposes are not valid in it. */
export const lostMailboxSlot = ({ id, new_email_canonical: address }: LostMailboxRequest): CodeSlot => ({
  purpose: 'lost_mailbox',
  id: `lost-mailbox:${id}`,
  address,
});

/** Makes a number that can be read over the telephone. Numbers are in order of time. */
function newNumber(now: number): string {
  const letters = [...randomBytes(6)].map((byte) => 'abcdefghjkmnpqrstuvwxyz23456789'.charAt(byte % 31)).join('');
  return `${now.toString(36).padStart(9, '0')}-${letters}`;
}

/** Stores a request and mails its code to the new address. */
export async function beginRequest(deps: RequestDeps, typed: TypedRequest): Promise<LostMailboxRequest> {
  const now = deps.clock();
  const request: LostMailboxRequest = {
    id: newNumber(now),
    version: 0,
    expires_at: now + LOST_MAILBOX_FORM_MS,
    ...typed,
    sent_at: now,
  };
  await deps.storage.lostMailboxRequests.change(request.id, (standing) => (standing ? undefined : request));
  await mailCode(deps, request);
  return request;
}

/** Takes what was typed again for the same two addresses, without another code. */
export async function typeAgain({ storage }: RequestDeps, { id }: LostMailboxRequest, typed: TypedRequest): Promise<void> {
  await storage.lostMailboxRequests.change(id, (standing) =>
    standing && standing.proven_at === undefined ? { ...standing, profile: typed.profile } : undefined,
  );
}

/** Mails another code, which replaces the last one. */
export async function mailCodeAgain(deps: RequestDeps, { id }: LostMailboxRequest): Promise<void> {
  const { changed, now } = await deps.storage.lostMailboxRequests.change(id, (standing) =>
    standing && standing.proven_at === undefined ? { ...standing, sent_at: deps.clock() } : undefined,
  );
  if (changed) await mailCode(deps, now);
}

/** An address that has an ID already gets a mail that says so, and no code matches. */
async function mailCode(deps: RequestDeps, request: LostMailboxRequest): Promise<void> {
  const key = `mail:lost-mailbox:${request.id}:${request.sent_at}`;
  const { language, new_email: email } = request;
  await issueCodeForNewAddress(deps, lostMailboxSlot(request), {
    withCode: async (values) =>
      deps.jobs.enqueue('send_mail', key, { to: email, template: 'lost-mailbox-code', language, values }),
    toOwner: async ({ email: to }) =>
      deps.jobs.enqueue('send_mail', key, { to, template: 'email-change-taken', language, values: {} }),
  });
}

/** Counts the requests that reach the operators. */
export function createRequestLimits({ storage, clock }: Pick<Deps, 'storage' | 'clock'>) {
  const limit = (name: 'lost-mailbox-address' | 'lost-mailbox-network', points: number) =>
    createRateLimit(name, { points, windowSeconds: DAY_SECONDS }, storage.counters, clock);
  const perAddress = limit('lost-mailbox-address', PER_ADDRESS_A_DAY);
  const perNetwork = limit('lost-mailbox-network', PER_NETWORK_A_DAY);
  return {
    /** @throws {PageError} `too_many_requests`, for an address with and without an ID */
    async count(ip: string, canonicalEmail: string): Promise<void> {
      await perNetwork.count(networkOf(ip));
      await perAddress.count(mailboxOf(canonicalEmail));
    },
  };
}

/**
 * Notes that the new address is proven, and requests the look-up of the registered one. Call it after the code was right; it can be
 * repeated.
 */
export async function handIn({ storage, clock, jobs }: RequestDeps, { id }: LostMailboxRequest): Promise<void> {
  const at = clock();
  const { now } = await storage.lostMailboxRequests.change(id, (standing) =>
    standing && standing.proven_at === undefined
      ? { ...standing, proven_at: at, expires_at: at + LOST_MAILBOX_KEPT_MS }
      : undefined,
  );
  const runAt = expiresAt(now?.proven_at ?? at);
  await jobs.enqueue('expire_lost_mailbox', `expire-lost-mailbox:${id}`, { request: id }, { runAt });
  await jobs.enqueue('look_up_lost_mailbox', `look-up-lost-mailbox:${id}`, { request: id });
}
