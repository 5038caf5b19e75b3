// Every page of the owners site, in both languages: valid HTML, complete texts, never cached.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { HtmlValidate, StaticConfigLoader } from 'html-validate';
import { createBrowser, formOn, headingOf, type Answer } from '../../support/http-browser.ts';
import { startSite, type TestSite } from './start-site.ts';

const OPEN_TO_ALL = [
  '/login',
  '/forgotten-id',
  '/forgotten-id/sent',
  '/forgotten-password',
  '/forgotten-password/sent',
  '/reset-password/a-link-that-is-dead',
  '/password-changed',
  '/logged-out',
  '/callback?error=access_denied&state=unknown',
];
const FOR_USERS = ['/', '/booking', '/migration', '/notices/1'];

const validator = new HtmlValidate(
  new StaticConfigLoader({
    extends: ['html-validate:recommended'],
    rules: {
      // A rule of our own, not of the HTML standard.
      'doctype-style': 'off',
      'void-style': 'off',
      'no-trailing-whitespace': 'off',
      'long-title': 'off',
      'require-sri': 'off',
    },
  }),
);

let site: TestSite;

beforeAll(async () => {
  site = await startSite({ sunset: '2099-12-31' });
});

afterAll(() => site.close());

async function expectGood(answer: Answer, language: string): Promise<void> {
  const report = await validator.validateString(answer.text);
  expect(
    report.results.flatMap(({ messages }) => messages.map(({ ruleId, message, line }) => `${line}: ${ruleId}: ${message}`)),
  ).toEqual([]);
  expect(answer.text).toContain(`<html lang="${language}">`);
  // A missing text appears as its key, a missing value as its braces.
  expect(answer.text).not.toMatch(/>\s*[a-z_]+(\.[a-z_]+)+\s*<|\{\{|undefined|\[object Object\]/);
  expect(headingOf(answer)).not.toBe('');
  expect(answer.headers['cache-control']).toBe('no-store');
}

describe.each(['ja', 'en'])('in %s', (language) => {
  test.each(OPEN_TO_ALL)('%s', async (path) => {
    await expectGood(await createBrowser({ language: language }).open(`${site.origin}${path}`), language);
  });

  test.each(FOR_USERS)('%s', async (path) => {
    const { browser } = await site.signIn('tanaka', createBrowser({ language: language }));
    await expectGood(await browser.open(`${site.origin}${path}`), language);
  });

  test('refused forms', async () => {
    const { browser } = await site.signIn('tanaka', createBrowser({ language: language }));
    const booking = await browser.open(`${site.origin}/booking`);
    const refused = await browser.submit(formOn(booking, '/booking'), { vin: '', work: '', day: '', time: '' });
    expect(refused.status).toBe(422);
    await expectGood(refused, language);
    const stranger = createBrowser({ language: language });
    const login = await stranger.submit(formOn(await stranger.open(`${site.origin}/login`), '/login'), {
      user_id: '',
      password: '',
    });
    expect(login.status).toBe(422);
    await expectGood(login, language);
  });
});
