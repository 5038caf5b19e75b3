// Sends the owners site's mails, by SMTP, behind the answer: how long a mail takes tells nobody whether there was one.
import { fileURLToPath } from 'node:url';
import nodemailer from 'nodemailer';
import type { Language, Translate } from '../../http/translator.ts';
import { createViewRenderer } from '../../http/view-renderer.ts';
import type { Log } from '../../telemetry/log.ts';
import { describeError } from './describe-error.ts';

const VIEWS = fileURLToPath(new URL('../../../views', import.meta.url));

export type Mail = {
  to: string;
  language: Language;
  t: Translate;
  /** The heading; the subject has it behind the site's name. */
  title: string;
  paragraphs: string[];
  /** What the mail is about, large and alone on its line. */
  highlight?: string;
  link?: { label: string; url: string };
};

export type Mailer = {
  /** Returns at once; a mail that cannot be sent is told to the log. */
  send(mail: Mail): void;
  /** Waits for mails under way. */
  close(): Promise<void>;
};

export function createMailer(options: { smtpUrl: string; mailFrom: string; cacheViews: boolean; log: Log }): Mailer {
  const transport = nodemailer.createTransport(options.smtpUrl);
  const render = createViewRenderer(VIEWS, options.cacheViews);
  const underWay = new Set<Promise<void>>();

  async function deliver(mail: Mail): Promise<void> {
    const { to, language, t, title, ...content } = mail;
    // The frame of a mail asks for its words by names that are the same for every app.
    const words: Translate = (key, values) => t(`mail.${key}`, values);
    const locals = { ...content, heading: title, lang: language, t: words };
    try {
      await transport.sendMail({
        from: options.mailFrom,
        to: { name: '', address: to },
        subject: words('subject', { title }),
        text: render('mail/owners-site.text', locals),
        html: render('mail/owners-site.html', locals),
        // Keeps vacation replies away (RFC 3834, section 5).
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
    } catch (error) {
      options.log.error({ detail: describeError(error) }, 'a mail was not sent');
    }
  }

  return {
    send(mail) {
      const sending = deliver(mail).finally(() => underWay.delete(sending));
      underWay.add(sending);
    },
    async close() {
      await Promise.all(underWay);
      transport.close();
    },
  };
}
