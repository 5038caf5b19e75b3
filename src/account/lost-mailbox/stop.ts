// Stops a request for a lost mailbox: with the link in a mail to a known address, or in a session of the ID. Stopping changes nothing else, so
// the link needs no password.
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import { readAccountToken } from '../../domain/account-token.ts';
import {
  changeLostMailbox,
  findLostMailbox,
  openLostMailboxes,
  withEnd,
  type LostMailbox,
  type LostMailboxRequest,
} from '../../domain/lost-mailbox.ts';
import type { OwedMail } from '../../domain/mails.ts';
import { sameSecret } from '../../domain/same-secret.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';
import { languageOf } from '../../language.ts';

type StopDeps = Pick<Deps, 'storage' | 'clock' | 'jobs'>;

export const STOP_PATH = '/lost-mailbox/stop';

/** A request, and the account that it is about. */
export type Stoppable = { account: Account; request: LostMailbox };

/** Finds the request that a token can stop, or could. @returns `undefined` if there is none, or no longer */
export async function findByStopToken({ storage }: Pick<Deps, 'storage'>, token: string): Promise<Stoppable | undefined> {
  const { accountId, digest } = readAccountToken(token);
  const account = await storage.accounts.find(accountId);
  const request = account?.lost_mailbox?.find(({ stop_sha256: digests }) =>
    digests.some((expected) => sameSecret(digest, expected)),
  );
  return account && request && { account, request };
}

/**
 * Stops a request, and mails the new address that the ID will not change. Does nothing if it has ended.
 * @returns how the request stands then
 */
export async function stopRequest(
  deps: StopDeps,
  accountId: string,
  request: string,
  by: 'link' | 'session',
): Promise<LostMailbox | undefined> {
  await changeAndTell(deps, accountId, { type: 'account.lost_mailbox_stopped', data: { request, by } }, (standing) => {
    const now = deps.clock();
    const to = changeLostMailbox(standing, request, now, (one) => withEnd(one, 'stopped', now));
    const stopped = to && findLostMailbox(to, request);
    return stopped && { to, mails: [endedMail(stopped)] };
  });
  const account = await deps.storage.accounts.find(accountId);
  return account && findLostMailbox(account, request);
}

/** Stops every open request of an account. */
export async function stopAll(deps: StopDeps, account: Account): Promise<void> {
  for (const { request } of openLostMailboxes(account, deps.clock())) await stopRequest(deps, account.id, request, 'session');
}

/** Makes the mail to the new address of a request that has ended. It does not say why. */
export function endedMail({ email, language }: Pick<LostMailbox, 'email' | 'language'>): OwedMail<'lost-mailbox-ended'> {
  return { to: email, template: 'lost-mailbox-ended', language: languageOf(language), values: {} };
}

/** Mails the same about a request for which there is no ID, once. */
export async function mailEndWithoutId(
  { jobs }: Pick<Deps, 'jobs'>,
  { id, new_email: email, language }: LostMailboxRequest,
): Promise<void> {
  await jobs.enqueue('send_mail', `mail:lost-mailbox-ended:${id}`, endedMail({ email, language }));
}
