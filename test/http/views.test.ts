// Every view in every language and brand: escaped, complete, valid and small. scripts/check-views.ts checks the text of the views themselves.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { HtmlValidate, StaticConfigLoader } from 'html-validate';
import { SCOPES } from '../../src/config/clients/client-schema.ts';
import { LANGUAGES, type Language } from '../../src/language.ts';
import { createTranslator, type Translate } from '../../src/http/translator.ts';
import { createViewRenderer } from '../../src/http/view-renderer.ts';
import { MAILS, type Mail, type MailName } from '../../src/domain/mails.ts';
import { textOf } from '../support/http-browser.ts';
import { createMailRenderer } from '../../src/mail/render-mail.ts';
import { renderSample, SUPPORT_PHONE } from './render-sample.ts';
import { operationsConsoleSamples } from './operations-console-samples.ts';
import { demoClientSamples, viewSamples } from './view-samples.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LOCALES = join(ROOT, 'config/locales');
const VIEWS = join(ROOT, 'views');
const BRANDS = ['toyota', 'lexus'] as const;

/** The largest size of a first page view before compression, in bytes (design: under 40 KB). */
const PAGE_LIMIT = 40_000;

const filesUnder = (directory: string, extension: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(extension))
    .toSorted();
const views = filesUnder(VIEWS, '.ejs');

type Texts = { [key: string]: string | Texts };
const textsOf = (language: Language, file: string): Texts =>
  JSON.parse(readFileSync(join(LOCALES, language, file), 'utf8')) as Texts;
/** Japanese headings are the guide's; the English ones name the service. */
const ONLY_IN_ENGLISH = ['required_profile.title', 'required_profile_confirm.title'];
const flatten = (texts: Texts, prefix = ''): [string, string][] =>
  Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [[prefix + key, value] as [string, string]] : flatten(value, `${prefix}${key}.`),
  );
const localeFiles = filesUnder(join(LOCALES, 'ja'), '.json');

/** Returns texts, and records missing keys. */
function watchfulTranslate(language: Language, files: string[]): { t: Translate; missing: Set<string> } {
  const translate = createTranslator(LOCALES, files).in(language);
  const missing = new Set<string>();
  const t: Translate = (key, values) => {
    const text = translate(key, values);
    if (text === key || text.includes('{{')) missing.add(key);
    return text;
  };
  return { t, missing };
}

const render = createViewRenderer(VIEWS, true);

