// Sends the owners site's mails by SMTP in the background. The time of an answer must not reveal whether a mail was sent.
import { fileURLToPath } from 'node:url';
import nodemailer from 'nodemailer';
import type { Language } from '../../language.ts';
import { keepTogether } from '../../http/keep-together.ts';
import type { Translate } from '../../http/translator.ts';
import { createViewRenderer } from '../../http/view-renderer.ts';
import type { Log } from '../../telemetry/log.ts';
import { describeError } from './describe-error.ts';

const VIEWS = fileURLToPath(new URL('../../../views', import.meta.url));

export type Mail = {
  to: string;
  language: Language;
  t: Translate;
  /** The heading; the subject is the site's name followed by it. */
  title: string;
  paragraphs: string[];
  /** A value shown large on its own line, such as a user ID. */
  highlight?: string;
  link?: { label: string; url: string };
};

export type Mailer = {
  /** Returns immediately; a failure is logged. */
  send(mail: Mail): void;
  /** Waits until pending mails have been sent. */
  close(): Promise<void>;
};

/** Creates the mailer. It connects when the first mail is sent. */
export function createMailer(options: {
  smtpUrl: string;
  mailFrom: string;
  /** The telephone number of the support desk. */
  supportPhone?: string | undefined;
  cacheViews: boolean;
  log: Log;
}): Mailer {
  const transport = nodemailer.createTransport(options.smtpUrl);
  const render = createViewRenderer(VIEWS, options.cacheViews);
  const underWay = new Set<Promise<void>>();

  async function deliver(mail: Mail): Promise<void> {
    const { to, language, t, title, ...content } = mail;
    // The mail layout uses the same text keys in every app; this site has them under `mail.`.
    const words: Translate = (key, values) => t(`mail.${key}`, values);
    const locals = { ...content, heading: title, lang: language, t: words, supportPhone: options.supportPhone };
    try {
      await transport.sendMail({
        from: options.mailFrom,
        to: { name: '', address: to },
        subject: words('subject', { title }),
        text: render('mail/owners-site.text', locals),
        html: keepTogether(render('mail/owners-site.html', locals), 'mail'),
        // Prevents automatic replies (RFC 3834, section 5).
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
    } catch (error) {
      options.log.error({ detail: describeError(error) }, 'could not send a mail');
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
