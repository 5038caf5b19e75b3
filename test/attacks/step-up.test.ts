// Step-up (RFC 9470) from the dealer system through the notebook, and attacks on it: docs/attacks.md, S174–S176.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { freePorts } from '../support/free-ports.ts';
import { headingOf, textOf, type Browser } from '../support/http-browser.ts';
import type { SoftwareAuthenticator } from '../support/software-authenticator.ts';
import { untilTrue } from '../support/until-true.ts';
import { CALLBACK, startWorld, type World } from './support/attack-world.ts';
import { basic, begin, parseJson, redeem, returned, signIn, token } from './support/client.ts';
import { addPasskey, presentPasskey } from './support/passkeys.ts';
import { turnOn, type App } from './support/second-factor.ts';

// Processes start and mails travel slowly on a busy machine.
jest.setTimeout(60_000);

const [YAMADA, SATO] = ['yamada@example.jp', 'sato@example.jp'];
const SCOPE = 'openid offline_access contracts service_history';
const DEMANDED = 'acr_values="urn:common-id:acr:mfa phr", max_age="3600"';
const ORDER = 'A-20-11905';
const PAGE = 'ご契約の内容';
const SECOND = '2段階認証';

let world: World;
let notebook: string;
let resource: string;
const keys = new Map<string, SoftwareAuthenticator>();

beforeAll(async () => {
  const [port] = await freePorts(1);
  notebook = `http://127.0.0.1:${port}`;
  const service = {
    client_name: 'A service',
    token_endpoint_auth_method: 'client_secret_basic',
    client_secret: { $env: 'ATTACK_WEB_SECRET' },
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'],
    scope: `${SCOPE} email`,
    authorization_details_types: ['dealer_link'],
    common_id: { first_party: true, contact: 'attacks' },
  };
  world = await startWorld({ apps: ['notebook'], env: { NOTEBOOK_URL: notebook }, clients: { service } });
  resource = `${world.env.DEALER_SYSTEM_URL}/dealers/kanagawa-toyota`;
  for (const email of [YAMADA, SATO]) {
    const browser = world.browser();
    await browser.open(`${world.issuer}/account`);
    await signIn(browser, email);
    keys.set(email, await addPasskey(world.issuer, browser));
  }
  const weak = await signInAtService(world.browser());
  await untilTrue('the dealer has the link', async () => (await ask('next-inspection', weak.access_token)).status === 200);
});
afterAll(async () => world?.close());

type Tokens = { access_token: string; refresh_token: string };

/** Signs in at the service with a password, or with a passkey if the request demands more. */
async function signInAtService(browser: Browser, changes: Record<string, string> = {}): Promise<Tokens> {
  const { page, pkce } = await begin(world, 'service', { scope: SCOPE, resource, ...changes }, browser);
  const answer =
    page.location !== undefined
      ? page
      : 'acr_values' in changes
        ? await presentPasskey(browser, keys.get(YAMADA)!, CALLBACK)
        : await signIn(browser, YAMADA);
  const code = returned(answer).get('code') ?? '';
  return (await redeem(world, code, pkce, { clientId: 'service', resource })).body as Tokens;
}

const refresh = async (refresh_token: string): Promise<Tokens> =>
  (await token(world, { grant_type: 'refresh_token', refresh_token, resource }, { headers: basic('service') })).body as Tokens;

async function ask(path: string, accessToken: string) {
  const answer = await fetch(`${resource}/${path}`, { headers: { Authorization: `Bearer ${accessToken}` } });
  return { status: answer.status, challenge: answer.headers.get('www-authenticate') ?? '', text: await answer.text() };
}

async function expectRefused(accessToken: string): Promise<void> {
  const { status, challenge, text } = await ask('contracts', accessToken);
  expect([status, text.includes(ORDER)]).toEqual([401, false]);
  expect(challenge).toMatch(/^Bearer .*error="insufficient_user_authentication"/);
  expect(challenge).toContain(DEMANDED);
}

/** Signs in at the notebook with the password, and opens the contracts. */
async function openContracts(browser: Browser): Promise<void> {
  await browser.open(`${notebook}/login`);
  await signIn(browser, YAMADA);
  await browser.open(`${notebook}/contracts`);
  expect([headingOf(browser.page), browser.page.text.includes(ORDER)]).toEqual([PAGE, false]);
}

let ahead = 0;
const now = (): number => Date.now() + ahead;

/** A code counts once. */
async function nextCode(app: App): Promise<string> {
  await world.advance(60_000);
  ahead += 60_000;
  return app.code(now());
}