/** Resolves its configuration once, and not for each page. */
class OneConfigLoader extends StaticConfigLoader {
  #config: ReturnType<StaticConfigLoader['getConfigFor']> | undefined;
  override getConfigFor(handle: string): ReturnType<StaticConfigLoader['getConfigFor']> {
    return (this.#config ??= super.getConfigFor(handle));
  }
}

const validator = new HtmlValidate(
  new OneConfigLoader({
    extends: ['html-validate:recommended'],
    rules: {
      // A rule of our own, not of the HTML standard.
      'doctype-style': 'off',
      'void-style': 'off',
      'no-trailing-whitespace': 'off',
      // Titles contain the page and the site, so that people find their tab.
      'long-title': 'off',
      // Assets come from our own origin.
      'require-sri': 'off',
    },
  }),
);

async function faultsOf(html: string): Promise<string[]> {
  const report = await validator.validateString(html);
  return report.results.flatMap(({ messages }) => messages.map(({ ruleId, message, line }) => `${line}: ${ruleId}: ${message}`));
}

describe('texts', () => {
  test('every language has the same files', () => {
    for (const language of LANGUAGES) expect(filesUnder(join(LOCALES, language), '.json')).toEqual(localeFiles);
  });

  test.each(localeFiles)('%s has the same keys and placeholders in every language', (file) => {
    const shapes = LANGUAGES.map((language) =>
      flatten(textsOf(language, file)).map(([key, text]) => [
        key,
        ONLY_IN_ENGLISH.includes(key) ? [] : (text.match(/\{\{\w+\}\}/g) ?? []).toSorted(),
      ]),
    );
    const sorted = shapes.map((shape) => shape.toSorted(([a], [b]) => String(a).localeCompare(String(b))));
    expect(sorted[1]).toEqual(sorted[0]);
  });

  test.each(localeFiles)('%s has no empty text', (file) => {
    for (const language of LANGUAGES)
      expect(flatten(textsOf(language, file)).filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  test.each(localeFiles.filter((file) => file !== 'common.json'))('%s leaves the shared texts to common.json', (file) => {
    const shared = Object.keys(textsOf('ja', 'common.json'));
    expect(Object.keys(textsOf('ja', file)).filter((key) => shared.includes(key))).toEqual([]);
  });

  test.each([
    [
      'ja',
      /出来る|係員|ブラウザ(?!ー)|お休みします|はじめの画面|使う目的|IDの番号|暦にありません|（未登録）|ご希望の時刻|正しい場合は必ず/,
    ],
    [
      'en',
      /half[- ]width|\b[Gg]o(?:ing)? on\b|Top page|nothing happens”? to go|works as it is|a number of your ID|Periodic|[Ss]omebody|Mail me/,
    ],
  ] as const)('R21 the sentences in %s: none has a wording that its readers stumbled over', (language, stumbled) => {
    const sentences = localeFiles.flatMap((file) => flatten(textsOf(language, file)));
    expect(sentences.filter(([, text]) => stumbled.test(text))).toEqual([]);
  });

  test('every scope that a person can see has its texts', () => {
    const { scopes } = textsOf('ja', 'common-id.json') as { scopes: Texts };
    // This scope is only for services.
    const shown = SCOPES.filter((scope) => scope !== 'migration:read');
    expect(shown.filter((scope) => scopes[scope] === undefined)).toEqual([]);
  });

  test('every page error has its texts, and there are no other texts', () => {
    const { errors } = textsOf('ja', 'common.json') as { errors: Texts };
    for (const sentences of Object.values(errors)) expect(Object.keys(sentences)).toEqual(['title', 'text', 'action']);
  });
});

describe.each(LANGUAGES)('R18 pages in %s, each with the contact in its footer', (language) => {
  const { t, missing } = watchfulTranslate(language, ['common', 'common-id', 'profile', 'passkeys', 'second-factor']);
  const samples = viewSamples(t);

  test.each(samples)('$name', async (sample) => {
    for (const brand of BRANDS) {
      missing.clear();
      const html = renderSample(render, sample, t, language, brand);
      expect([...missing]).toEqual([]);
      expect(await faultsOf(html)).toEqual([]);
      const [, footer = ''] = /<footer\b[^>]*>([\s\S]*?)<\/footer>/.exec(html) ?? [];
      expect(textOf(footer)).toContain(
        `${t('common.contact.label')} ${t('common.contact.desk')} ${SUPPORT_PHONE.replaceAll('-', '\u2011')}`,
      );
      expect(html).not.toMatch(/undefined|\[object Object\]|NaN/);
    }
  });

  test('without a telephone number: no contact is named', () => {
    for (const sample of samples) {
      const html = renderSample(render, { ...sample, data: { ...sample.data, supportPhone: undefined } }, t, language, 'toyota');
      expect(html).not.toMatch(/href="tel:/);
      expect(textOf(html)).not.toContain(t('common.contact.desk'));
    }
  });

  test('every view has a sample', () => {
    const shown = new Set(samples.map(({ view }) => `common-id/${view}.ejs`));
    const missing = views.filter((file) => file.startsWith('common-id/') && !shown.has(file));
    expect(missing.map((file) => `views/${file} has no sample: add one to viewSamples in test/http/view-samples.ts`)).toEqual([]);
  });

  test('a first page view stays small', () => {
    for (const brand of BRANDS) {
      const assets = ['base.css', `brand-${brand}.css`, 'page.js', 'icon.svg'];
      const shared = assets.reduce((sum, file) => sum + statSync(join(VIEWS, 'assets', file)).size, 0);
      const heaviest = Math.max(...samples.map((sample) => Buffer.byteLength(renderSample(render, sample, t, language, brand))));
      expect(shared + heaviest).toBeLessThan(PAGE_LIMIT);
    }
  });

  test('typed HTML is shown as text', () => {
    const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>\u2028</title>`;
    const poisoned = JSON.parse(
      JSON.stringify(samples.map(({ data }) => data)).replaceAll('tanaka@example.jp', JSON.stringify(evil).slice(1, -1)),
    ) as Record<string, unknown>[];
    const pages = samples.map((sample, index) =>
      renderSample(render, { ...sample, data: poisoned[index] ?? {} }, t, language, 'toyota'),
    );
    expect(pages.some((html) => html.includes('&lt;script&gt;'))).toBe(true);
    for (const html of pages) expect(html).not.toMatch(/<script>|<img src=x|onerror=alert\(1\)>(?!&)/);
  });
});

describe.each(LANGUAGES)('pages of the demo clients in %s', (language) => {
  const { t, missing } = watchfulTranslate(language, ['common', 'demo-clients']);
  const samples = demoClientSamples(t);

  test.each(samples)('$name', async (sample) => {
    missing.clear();
    const html = renderSample(render, sample, t, language, 'toyota');
    expect([...missing]).toEqual([]);
    expect(await faultsOf(html)).toEqual([]);
    expect(html).not.toMatch(/undefined|\[object Object\]|NaN/);
  });
});

describe.each(LANGUAGES)('pages of the operations console in %s', (language) => {
  const { t, missing } = watchfulTranslate(language, ['common', 'operations-console', 'mail']);
  const samples = operationsConsoleSamples(t);

  test('each of its views: valid, complete and with a sample', async () => {
    for (const sample of samples) {
      missing.clear();
      const html = renderSample(render, sample, t, language, 'toyota');
      expect([sample.name, ...missing]).toEqual([sample.name]);
      expect([sample.name, ...(await faultsOf(html))]).toEqual([sample.name]);
      expect(html).not.toMatch(/undefined|\[object Object\]|NaN/);
    }
    const shown = new Set(samples.map(({ view }) => `${view.slice(1)}.ejs`));
    // Parts of views.
    for (const part of ['facts', 'table', 'told']) shown.add(`operations-console/${part}.ejs`);
    expect(views.filter((file) => file.startsWith('operations-console/') && !shown.has(file))).toEqual([]);
  });
});

describe.each(LANGUAGES)('R18 mails in %s, each with the contact at its end', (language) => {
  const { t, missing } = watchfulTranslate(language, ['mail', 'profile']);

  const frame = { translator: { in: () => t }, isSandbox: true };
  const renderMail = createMailRenderer({ ...frame, supportPhone: SUPPORT_PHONE });
  const renderWithoutPhone = createMailRenderer(frame);

  test.each(Object.keys(MAILS) as MailName[])('%s', async (name) => {
    missing.clear();
    const data = MAILS[name].sample;
    const { html, text, subject } = renderMail({ template: name, language, values: data } as Mail & { language: Language });
    expect([...missing]).toEqual([]);
    // Mail programs ignore style sheets.
    expect((await faultsOf(html)).filter((fault) => !fault.includes('no-inline-style'))).toEqual([]);
    expect(text).not.toMatch(/<|&amp;|undefined/);
    expect(text).toMatch(/^\S/);
    // R18: everybody finds whom to ask, at the end of each mail.
    const contact = t('frame.contact', { phone: SUPPORT_PHONE });
    expect(text.trimEnd().split('\n').at(-1)).toBe(contact);
    expect(textOf(html)).toContain(contact);
    const other = renderWithoutPhone({ template: name, language, values: data } as Mail & { language: Language });
    expect(other.text.trimEnd().split('\n').at(-1)).toBe(t('frame.footer').split('\n').at(-1));
    expect(textOf(other.html)).not.toContain(contact.split(SUPPORT_PHONE)[0]);
    if (name === 'email-code') {
      const { code } = MAILS[name].sample;
      expect(subject).toContain(code);
      expect(text.split('\n')).toContain(code);
    }
  });
});
