// Sends mail: one template in text and HTML, in the reader's language, by SMTP.
import { fileURLToPath } from 'node:url';
import type { Transporter } from 'nodemailer';
import { createTranslator, type Language } from '../http/translator.ts';
import { createViewRenderer } from '../http/view-renderer.ts';

const VIEWS = fileURLToPath(new URL('../../views', import.meta.url));
const LOCALES = fileURLToPath(new URL('../../config/locales', import.meta.url));

export type Mail = { to: string; template: string; language: Language; values: Record<string, string | number> };

export type Mailer = {
  /**
   * Hands one mail to the mail server.
   * @throws what nodemailer throws; `responseCode` 5xx on it means that trying again is of no use
   */
  send(mail: Mail): Promise<void>;
  /** Loads what sends; otherwise the first mail does. */
  load(): Promise<void>;
  close(): void;
};

/** How long a server that does not answer holds a job. */
const TIMEOUT_MS = 10_000;

/** @param smtpUrl `smtp://host:port` or `smtps://user:password@host:port` */
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
  const translator = createTranslator(LOCALES, ['mail']);
  const render = createViewRenderer(VIEWS, true);

  return {
    async send({ to, template, language, values }) {
      const t = translator.in(language);
      const locals = { t, lang: language, ...values };
      await (
        await load()
      ).sendMail({
        from,
        // As an object, so that nothing in the address is read as a list or a name.
        to: { name: '', address: to },
        subject: t(`${template.replaceAll('-', '_')}.subject`, values),
        text: render(`mail/${template}.text`, locals),
        html: render(`mail/${template}.html`, locals),
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
