// Every screen of the journey in English, and in both brands and colour schemes: no text is missing, and all can be read.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';
import { startWorld, type World } from '../support/world.ts';
import { NEW_PASSWORD, OWNERS_PASSWORD } from './migration-steps.ts';
import { createVisitor, type Visitor } from './visitor.ts';

const EMAIL = 'new-person@example.jp';

let browser: Browser;
let world: World;
beforeAll(async () => {
  browser = await launchChromium();
  world = await startWorld({ clients: { 'lexus-owners': LEXUS_CLIENT } });
});
afterAll(async () => {
  await browser.close();
  await world.stop();
});

/** A service in the other brand. */
const LEXUS_CLIENT = {
  client_name: 'LEXUS Owners',
  application_type: 'web',
  token_endpoint_auth_method: 'client_secret_basic',
  client_secret: { $env: 'GAZOO_CLIENT_SECRET' },
  redirect_uris: ['${DEMO_CLIENTS_URL}/lexus'],
  grant_types: ['authorization_code'],
  response_types: ['code'],
  scope: 'openid profile email',
  authorization_details_types: ['dealer_link'],
  common_id: {
    brand: 'lexus',
    required_claims: [{ claim: 'birthdate', reason: { ja: '確認のため', en: 'To recognise you' } }],
    contact: 'lexus@example.jp',
  },
};

/** The screens that new-id.test.ts, which asks axe about the others, does not show. */
const ONLY_HERE = ['about-mistake', 'profile-mistakes', 'notebook-vehicle', 'booking'];

/** The button that continues; buttons have the same order in every language. */
async function goOn({ page }: Visitor): Promise<void> {
  await page.locator('main .button-primary').first().click();
}

async function type({ page }: Visitor, name: string, text: string): Promise<void> {
  // A hidden field of another form may have the same name.
  await page.locator(`[name="${name}"]:not([type="hidden"])`).fill(text);
}

async function fetchCode(): Promise<string> {
  const { subject } = await world.nextMessage(EMAIL);
  return /\d{6}/.exec(subject)?.[0] ?? '';
}

async function registerFrom(visitor: Visitor): Promise<void> {
  await visitor.look('about');
  await goOn(visitor);
  await visitor.page.locator('#error-summary').waitFor();
  await visitor.look('about-mistake');
  await visitor.page.locator('[name="terms"]').check();
  await goOn(visitor);
  await visitor.look('email');
  await type(visitor, 'email', EMAIL);
  await goOn(visitor);
  await visitor.look('code');
  await type(visitor, 'code', await fetchCode());
  await goOn(visitor);
  await visitor.look('profile');
  await type(visitor, 'password', 'short');
  await goOn(visitor);
  await visitor.page.locator('#error-summary').waitFor();
  await visitor.look('profile-mistakes');
  await type(visitor, 'password', NEW_PASSWORD);
}

test('in English, from ① to the notebook', async () => {
  const visitor = await createVisitor(browser, {
    journey: 'english',
    language: 'en',
    asksAxe: (screen) => ONLY_HERE.includes(screen),
  });
  const { page } = visitor;
  const { ownersSite, notebook } = world.origins;
  await page.goto(`${ownersSite}/login`);
  await visitor.look('login');
  await type(visitor, 'user_id', 'tanaka');
  await type(visitor, 'password', OWNERS_PASSWORD);
  await goOn(visitor);
  await visitor.look('top');
  await page.goto(`${ownersSite}/migration`);
  await visitor.look('guidance');
  await goOn(visitor);
  await registerFrom(visitor);
  await goOn(visitor);
  await visitor.look('confirm');
  await goOn(visitor);
  await visitor.look('complete');
  await goOn(visitor);
  await visitor.look('dealer-link');
  await goOn(visitor);
  await visitor.look('id-login');
  await type(visitor, 'password', NEW_PASSWORD);
  await goOn(visitor);
  await visitor.look('required');
  await goOn(visitor);
  await visitor.look('required-confirm');
  await goOn(visitor);
  await visitor.look('required-done');
  await goOn(visitor);
  await page.waitForURL(`${ownersSite}/**`);
  await visitor.look('end');
  await page.goto(`${notebook}/login`);
  await page.waitForURL(`${notebook}/`);
  await visitor.look('notebook');
  await page.goto(`${notebook}/vehicles/1`);
  await visitor.look('notebook-vehicle');
  await page.goto(`${notebook}/bookings`);
  await visitor.look('notebook-booking');
  await page.goto(`${ownersSite}/booking`);
  await visitor.look('booking');
  const mails = await world.messages(EMAIL);
  expect(mails.map(({ text }) => text).filter((text) => /[ぁ-んァ-ヶ]/.test(text))).toEqual([]);
  await visitor.close();
}, 120_000);

test('separate pages, in English', async () => {
  const visitor = await createVisitor(browser, { journey: 'english-alone', language: 'en', widths: [360] });
  const { id, ownersSite, mailbox, dealerSystem, notebook } = world.origins;
  const pages = {
    'id-home': `${id}/`,
    terms: `${id}/terms`,
    privacy: `${id}/privacy`,
    'id-password-forgotten': `${id}/password/forgotten`,
    'id-not-found': `${id}/no-such-page`,
    'forgotten-id': `${ownersSite}/forgotten-id`,
    'forgotten-password': `${ownersSite}/forgotten-password`,
    'not-found': `${ownersSite}/no-such-page`,
    notebook: `${notebook}/`,
    'dealer-system': `${dealerSystem}/`,
    mailbox: `${mailbox}/`,
  };
  for (const [name, url] of Object.entries(pages)) {
    await visitor.page.goto(url);
    await visitor.look(name);
  }
  await visitor.close();
}, 120_000);

test('registration and login in the LEXUS brand', async () => {
  const visitor = await createVisitor(browser, { journey: 'lexus', widths: [360] });
  const { page } = visitor;
  const request = new URLSearchParams({
    client_id: 'lexus-owners',
    response_type: 'code',
    redirect_uri: `${world.origins.demoClients}/lexus`,
    scope: 'openid profile email',
    authorization_details: '[{"type":"dealer_link"}]',
    state: 'state-of-the-test',
    // The challenge of a verifier that is never redeemed.
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  await page.goto(`${world.origins.id}/auth?${request.toString()}&prompt=create`);
  expect(await page.locator('link[href="/assets/brand-lexus.css"]').count()).toBe(1);
  await visitor.look('about', '04');
  await page.goto(`${world.origins.id}/auth?${request.toString()}`);
  await visitor.look('dealer-find');
  await page.locator('[name="prefecture"]').selectOption({ index: 0 });
  await page.locator('main form .button').first().click();
  await visitor.look('dealer-found');
  await page.locator('main form[method="post"] button').first().click();
  await visitor.look('dealer-link', '10');
  await visitor.press('上記販売店と連携する');
  await visitor.look('login', 'login');
  await type(visitor, 'login_id', 'yamada@example.jp');
  await type(visitor, 'password', 'wrong-1');
  await goOn(visitor);
  await page.locator('#error-summary').waitFor();
  await visitor.look('login-mistake');
  await type(visitor, 'password', 'Common-2026');
  await goOn(visitor);
  await visitor.look('required', '11');
  await visitor.close();
}, 120_000);