/** Switches codes on, in another browser. */
async function switchCodesOn(email: string): Promise<App> {
  const browser = world.browser();
  await browser.open(`${world.issuer}/account`);
  await signIn(browser, email);
  return (await turnOn(world.issuer, browser, now)).app;
}

test('S174 a token of a weak or an old sign-in at the contracts: refused with what to ask for, also after the step-up', async () => {
  const browser = world.browser();
  const weak = await signInAtService(browser);
  await expectRefused(weak.access_token);
  const strong = await signInAtService(browser, { acr_values: 'urn:common-id:acr:mfa phr' });
  expect((await ask('contracts', strong.access_token)).text).toContain(ORDER);
  // The session is strong now, and the token from before still lives.
  await expectRefused(weak.access_token);
  expect((await ask('service-history', weak.access_token)).status).toBe(200);
});

test('S174 through the notebook: it asks for the demanded sign-in, a password is not enough, and the person comes back', async () => {
  const browser = world.browser();
  await openContracts(browser);
  await browser.submit('/contracts/confirm');
  await browser.submit('/second-factor/cancel');
  expect([browser.page.url, textOf(browser.page.text)]).toEqual([
    `${notebook}/contracts`,
    expect.stringContaining('本人確認が完了していません。'),
  ]);
  await browser.submit('/contracts/confirm');
  const request = new URL(browser.visited.findLast((url) => url.startsWith(`${world.issuer}/auth?`)) ?? '').searchParams;
  expect([request.get('acr_values'), request.get('max_age')]).toEqual(['urn:common-id:acr:mfa phr', '3600']);
  expect(headingOf(browser.page)).toBe(SECOND);
  await presentPasskey(browser, keys.get(YAMADA)!);
  expect(browser.page.url).toBe(`${notebook}/contracts`);
  expect(textOf(browser.page.text)).toContain(`注文書 ￥4,728,400 番号 ${ORDER}`);
});

test('S174 through the notebook with a code of the app, in a browser that leaves the code out for 30 days: it is weak, a wrong code opens nothing, and the right one the contracts', async () => {
  const browser = world.browser();
  await browser.open(`${world.issuer}/account`);
  await signIn(browser, YAMADA);
  const { app } = await turnOn(world.issuer, browser, now);
  const logOut = async (): Promise<void> => {
    await browser.open(`${world.issuer}/session/end`);
    await browser.submit('/confirm', { logout: 'yes' });
  };
  await logOut();
  await browser.open(`${world.issuer}/account`);
  await signIn(browser, YAMADA);
  await browser.submit('/second-factor', { code: await nextCode(app), remember: 'yes' });
  expect(headingOf(browser.page)).toBe('マイページ');
  await logOut();
  await openContracts(browser);
  await browser.submit('/contracts/confirm');
  expect(headingOf(browser.page)).toBe(SECOND);
  const right = await nextCode(app);
  await browser.submit('/second-factor', { code: String((Number(right) + 1) % 1_000_000).padStart(6, '0') });
  expect([browser.page.status, headingOf(browser.page)]).toEqual([422, SECOND]);
  const before = browser.copy();
  await before.open(`${notebook}/contracts`);
  expect(before.page.text).not.toContain(ORDER);
  await browser.submit('/second-factor', { code: right });
  expect([browser.page.url, browser.page.text.includes(ORDER)]).toEqual([`${notebook}/contracts`, true]);
  await browser.open(`${world.issuer}/account/second-factor/off`);
  await browser.submit('/off');
});

test('S175 a step-up in another browser, or by another person: this browser sees nothing of it', async () => {
  const [owner, thief] = [world.browser(), world.browser()];
  await openContracts(thief);
  await thief.submit('/contracts/confirm');
  // The thief sends the page of the login to the owner, who signs in there.
  const authorization = thief.visited.findLast((url) => url.startsWith(`${world.issuer}/auth?`)) ?? '';
  await owner.open(authorization);
  const callback = await presentPasskey(owner, keys.get(YAMADA)!, `${notebook}/callback`);
  const stranger = await owner.copy().open(callback.location!);
  expect([stranger.status, headingOf(stranger)]).toEqual([400, 'ログインを完了できませんでした']);
  await thief.open(`${notebook}/contracts`);
  expect(thief.page.text).not.toContain(ORDER);

  const browser = world.browser();
  await openContracts(browser);
  await browser.submit('/contracts/confirm');
  await presentPasskey(browser, keys.get(SATO)!);
  expect([browser.page.status, headingOf(browser.page)]).toEqual([422, SECOND]);
  await browser.submit('/second-factor/other');
  await presentPasskey(browser, keys.get(SATO)!);
  expect(browser.page.url).toBe(`${notebook}/?notice=ended`);
  await browser.open(`${notebook}/contracts`);
  expect([browser.page.url, browser.page.text.includes(ORDER)]).toEqual([`${notebook}/`, false]);
});

