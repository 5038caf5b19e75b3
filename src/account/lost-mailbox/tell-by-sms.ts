// Tells the owner of an ID about a request for a lost mailbox by SMS, because the mails about it may reach a mailbox that is lost.
import { createSmsLimits } from '../../authentication/one-time-code/sms-limits.ts';
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import { numberRests } from '../../domain/login-number.ts';
import type { SmsNotice } from '../../domain/sms.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Sends the notice to the login number, once a day for an ID, because strangers can make requests. Sends nothing without SMS_URL, above the
 * budget of all SMS, or to a number that was not used for so long that it may be somebody else's: the mails are sent in any case.
 */
export async function tellBySms(
  deps: Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs' | 'emit'>,
  account: Account,
  notice: SmsNotice,
): Promise<void> {
  const { config, storage, clock, jobs } = deps;
  const { id, phone_canonical: to, language } = account;
  if (!config.sms || to === undefined || numberRests(account, clock())) return;
  // The key is the limit, so that a process that dies here has not used it up.
  const key = `sms:${notice}:${id}:${Math.floor(clock() / DAY_MS)}`;
  if (await storage.jobs.find(key)) return;
  const takeBack = await createSmsLimits(deps).countNotice(notice);
  if (!takeBack) return;
  await jobs.enqueue('send_sms', key, { to, template: notice, language, values: {} }).catch(async (error: unknown) => {
    await takeBack();
    throw error;
  });
}
