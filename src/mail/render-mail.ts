// Renders a mail and its values as subject, plain text and HTML, in the recipient's language.
import { fileURLToPath } from 'node:url';
import type { MailEntry, Part } from '../domain/mail-parts.ts';
import { MAILS, type Mail } from '../domain/mails.ts';
import type { Language } from '../language.ts';
import { keepTogether } from '../http/keep-together.ts';
import { createTranslator, type Translate, type Translator } from '../http/translator.ts';
import { createViewRenderer } from '../http/view-renderer.ts';

const VIEWS = fileURLToPath(new URL('../../views', import.meta.url));
const LOCALES = fileURLToPath(new URL('../../config/locales', import.meta.url));

export type RenderedMail = { subject: string; text: string; html: string };
type MailToRender = Pick<Mail, 'template' | 'values'> & { language: Language };

/** What every mail says beside its own words. */
export type MailFrame = {
  /** Whether it says that it comes from a test installation. */
  isSandbox?: boolean;
  /** The telephone number of the support desk. */
  supportPhone?: string | undefined;
};

/**
 * Creates the function that renders a mail. Texts and views are read once.
 * @param options.translator tests pass one that detects missing texts
 */
export function createMailRenderer({
  translator = createTranslator(LOCALES, ['mail', 'profile']),
  ...frame
}: MailFrame & { translator?: Translator } = {}): (mail: MailToRender) => RenderedMail {
  const render = createViewRenderer(VIEWS, true);

  return function renderMail({ template, language, values }) {
    // A newer version may have queued a mail that this one does not know. The job is tried again later.
    if (!Object.hasOwn(MAILS, template)) throw new Error(`there is no mail "${template}" in src/domain/mails.ts`);
    const t = translator.in(language);
    const words: Translate = (key) => t(`${wordsOf(template)}.${key}`, values);
    const { groups }: MailEntry = MAILS[template];
    const linesOf = (part: Part): unknown[] => linesBelow(part, values, t);
    const locals = { t, lang: language, groups, words, values, linesOf, ...frame };
    return {
      subject: words('subject'),
      text: render('mail/common-id.text', locals),
      html: keepTogether(render('mail/common-id.html', locals), 'mail'),
    };
  };
}

/** Returns the key of a mail's texts in mail.json. */
export function wordsOf(template: string): string {
  return template.replaceAll('-', '_');
}

/** Returns the lines below a label. */
function linesBelow(part: Part, values: Record<string, string | number>, t: Translate): unknown[] {
  if ('claims' in part)
    return String(values[part.claims])
      .split(' ')
      .map((claim) => t(`profile_fields.${claim}.mail`));
  return 'value' in part ? [values[part.value]] : [];
}
