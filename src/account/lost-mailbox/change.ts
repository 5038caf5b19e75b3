// Job: tells the owner by SMS that the waiting time of an approved request for a lost mailbox has begun, and changes the address of the ID
// when it is over.
import type { Deps } from '../../deps.ts';
import { drawAccountToken } from '../../domain/account-token.ts';
import { changeLostMailbox, findLostMailbox, isOpen, withAddressOf, withEnd } from '../../domain/lost-mailbox.ts';
import { formatTime } from '../../http/format-time.ts';
import { PostponeJob, type JobHandler } from '../../jobs/runner.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';
import { languageOf } from '../../language.ts';
import type { AccountAccess } from '../../oidc/sessions/account-access.ts';
import { AlreadyExists } from '../../storage/storage.ts';
import { hasSignedInSince } from './desk.ts';
import { endedMail } from './stop.ts';
import { tellBySms } from './tell-by-sms.ts';

type ChangeDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs' | 'emit'>;

/** More than the longest waiting time. */
const GIVE_UP_AFTER_MS = 90 * 24 * 60 * 60 * 1000;
/** The approval of a process that is slow beyond belief was written by then. */
const LAST_LOOK_AFTER_MS = 60 * 60 * 1000;

/**
 * Creates the handler. The request is dropped if the owner has signed in since it was made: then they can change the address themselves.
 * It is idempotent.
 */
export function createChangeLostMailbox(
  deps: ChangeDeps,
  access: AccountAccess,
): JobHandler<{ account_id: string; request: string }> {
  const { storage, clock } = deps;
  return {
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    async run({ account_id: accountId, request }, { created_at: createdAt }) {
      const account = await storage.accounts.find(accountId);
      const one = account && findLostMailbox(account, request);
      if (!one) return;
      if (one.change_at === undefined) {
        const lastLook = createdAt + LAST_LOOK_AFTER_MS;
        if (clock() < lastLook) throw new PostponeJob(lastLook, 'it is not approved yet');
        return;
      }
      if (isOpen(one, clock())) {
        if (clock() < one.change_at) {
          await tellBySms(deps, account, 'lost-mailbox-waiting');
          throw new PostponeJob(one.change_at, 'the owner can still stop it');
        }
        const isOvertaken = await hasSignedInSince(deps, accountId, one);
        if (isOvertaken || !(await changeAddress(deps, accountId, request))) return drop(deps, accountId, request);
      } else if (one.ended?.how !== 'changed') return;
      // Also if an earlier attempt died after the change.
      await access.endAll(accountId);
    },
  };
}

/** @returns whether the address is changed; `false` if something that the request depends on has changed, or another ID has the new address */
async function changeAddress(deps: ChangeDeps, accountId: string, request: string): Promise<boolean> {
  const now = deps.clock();
  const { token, digest } = drawAccountToken(accountId);
  const { issuer } = deps.config;
  await changeAndTell(
    deps,
    accountId,
    { type: 'account.lost_mailbox_changed', data: { request } },
    (standing) => {
      const to = withAddressOf(standing, request, digest, now);
      if (!to) return undefined;
      const language = languageOf(standing.language);
      const values = { email: to.email, time: formatTime(now, language) };
      return {
        to,
        mails: [
          {
            to: to.email,
            template: 'lost-mailbox-changed',
            language,
            values: { ...values, url: `${issuer}/password/forgotten` },
          },
          { to: standing.email, template: 'email-changed-undo', language, values },
        ],
      };
    },
    { 'email-changed-undo': { url: `${issuer}/account/email/undo?token=${token}` } },
  ).catch((error: unknown) => {
    if (!(error instanceof AlreadyExists)) throw error;
  });
  const account = await deps.storage.accounts.find(accountId);
  return account !== undefined && findLostMailbox(account, request)?.ended?.how === 'changed';
}

/** Ends the request, unless it was stopped at this moment. */
async function drop(deps: ChangeDeps, accountId: string, request: string): Promise<void> {
  await changeAndTell(deps, accountId, { type: 'account.lost_mailbox_overtaken', data: { request } }, (standing) => {
    const now = deps.clock();
    const to = changeLostMailbox(standing, request, now, (one) => withEnd(one, 'overtaken', now));
    const dropped = to && findLostMailbox(to, request);
    return dropped && { to, mails: [endedMail(dropped)] };
  });
}
