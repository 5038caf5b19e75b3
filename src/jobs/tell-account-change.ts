// Job: sends the mails that tell a person of a change of the account. The write that makes the change also notes its mails in the account.
// So they are sent if the change was made, and only then.
import { randomUUID } from 'node:crypto';
import { MAIL_OWED_MS, withMailsOwed, type Account } from '../domain/account.ts';
import { withSecrets, type MailName, type MailSecrets, type OwedMail } from '../domain/mails.ts';
import type { Deps } from '../deps.ts';
import { changeAccount } from '../storage/change-account.ts';
import type { AccountChange } from './job-queue.ts';
import { PermanentJobError, type JobHandler } from './runner.ts';

/** Longer than a process lives on between the change and its mails. */
const SURELY_WRITTEN_AFTER_MS = 60_000;

/** A mail with a secret value can be owed only where the secret is given. */
type Owable<Secret extends keyof MailSecrets> = Exclude<MailName, keyof MailSecrets> | Secret;

/** The next state of the account, and the mails that tell of the change. */
export type ChangeToTell<Secret extends keyof MailSecrets = never> = { to: Account; mails: OwedMail<Owable<Secret>>[] };

/**
 * Changes an account as `changeAccount` does, and sends the mails of the change once. A job is written before the change. If this process
 * dies, the job sends the mails a minute later.
 * @param change may be called several times; answers `undefined` where there is nothing to write
 * @param secrets values of the mails that the account must not hold; the job holds them encrypted
 */
export async function changeAndTell<Secret extends keyof MailSecrets = never>(
  deps: Pick<Deps, 'storage' | 'clock' | 'jobs'>,
  accountId: string,
  event: Parameters<typeof changeAccount>[2],
  change: (standing: Account) => ChangeToTell<NoInfer<Secret>> | undefined,
  ...[secrets]: [Secret] extends [never] ? [] : [secrets: Pick<MailSecrets, Secret>]
): Promise<Account | undefined> {
  const { jobs, clock } = deps;
  const told: AccountChange = { account_id: accountId, change: randomUUID(), secrets: secrets ?? {} };
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
      // If this fails, the job sends them.
      if (account) await sendMails(deps, account, told).catch(() => undefined);
      return account;
    }
    await jobs.enqueue('tell_account_change', `tell-account-change:${told.change}`, told, {
      runAt: clock() + SURELY_WRITTEN_AFTER_MS,
    });
  }
}

/** Makes the handler. It can run again: a mail that is queued or sent is not sent a second time. */
export function createTellAccountChange(deps: Pick<Deps, 'storage' | 'jobs'>): JobHandler {
  return {
    giveUpAfterMs: MAIL_OWED_MS,
    async run(payload) {
      if (!('account_id' in payload))
        throw new PermanentJobError('it cannot be read: HMAC_KEY was another one when it was written');
      const told = payload as AccountChange;
      const account = await deps.storage.accounts.find(told.account_id);
      if (account) await sendMails(deps, account, told);
    },
  };
}

/** Sends nothing if the change was not made. */
async function sendMails(
  { storage, jobs }: Pick<Deps, 'storage' | 'jobs'>,
  account: Account,
  { change, secrets }: AccountChange,
): Promise<void> {
  const owed = account.mails_owed?.find((one) => one.change === change);
  for (const mail of owed?.mails ?? []) {
    const key = `mail:${mail.template}:${change}`;
    // Also one that was given up: it is not tried again.
    if (await storage.jobs.find(key)) continue;
    await jobs.enqueue('send_mail', key, withSecrets(mail, secrets));
  }
}
