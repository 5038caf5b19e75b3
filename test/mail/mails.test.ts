// The table of mails: every entry has its texts in both languages, and there are no unused texts.
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Deps } from '../../src/deps.ts';
import type { Account } from '../../src/domain/account.ts';
import type { MailEntry } from '../../src/domain/mail-parts.ts';
import { MAILS, type Mail } from '../../src/domain/mails.ts';
import { WHOLE_WORDS } from '../../src/http/keep-together.ts';
import { LANGUAGES, type Language } from '../../src/language.ts';
import { changeAndTell } from '../../src/jobs/tell-account-change.ts';
import { createMailRenderer, wordsOf } from '../../src/mail/render-mail.ts';

type Texts = { [key: string]: string | Texts };
const TABLE: Record<string, MailEntry> = MAILS;
const fileOf = (language: Language): string => `config/locales/${language}/mail.json`;
const wordsIn = (language: Language): Texts =>
  JSON.parse(readFileSync(new URL(`../../${fileOf(language)}`, import.meta.url), 'utf8')) as Texts;

function keysOf(texts: Texts, prefix = ''): string[] {
  return Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [prefix + key] : keysOf(value, `${prefix}${key}.`),
  );
}

/** The texts that a mail needs. */
function askedFor(name: string, { groups }: MailEntry): string[] {
  const words = groups.flat().flatMap((part) => {
    if ('text' in part) return [part.text];
    if ('note' in part) return [part.note];
    if ('link' in part) return [part.link];
    if ('code' in part) return [];
    return [part.label];
  });
  return ['subject', 'heading', ...words].map((word) => `${wordsOf(name)}.${word}`);
}

/** Lists the texts to add, and those to remove. */
function complaints(mails: Record<string, MailEntry>, texts: Record<Language, Texts>): string[] {
  const wanted = Object.entries(mails).flatMap(([name, entry]) => askedFor(name, entry).map((key) => ({ name, key })));
  return LANGUAGES.flatMap((language) => {
    const there = keysOf(texts[language]).filter((key) => !key.startsWith('frame.'));
    const missing = wanted.filter(({ key }) => !there.includes(key));
    const idle = there.filter((there) => !wanted.some(({ key }) => key === there));
    return [
      ...missing.map(
        ({ name, key }) => `add "${key}" to ${fileOf(language)}: the mail "${name}" of src/domain/mails.ts shows it`,
      ),
      ...idle.map((key) => `remove "${key}" from ${fileOf(language)}, or name it in src/domain/mails.ts: no mail shows it`),
    ];
  });
}

test('R19 words that belong together stay together in every mail', () => {
  const render = createMailRenderer({ supportPhone: '0120-000-000' });
  for (const template of Object.keys(MAILS) as Mail['template'][]) {
    for (const language of LANGUAGES) {
      const { html } = render({ template, values: MAILS[template].sample, language } as Mail & { language: Language });
      const loose = html.replaceAll(/<title>[^<]*<\/title>|<span style="white-space:nowrap">[^<]*<\/span>/g, '');
      expect([template, WHOLE_WORDS.filter((word) => loose.includes(word))]).toEqual([template, []]);
    }
  }
});

describe('the table of mails', () => {
  const texts = { ja: wordsIn('ja'), en: wordsIn('en') };

  test('every mail has its texts in every language, and there are no other texts', () => {
    expect(complaints(TABLE, texts)).toEqual([]);
  });

  test('a new mail without texts gets a sentence that says which ones to add, and where', () => {
    const added: MailEntry = { sample: {}, groups: [[{ text: 'text' }]] };
    expect(complaints({ ...TABLE, 'car-sold': added }, { ...texts, ja: { ...texts.ja, gone: { text: 'x' } } })).toEqual([
      'add "car_sold.subject" to config/locales/ja/mail.json: the mail "car-sold" of src/domain/mails.ts shows it',
      'add "car_sold.heading" to config/locales/ja/mail.json: the mail "car-sold" of src/domain/mails.ts shows it',
      'add "car_sold.text" to config/locales/ja/mail.json: the mail "car-sold" of src/domain/mails.ts shows it',
      'remove "gone.text" from config/locales/ja/mail.json, or name it in src/domain/mails.ts: no mail shows it',
      'add "car_sold.subject" to config/locales/en/mail.json: the mail "car-sold" of src/domain/mails.ts shows it',
      'add "car_sold.heading" to config/locales/en/mail.json: the mail "car-sold" of src/domain/mails.ts shows it',
      'add "car_sold.text" to config/locales/en/mail.json: the mail "car-sold" of src/domain/mails.ts shows it',
    ]);
  });

  const render = createMailRenderer({ supportPhone: '0120-000-000' });
  const rendered = (template: string, language: Language) =>
    render({ template, language, values: TABLE[template]?.sample } as Mail & { language: Language });

  test.each(Object.keys(MAILS))('%s shows each of its values, in text and in HTML', (name) => {
    const { sample, groups } = TABLE[name] as MailEntry;
    const claims = groups.flat().flatMap((part) => ('claims' in part ? [part.claims] : []));
    for (const language of LANGUAGES) {
      const { text, html } = rendered(name, language);
      const read = html.replaceAll('&amp;', '&');
      const hidden = Object.entries(sample)
        .filter(([key]) => !claims.includes(key))
        .filter(([, value]) => !text.includes(String(value)) || !read.includes(String(value)))
        .map(([key]) => `show "${key}" in the mail "${name}", or remove it from src/domain/mails.ts`);
      expect(hidden).toEqual([]);
    }
  });

  test('plain text: an empty line between groups, none inside one', () => {
    expect(rendered('password-changed', 'en').text.split('\n')).toEqual([
      'The password of your TOYOTA/LEXUS common ID was changed.',
      '',
      expect.stringMatching(/^Changed at/),
      '2026年11月1日 9:30',
      '',
      expect.any(String),
      '',
      expect.any(String),
      'http://localhost:3000/password/forgotten',
      '',
      '--',
      'TOYOTA/LEXUS common ID',
      expect.any(String),
      expect.stringMatching(/^Contact us/),
      '',
    ]);
  });

  test('an unknown mail, or one without a value or a secret value, does not compile', () => {
    const neverCalled = async (deps: Deps, account: Account): Promise<void> => {
      const to = { to: 'a@example.jp', language: 'ja' };
      // @ts-expect-error: no such mail
      await deps.jobs.enqueue('send_mail', 'key', { ...to, template: 'email-cod', values: { code: '1', minutes: 1 } });
      // @ts-expect-error: a value is missing
      await deps.jobs.enqueue('send_mail', 'key', { ...to, template: 'email-code', values: { code: '1' } });
      const values = { email: 'b@example.jp', time: '9:30' };
      const change = () => ({ to: account, mails: [{ ...to, template: 'email-changed-undo' as const, values }] });
      // @ts-expect-error: the secret value is missing
      await changeAndTell(deps, 'a', 'account.email_changed', change);
      await changeAndTell(deps, 'a', 'account.email_changed', change, { 'email-changed-undo': { url: 'https://id.example' } });
    };
    expect(neverCalled).toBeInstanceOf(Function);
  });

  test('a mail of another version: an error with its name, and no mail', () => {
    expect(() => rendered('car-sold', 'ja')).toThrow('there is no mail "car-sold" in src/domain/mails.ts');
    expect(() => rendered('constructor', 'ja')).toThrow('there is no mail "constructor"');
  });
});
