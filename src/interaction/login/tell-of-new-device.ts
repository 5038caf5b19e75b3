// Mails the owner of an ID about a sign-in in a browser that does not know the ID, with a link to report it.
import type { Account, EpochMilliseconds } from '../../domain/account.ts';
import { deviceName } from '../../domain/device-name.ts';
import { reportLink } from '../../authentication/sign-in-report.ts';
import type { Deps } from '../../deps.ts';
import { formatTime } from '../../http/format-time.ts';
import { languageOf } from '../../language.ts';

/** Several sign-ins from like devices within this time send one mail. */
const ONE_MAIL_MS = 10 * 60 * 1000;

/** Queues the mail, unless `NOTICE_MAILS` turns it off. It names the time, the browser and its system. @param at when the person signed in */
export async function tellOfNewDevice(
  { config, jobs }: Pick<Deps, 'config' | 'jobs'>,
  account: Account,
  userAgent: string,
  at: EpochMilliseconds,
): Promise<void> {
  if (!config.noticeMails) return;
  const { id, email, language, sign_in_reported_at: reportedAt = 0 } = account;
  const device = deviceName(userAgent) ?? '–';
  // After a report, the next sign-in is told at once.
  await jobs.enqueue('send_mail', `mail:new-device:${id}:${Math.floor(at / ONE_MAIL_MS)}:${reportedAt}:${device}`, {
    to: email,
    template: 'new-device',
    language,
    values: { time: formatTime(at, languageOf(language)), device, url: reportLink({ config }, account, { at, device }) },
  });
}
