// The mailbox of a development machine: receives mail by SMTP and SMS by HTTP, and shows them on a web page. It does not exist in production.
import type Koa from 'koa';
import { createPageApp, type AppOptions } from '../../http/page-app.ts';
import type { PageState } from '../../http/page-context.ts';
import { openMessageStore } from './message-store.ts';
import { receiveSms } from './receive-sms.ts';
import { mailboxRoutes } from './routes.ts';
import { startSmtpReceiver } from './smtp-receiver.ts';

export type MailboxOptions = AppOptions & {
  /** A loopback address. */
  smtpHost: string;
  /** 0 takes a free port; see `Mailbox.smtpPort`. */
  smtpPort: number;
  /** The secrets that sign SMS; without them, no SMS is accepted. */
  smsSecrets: string[];
  /** The SQLite file of the messages. */
  databasePath: string;
};

export type Mailbox = {
  /** The web page; the caller listens. */
  koa: Koa<PageState>;
  /** The port on which mail is received. */
  smtpPort: number;
  close(): Promise<void>;
};

/**
 * Starts the SMTP server and creates the web page.
 * @throws {Error} if the SMTP host is not a loopback address, its port is taken, or the file cannot be opened
 */
export async function createMailbox(options: MailboxOptions): Promise<Mailbox> {
  const { smtpHost: host, smtpPort: port, clock, log } = options;
  const store = openMessageStore(options.databasePath);
  const smtp = await startSmtpReceiver({ host, port, clock, log }, store).catch((error: unknown) => {
    store.close();
    throw error;
  });
  const forPrograms = new Map([['/sms', receiveSms(options, store)]]);
  const { koa } = createPageApp({ ...options, app: 'mailbox', forPrograms });
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
