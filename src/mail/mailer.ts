// Sends mail by SMTP.
import type { Transporter } from 'nodemailer';
import type { Mail } from '../domain/mails.ts';
import { languageOf } from '../language.ts';
import { createMailRenderer, type MailFrame } from './render-mail.ts';

/** What a mail to many people carries: the same Message-ID each time that it is sent, and the link that stops such mails. */
export type BulkMail = {
  /** With angle brackets. */
  messageId: string;
  /** The mail program may open it, or post to it (RFC 2369; RFC 8058). */
  stopUrl: string;
};

export type Mailer = {
  /**
   * Sends one mail to the mail server.
   * @param bulk what a mail of the campaign carries besides
   * @throws {Error} nodemailer's error; a `responseCode` of 5xx means that the server refuses the mail permanently
   */
  send(mail: Mail, bulk?: BulkMail): Promise<void>;
  /** Loads the mail library in advance; otherwise the first mail loads it. */
  load(): Promise<void>;
  close(): void;
};

/** How long to wait for the mail server. */
const TIMEOUT_MS = 10_000;

/**
 * Creates a mailer. It connects when it sends its first mail.
 * @param smtpUrl `smtp://host:port` or `smtps://user:password@host:port`
 * @param from the sender's address
 * @param frame what every mail says beside its own words
 */
export function createMailer(smtpUrl: string, from: string, frame: MailFrame = {}): Mailer {
  let transport: Transporter | undefined;
  const load = async (): Promise<Transporter> => {
    const { createTransport } = await import('nodemailer');
    const options: Parameters<typeof createTransport>[0] & { pool: true } = {
      url: smtpUrl,
      pool: true,
      maxConnections: 4,
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
    };
    return (transport ??= createTransport(options));
  };
  const render = createMailRenderer(frame);

  return {
    async send(mail, bulk) {
      await (
        await load()
      ).sendMail({
        from,
        // An object, because nodemailer would parse a string as a list of addresses or as a name with an address.
        to: { name: '', address: mail.to },
        ...render({ ...mail, language: languageOf(mail.language) }),
        // Prevents automatic replies (RFC 3834).
        headers: { 'Auto-Submitted': 'auto-generated', ...(bulk && headersOf(bulk)) },
        ...(bulk && { messageId: bulk.messageId }),
      });
    },
    async load() {
      await load();
    },
    close: () => transport?.close(),
  };
}

function headersOf({ stopUrl }: BulkMail): Record<string, string> {
  return { 'List-Unsubscribe': `<${stopUrl}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click', Precedence: 'bulk' };
}
