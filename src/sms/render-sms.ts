// Renders an SMS in the recipient's language.
import { fileURLToPath } from 'node:url';
import type { Sms } from '../domain/sms.ts';
import { createTranslator } from '../http/translator.ts';
import { languageOf } from '../language.ts';

const LOCALES = fileURLToPath(new URL('../../config/locales', import.meta.url));

/**
 * Creates the function that renders an SMS. The last line of one with a code binds the code to our host, so phones offer it on our pages alone
 * (https://wicg.github.io/sms-one-time-codes/).
 * @param host of ISSUER
 * @param isSandbox whether every SMS says that it comes from a test installation
 */
export function createSmsRenderer(host: string, isSandbox = false): (sms: Sms) => string {
  const translator = createTranslator(LOCALES, ['sms']);
  return function renderSms({ template, language, values }) {
    const t = translator.in(languageOf(language));
    const text = t(`${template.replaceAll('-', '_')}.text`, values);
    const lines = [isSandbox ? t('sandbox', { text }) : text];
    if ('code' in values) lines.push(`@${host} #${values.code.replaceAll(' ', '')}`);
    return lines.join('\n');
  };
}
