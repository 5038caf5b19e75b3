// The mailbox of a development machine: real SMTP in, web page out. It does not exist in production.
import type Koa from 'koa';
import { createPageApp } from '../../http/page-app.ts';
import type { PageState } from '../../http/page-context.ts';
import type { Log } from '../../telemetry/log.ts';
import { openMessageStore } from './message-store.ts';
import { mailboxRoutes } from './routes.ts';
import { startSmtpReceiver } from './smtp-receiver.ts';

export type MailboxOptions = {
  /** The URL under which browsers reach it, without a path. */
  origin: string;
  cookieKeys: string[];
  trustProxy: boolean;
  cacheViews: boolean;
  /** See `PageAppOptions`. */
  anyHost?: boolean;
  /** Milliseconds since 1970. */
  clock: () => number;
  log: Log;
  /** A loopback address. */
  smtpHost: string;
  /** 0 takes a free one; see `smtpPort` of the answer. */
  smtpPort: number;
  /** The SQLite file that keeps the mails over a restart. */
  databasePath: string;
};

export type Mailbox = {
  /** The web page; the caller listens. */
  koa: Koa<PageState>;
  /** Where mail is taken, from now on. */
  smtpPort: number;
  close(): Promise<void>;
};

/**
 * Starts to take mail and makes the web page.
 * @throws where the SMTP host is no loopback address, its port is taken, or the file cannot be opened
 */
export async function createMailbox(options: MailboxOptions): Promise<Mailbox> {
  const { smtpHost: host, smtpPort: port, clock, log } = options;
  const store = openMessageStore(options.databasePath);
  const smtp = await startSmtpReceiver({ host, port, clock, log }, store).catch((error: unknown) => {
    store.close();
    throw error;
  });
  const { koa } = createPageApp({ ...options, app: 'mailbox' });
  koa.use(mailboxRoutes(store).routes());
  return {
    koa,
    smtpPort: smtp.port,
    async close() {
      await smtp.close();
      store.close();
    },
  };
}
