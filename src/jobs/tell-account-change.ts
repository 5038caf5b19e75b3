// Job: the mails that tell of a change of an account. They are noted in the account by the very write that makes the change, so they are
// sent if it was made, and only then.
import { randomUUID } from 'node:crypto';
import { MAIL_OWED_MS, withMailsOwed, type Account, type OwedMail } from '../domain/account.ts';
import type { Deps } from '../deps.ts';
import { changeAccount } from '../storage/change-account.ts';
import type { AccountChange } from './job-queue.ts';
import { HopelessJob, type JobHandler } from './runner.ts';

/** A process that wrote the change and died before it sent the mails has been gone for so long. */
const SURELY_WRITTEN_AFTER_MS = 60_000;

/** The account as it is to be, and the mails that tell of it. */
export type ChangeToTell = { to: Account; mails: OwedMail[] };

/**
 * Changes an account as `changeAccount` does and has its mails sent once, whatever becomes of this process: a job that was written before
 * the change sends them a minute later, unless they are on their way by then.
 * @param change may be called several times; answers `undefined` where there is nothing to write
 * @param secrets values that only the mails may show, by template: they are in no account, and encrypted in the jobs
 */
export async function changeAndTell(
  deps: Pick<Deps, 'storage' | 'clock' | 'jobs'>,
  accountId: string,
  event: Parameters<typeof changeAccount>[2],
  change: (standing: Account) => ChangeToTell | undefined,
  secrets: AccountChange['secrets'] = {},
): Promise<Account | undefined> {
  const { jobs, clock } = deps;
  const told: AccountChange = { account_id: accountId, change: randomUUID(), secrets };
  for (let hasJob = false; ; hasJob = true) {
    const found = { owes: false };
    const account = await changeAccount(deps, accountId, event, (standing) => {
      const next = change(standing);
      found.owes = next !== undefined && next.mails.length > 0;
      if (!next || !found.owes) return next?.to;
      // The job first.
      return hasJob ? withMailsOwed(next.to, { change: told.change, mails: next.mails }, clock()) : undefined;
    });
    if (!found.owes) return account;
    if (hasJob) {
      // Where this fails, the job does it.
      if (account) await sendMails(deps, account, told).catch(() => undefined);
      return account;
    }
    await jobs.enqueue('tell_account_change', `tell-account-change:${told.change}`, told, {
      runAt: clock() + SURELY_WRITTEN_AFTER_MS,
    });
  }
}

/** The handler. Can be repeated: a mail that is on its way, or was sent, is not sent again. */
export function createTellAccountChange(deps: Pick<Deps, 'storage' | 'jobs'>): JobHandler {
  return {
    giveUpAfterMs: MAIL_OWED_MS,
    async run(payload) {
      if (!('account_id' in payload)) throw new HopelessJob('it cannot be read: HMAC_KEY was another one when it was written');
      const told = payload as AccountChange;
      const account = await deps.storage.accounts.find(told.account_id);
      if (account) await sendMails(deps, account, told);
    },
  };
}

/** Sends nothing where the change was not made. */
async function sendMails(
  { storage, jobs }: Pick<Deps, 'storage' | 'jobs'>,
  account: Account,
  { change, secrets }: AccountChange,
): Promise<void> {
  const owed = account.mails_owed?.find((one) => one.change === change);
  for (const mail of owed?.mails ?? []) {
    const key = `mail:${mail.template}:${change}`;
    // Given up: it is not tried again.
    if (await storage.jobs.find(key)) continue;
    await jobs.enqueue('send_mail', key, { ...mail, values: { ...mail.values, ...secrets[mail.template] } });
  }
}
