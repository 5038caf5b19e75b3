// Job that sends the mails about a change of an account. The write that makes the change also records its mails in the account,
// so they are sent if and only if the change was made.
import { randomUUID } from 'node:crypto';
import { MAIL_OWED_MS, withMailsOwed, type Account } from '../domain/account.ts';
import { withSecrets, type MailName, type MailSecrets, type OwedMail } from '../domain/mails.ts';
import type { Deps } from '../deps.ts';
import { changeAccount } from '../storage/change-account.ts';
import type { AccountChange } from './job-queue.ts';
import { PermanentJobError, type JobHandler } from './runner.ts';

/** After this time the change was either written or its process is dead. */
const SURELY_WRITTEN_AFTER_MS = 60_000;

/** A mail with a secret value can be owed only if the secret is given. */
type Owable<Secret extends keyof MailSecrets> = Exclude<MailName, keyof MailSecrets> | Secret;

/** The next state of the account, and the mails about the change. */
export type ChangeToTell<Secret extends keyof MailSecrets = never> = {
  to: Account;
  mails: (OwedMail & { template: Owable<Secret> })[];
};

/**
 * Changes an account as `changeAccount` does, and sends the mails of the change once. A job is written before the change. If this process
 * dies, the job sends the mails a minute later.
 * @param change may be called several times; returns `undefined` if there is nothing to write
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
      // The job is written before the change.
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

/** Creates the handler. It is idempotent: a queued or sent mail is not sent again. */
export function createTellAccountChange(deps: Pick<Deps, 'storage' | 'jobs'>): JobHandler<AccountChange> {
  return {
    giveUpAfterMs: MAIL_OWED_MS,
    async run(told) {
      if (!('account_id' in told)) throw new PermanentJobError('it cannot be read: HMAC_KEY was another one when it was written');
      const account = await deps.storage.accounts.find(told.account_id);
      if (account) await sendMails(deps, account, told);
    },
  };
}

/** Returns the mails about the last changes of an account, and the keys of their jobs. */
export function owedMailKeys(account: Account): { key: string; template: MailName }[] {
  return (account.mails_owed ?? []).flatMap(({ change, mails }) =>
    mails.map(({ template }, index) => ({ key: keyOfMail(mails, index, change), template })),
  );
}

function keyOfMail(mails: readonly OwedMail[], index: number, change: string): string {
  const template = mails[index]?.template;
  // The same mail may go to several addresses.
  const isFirst = mails.findIndex((mail) => mail.template === template) === index;
  return `mail:${template}:${change}${isFirst ? '' : `:${index}`}`;
}

/** Sends nothing if the change was not made. */
async function sendMails(
  { storage, jobs }: Pick<Deps, 'storage' | 'jobs'>,
  account: Account,
  { change, secrets }: AccountChange,
): Promise<void> {
  const owed = account.mails_owed?.find((one) => one.change === change);
  const mails = owed?.mails ?? [];
  for (const [index, mail] of mails.entries()) {
    const key = keyOfMail(mails, index, change);
    // A failed mail is not retried either.
    if (await storage.jobs.find(key)) continue;
    await jobs.enqueue('send_mail', key, withSecrets(mail, secrets));
  }
}