test('S176 a refresh changes neither the class nor the time of the sign-in: no token gets stronger or younger by it', async () => {
  const browser = world.browser();
  const weak = await signInAtService(browser);
  const strong = await signInAtService(browser, { acr_values: 'phr' });
  const [stillWeak, stillStrong] = [await refresh(weak.refresh_token), await refresh(strong.refresh_token)];
  await expectRefused(stillWeak.access_token);
  expect((await ask('contracts', stillStrong.access_token)).status).toBe(200);
  for (const [before, after] of [
    [weak, stillWeak],
    [strong, stillStrong],
  ] as const) {
    const { acr, auth_time } = decodeJwt(before.access_token);
    expect(decodeJwt(after.access_token)).toMatchObject({ acr, auth_time });
  }
  // A token of the common ID itself tells the same by introspection (RFC 9470, section 6.2).
  const opaque = await token(
    world,
    { grant_type: 'refresh_token', refresh_token: strong.refresh_token },
    { headers: basic('service') },
  );
  const body = new URLSearchParams({ token: String(opaque.body.access_token) });
  const told = await world.request('/token/introspection', { method: 'POST', body, headers: basic('service') });
  const { acr, auth_time } = decodeJwt(strong.access_token);
  expect(parseJson(told.text)).toMatchObject({ active: true, acr, auth_time });
});

test('S176 a refresh after a code of the app: it changes neither the class nor the time either', async () => {
  const browser = world.browser();
  const weak = await signInAtService(browser);
  const app = await switchCodesOn(YAMADA);
  const acrValues = { acr_values: 'urn:common-id:acr:mfa' };
  const { pkce } = await begin(world, 'service', { scope: SCOPE, resource, ...acrValues }, browser);
  const answer = await browser.submit('/second-factor', { code: await nextCode(app) }, CALLBACK);
  const code = returned(answer).get('code') ?? '';
  const strong = (await redeem(world, code, pkce, { clientId: 'service', resource })).body as Tokens;
  for (const [before, isEnough] of [
    [weak, false],
    [strong, true],
  ] as const) {
    const after = await refresh(before.refresh_token);
    if (isEnough) expect((await ask('contracts', after.access_token)).text).toContain(ORDER);
    else await expectRefused(after.access_token);
    const { acr, auth_time } = decodeJwt(before.access_token);
    expect(decodeJwt(after.access_token)).toMatchObject({ acr, auth_time });
  }
  await browser.open(`${world.issuer}/account/second-factor/off`);
  await browser.submit('/off');
});

test('S175 a step-up with a code of the app in another browser, or by another person: this browser sees nothing of it', async () => {
  const [owner, thief, browser] = [world.browser(), world.browser(), world.browser()];
  await openContracts(thief);
  await openContracts(browser);
  const [own, others] = [await switchCodesOn(YAMADA), await switchCodesOn(SATO)];
  await thief.submit('/contracts/confirm');
  const authorization = thief.visited.findLast((url) => url.startsWith(`${world.issuer}/auth?`)) ?? '';
  await owner.open(authorization);
  await signIn(owner, YAMADA);
  const callback = await owner.submit('/second-factor', { code: await nextCode(own) }, `${notebook}/callback`);
  const stranger = await owner.copy().open(callback.location!);
  expect([stranger.status, headingOf(stranger)]).toEqual([400, 'ログインを完了できませんでした']);
  await thief.open(`${notebook}/contracts`);
  expect(thief.page.text).not.toContain(ORDER);

  await browser.submit('/contracts/confirm');
  await browser.submit('/second-factor', { code: await nextCode(others) });
  expect([browser.page.status, headingOf(browser.page)]).toEqual([422, SECOND]);
  await browser.submit('/second-factor/other');
  await signIn(browser, SATO);
  await browser.submit('/second-factor', { code: await nextCode(others) });
  expect(browser.page.url).toBe(`${notebook}/?notice=ended`);
  await browser.open(`${notebook}/contracts`);
  expect([browser.page.url, browser.page.text.includes(ORDER)]).toEqual([`${notebook}/`, false]);
});
