// Starts the owners site for tests: real HTTP, a real mailbox behind SMTP, a clock that can be moved.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { createOwnersSite, type OwnersSiteOptions } from '../../../src/apps/owners-site/owners-site.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { serve } from '../serve.ts';
import { createBrowser, formOn, type Answer, type Browser } from '../../support/http-browser.ts';

export type TestSite = {
  origin: string;
  directory: string;
  /** All mails that arrived by SMTP, oldest first. */
  mails: Email[];
  /** Waits until this number of mails has arrived. */
  mailsArrived(count: number): Promise<Email[]>;
  /** Moves the site's clock. */
  advance(milliseconds: number): void;
  /** A browser in which this user has signed in, with its page. */
  signIn(userId: string, browser?: Browser): Promise<{ browser: Browser; home: Answer }>;
  close(): Promise<void>;
};

export async function startSite(overrides: Partial<OwnersSiteOptions> = {}): Promise<TestSite> {
  const directory = await mkdtemp(join(tmpdir(), 'owners-site-'));
  const mails: Email[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      void buffer(stream)
        .then((raw) => PostalMime.parse(raw))
        .then((mail) => {
          mails.push(mail);
          smtp.emit('arrived');
          done();
        }, done);
    },
  });
  await new Promise<void>((resolve) => {
    smtp.listen(0, '127.0.0.1', resolve);
  });
  let moved = 0;
  const served = await serve((origin) =>
    createOwnersSite({
      origin,
      // A port of the loopback interface where nobody listens.
      issuer: 'http://127.0.0.1:9',
      notebookOrigin: 'http://notebook.example',
      dealerSystemOrigin: 'http://dealer.example',
      databasePath: join(directory, 'owners-site.sqlite'),
      keyDirectory: join(directory, 'keys'),
      cookieKeys: ['a test key of enough length'],
      passwordHashCost: 4,
      smtpUrl: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`,
      mailFrom: "TOYOTA OWNER'S SITE <noreply@owners.example.jp>",
      trustProxy: 0,
      cacheViews: true,
      seedDemo: true,
      clock: () => Date.now() + moved,
      log: createLog('owners-site', process.env.TEST_LOG_LEVEL ?? 'silent'),
      ...overrides,
    }),
  );
  const { origin } = served;
  return {
    origin,
    directory,
    mails,
    async mailsArrived(count) {
      while (mails.length < count) await once(smtp, 'arrived', { signal: AbortSignal.timeout(5000) });
      return mails;
    },
    advance(milliseconds) {
      moved += milliseconds;
    },
    async signIn(userId, browser = createBrowser()) {
      const login = await browser.open(`${origin}/login`);
      const home = await browser.submit(formOn(login, '/login'), { user_id: userId, password: 'owners-2026' });
      return { browser, home };
    },
    async close() {
      await served.close();
      await new Promise<void>((resolve) => {
        smtp.close(resolve);
      });
      await rm(directory, { recursive: true });
    },
  };
}
