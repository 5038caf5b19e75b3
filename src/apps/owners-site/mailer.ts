// Sends the owners site's mails, by SMTP, behind the answer: how long a mail takes tells nobody whether there was one.
import { fileURLToPath } from 'node:url';
import nodemailer from 'nodemailer';
import type { Language } from '../../http/translator.ts';
import { createViewRenderer } from '../../http/view-renderer.ts';
import type { Log } from '../../telemetry/log.ts';
import { describeError } from './describe-error.ts';

const VIEWS = fileURLToPath(new URL('../../../views', import.meta.url));

export type Mail = {
  to: string;
  language: Language;
  subject: string;
  paragraphs: string[];
  /** What the mail is about, large and alone on its line. */
  highlight?: string;
  link?: { label: string; url: string };
  footer: string;
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
    try {
      await transport.sendMail({
        from: options.mailFrom,
        to: { name: '', address: mail.to },
        subject: mail.subject,
        text: textOf(mail),
        html: render('mail/owners-site-html', { mail }),
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

/** The plain-text part; written here because a view would escape it as HTML. */
function textOf({ paragraphs, highlight, link, footer }: Mail): string {
  const blocks = [...paragraphs, highlight, link && `${link.label}\n${link.url}`, footer];
  return `${blocks.filter((block) => block !== undefined).join('\n\n')}\n`;
}
