// Sends mail by SMTP.
import type { Transporter } from 'nodemailer';
import type { Mail } from '../domain/mails.ts';
import type { Language } from '../http/translator.ts';
import { createMailRenderer } from './render-mail.ts';

export type Mailer = {
  /**
   * Hands one mail to the mail server.
   * @throws the error of nodemailer; with a `responseCode` of 5xx the server refuses the mail for good
   */
  send(mail: Mail): Promise<void>;
  /** Loads the mail library. Otherwise the first mail does. */
  load(): Promise<void>;
  close(): void;
};

/** How long a mail server may be silent. */
const TIMEOUT_MS = 10_000;

/**
 * Makes a mailer. It connects when it sends its first mail.
 * @param smtpUrl `smtp://host:port` or `smtps://user:password@host:port`
 * @param from the sender's address
 */
export function createMailer(smtpUrl: string, from: string): Mailer {
  let transport: Transporter | undefined;
  const load = async (): Promise<Transporter> => {
    const { createTransport } = await import('nodemailer');
    return (transport ??= createTransport({
      url: smtpUrl,
      pool: true,
      maxConnections: 4,
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
    } as Parameters<typeof createTransport>[0]));
  };
  const render = createMailRenderer();

  return {
    async send(mail) {
      await (
        await load()
      ).sendMail({
        from,
        // As an object: nodemailer must not parse the address as a list or as a name with an address.
        to: { name: '', address: mail.to },
        ...render({ ...mail, language: mail.language as Language }),
        // RFC 3834: no out-of-office reply to this.
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
    },
    async load() {
      await load();
    },
    close: () => transport?.close(),
  };
}
