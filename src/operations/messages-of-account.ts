// The mails and SMS to an account, and what became of them, as far as that is kept: those that wait or have failed; and those that were sent in
// the last week, if their key names the account. A code that was sent leaves no trace of its address.
import type { Deps } from '../deps.ts';
import type { Account } from '../domain/account.ts';
import { parseEmail } from '../domain/canonical-email.ts';
import { iso } from '../domain/iso-time.ts';
import { knownAddresses } from '../domain/lost-mailbox.ts';
import { propertyOf } from '../property-of.ts';
import { owedMailKeys } from '../jobs/tell-account-change.ts';
import type { Job } from '../storage/storage.ts';
import { everyJob } from './jobs.ts';

/** `waiting`: it was not sent yet; `failed`: it will not be; `sent`: the mail server or the SMS gateway has taken it. */
export type SentMessage = {
  channel: 'mail' | 'sms';
  template: string;
  fate: 'waiting' | 'sent' | 'failed';
  made_at: string;
  attempts: number;
  reason?: string | undefined;
};

const FATES: Record<Job['state'], SentMessage['fate']> = { waiting: 'waiting', done: 'sent', dead: 'failed' };
const MOST_OF_A_KIND = 10;
/** More jobs than this wait only if mail has stopped for everybody, and then nobody needs to look at one person. */
const MOST_LOOKED_AT = 20_000;

/** Returns the messages, newest first. */
export async function messagesOf({ storage, clock }: Pick<Deps, 'storage' | 'clock'>, account: Account): Promise<SentMessage[]> {
  const theirs = new Set(knownAddresses(account, clock()));
  if (account.phone_canonical !== undefined) theirs.add(account.phone_canonical);
  if (account.phone_change) theirs.add(account.phone_change.phone_canonical);
  const found = new Map<string, SentMessage>();
  const add = (job: Job | undefined, template: string): void => {
    if (job) found.set(job.key, messageOf(job, template));
  };
  for (const { key, template } of owedMailKeys(account)) add(await storage.jobs.find(key), template);
  add(await storage.jobs.find(`mail:welcome:${account.id}`), 'welcome');
  const links = await storage.dealerLinks.listByAccount(account.id);
  for (const { template, about } of [
    ...['new-device', 'failed-sign-ins', 'second-factor-failures'].map((template) => ({ template, about: account.id })),
    ...links.flatMap(({ id }) => ['dealer-link-done', 'dealer-link-failed'].map((template) => ({ template, about: id }))),
  ]) {
    const prefix = `mail:${template}:${about}:`;
    for (const job of await storage.jobs.listAfter('done', prefix, MOST_OF_A_KIND, 'send_mail'))
      if (job.key.startsWith(prefix)) add(job, template);
  }
  let lookedAt = 0;
  for (const kind of ['send_mail', 'send_sms'] as const)
    for (const state of ['waiting', 'dead'] as const)
      for await (const job of everyJob({ storage }, state, kind)) {
        if ((lookedAt += 1) > MOST_LOOKED_AT) break;
        const to = propertyOf(job.payload, 'to');
        if (typeof to === 'string' && isTheirs(theirs, to)) add(job, String(propertyOf(job.payload, 'template')));
      }
  return [...found.values()].toSorted((a, b) => b.made_at.localeCompare(a.made_at));
}

/** Whether a recipient is the person, in any spelling. */
function isTheirs(theirs: ReadonlySet<string>, to: string): boolean {
  if (theirs.has(to)) return true;
  const parsed = parseEmail(to);
  return parsed.ok && theirs.has(parsed.canonical);
}

function messageOf({ kind, state, created_at: at, attempts, last_error: reason }: Job, template: string): SentMessage {
  return {
    channel: kind === 'send_sms' ? 'sms' : 'mail',
    template,
    fate: FATES[state],
    made_at: iso(at),
    attempts,
    reason,
  };
}
