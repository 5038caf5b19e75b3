// The common ID in the process of the test, with a mail server that records everything, a movable clock, and a database of regions.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageStore } from '../../../src/apps/mailbox/message-store.ts';
import { startSmtpReceiver } from '../../../src/apps/mailbox/smtp-receiver.ts';
import type { Account } from '../../../src/domain/account.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { buildMmdb } from '../../support/build-mmdb.ts';
import { createBrowser, type Browser } from '../../support/http-browser.ts';
import { startIdInProcess, type IdInProcess, type IdOptions } from '../../support/id-in-process.ts';
import { untilFound } from '../../support/until-true.ts';

export type ReceivedMail = { to: string; subject: string; text: string };

export type OwnAccountWorld = IdInProcess & {
  clock: { now: number };
  mails: ReceivedMail[];
  /** Waits for the newest mail to this address with this in its subject, after the first `after` mails of all. */
  mail(to: string, subject: string, after?: number): Promise<ReceivedMail>;
  /** Makes a browser behind the proxy. */
  browser(from: string, userAgent?: string): Browser;
  account(email: string): Promise<Account>;
  /** For the functions of client.ts. */
  freshAddress(): undefined;
};

const names = (ja: string, en: string) => ({ names: { ja, en } });
/** Networks for documentation (RFC 5737, RFC 3849). */
const NETWORKS = {
  '192.0.2.0/24': { country: names('日本', 'Japan'), subdivisions: [names('愛知県', 'Aichi')] },
  '198.51.100.0/24': { country: { names: { en: '<script>alert(1)</script>' } } },
  '2001:db8::/32': { country: names('日本', 'Japan') },
};

export async function startOwnAccountWorld(options: Pick<IdOptions, 'clients' | 'nodes'> = {}): Promise<OwnAccountWorld> {
  const clock = { now: Date.now() };
  const directory = await mkdtemp(join(tmpdir(), 'regions-'));
  const regions = join(directory, 'regions.mmdb');
  await writeFile(regions, buildMmdb(NETWORKS));
  const mails: ReceivedMail[] = [];
  const log = createLog('common-id', 'error');
  const smtp = await startSmtpReceiver({ host: '127.0.0.1', port: 0, clock: () => clock.now, log }, keepIn(mails));
  const id = await startIdInProcess({
    ...options,
    clock: () => clock.now,
    env: {
      SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
      NOTICE_MAILS: 'true',
      TRUST_PROXY: '1',
      REGIONS_FILE: regions,
    },
  });
  return {
    ...id,
    clock,
    mails,
    mail: async (to, subject, after = 0) =>
      untilFound(
        `the mail "${subject}" to ${to}`,
        () => mails.slice(after).findLast((mail) => mail.to === to && mail.subject.includes(subject)),
        { everyMs: 10, tell: () => mails.map((mail) => mail.subject) },
      ),
    browser: (from, userAgent = '') => createBrowser({ headers: { 'X-Forwarded-For': from, 'User-Agent': userAgent } }),
    freshAddress: () => undefined,
    async account(email) {
      const account = await id.storage.accounts.findByEmail(email);
      if (!account) throw new Error(`${email} has no account`);
      return account;
    },
    async close() {
      await id.close();
      await smtp.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Changes the password in a browser in which the person is signed in. */
export async function changePassword(issuer: string, browser: Browser, from: string, to: string): Promise<void> {
  await browser.open(`${issuer}/account/password`);
  await browser.submit('/account/password', { current_password: from, password: to });
  if (!browser.page.url.includes('done=password')) throw new Error(`the password is not changed: ${browser.page.url}`);
}

function keepIn(mails: ReceivedMail[]): MessageStore {
  return {
    add: ({ to, subject, text }) => void mails.push({ to, subject, text }),
    addSms: () => undefined,
    list: () => [],
    find: () => undefined,
    findRaw: () => undefined,
    close: () => undefined,
  };
}
