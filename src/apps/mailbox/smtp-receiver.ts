// Receives mail for any recipient by SMTP and never relays it. It listens on the loopback interface only.
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { portOf } from '../../http/port-of.ts';
import type { Log } from '../../telemetry/log.ts';
import type { MessageStore } from './message-store.ts';

/** The largest mail, in bytes. */
const SIZE_LIMIT = 5 * 1024 * 1024;

const LOOPBACK_HOSTS = ['127.0.0.1', '::1', 'localhost'];

export type SmtpReceiver = {
  /** The port it listens on; useful if the options asked for 0. */
  port: number;
  close(): Promise<void>;
};

/**
 * Starts listening. Every mail is stored before the sender is told that it was accepted.
 * @param options `host` must be a loopback address, because there is no authentication; `port` 0 takes a free port
 * @throws {Error} if the host is not a loopback address, or the port is taken
 */
export async function startSmtpReceiver(
  options: { host: string; port: number; clock: () => number; log: Log },
  store: MessageStore,
): Promise<SmtpReceiver> {
  const { host, port, clock, log } = options;
  if (!LOOPBACK_HOSTS.includes(host)) {
    throw new Error(`The mailbox accepts mail from anybody, so it listens on loopback addresses only, not on ${host}`);
  }
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: SIZE_LIMIT,
    // The strict parser refuses `..` also in quotes, where RFC 5321 allows it.
    lenientAddressParsing: true,
    onData(stream, session, done) {
      receive().then(
        () => done(),
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
      );

      async function receive(): Promise<void> {
        const chunks: Buffer[] = [];
        // smtp-server only announces the limit. A larger mail is read to its end and dropped.
        for await (const chunk of stream) if (Buffer.isBuffer(chunk) && !stream.sizeExceeded) chunks.push(chunk);
        if (stream.sizeExceeded) throw Object.assign(new Error('Message exceeds the size limit'), { responseCode: 552 });
        const raw = Buffer.concat(chunks);
        const mail = await PostalMime.parse(raw);
        const { mailFrom, rcptTo } = session.envelope;
        store.add(
          {
            to: rcptTo.map((recipient) => recipient.address).join(', '),
            from: mailFrom ? mailFrom.address : '',
            subject: mail.subject ?? '',
            text: mail.text ?? '',
            html: mail.html ?? '',
            received_at: new Date(clock()).toISOString(),
          },
          raw,
        );
      }
    },
  });
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void =>
      reject(error.code === 'EADDRINUSE' ? new Error(`SMTP_URL: port ${port} is taken by another program`) : error);
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.off('error', refuse);
      resolve();
    });
  });
  // A connection that the sender aborts must not stop the server.
  server.on('error', (error) => log.warn({ detail: error.message }, 'SMTP connection failed'));
  return {
    port: portOf(server.server),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
