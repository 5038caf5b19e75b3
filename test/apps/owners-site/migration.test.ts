// ③, the redirect to a real OpenID Provider and back, the banner, and the end page.
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { compactDecrypt, createLocalJWKSet, importJWK, jwtVerify, type JSONWebKeySet } from 'jose';
import { createBrowser, formOn, headingOf, mainOf, type Answer, type Browser } from '../../support/http-browser.ts';
import { startCommonIdProvider, type CommonIdProvider } from './common-id-provider.ts';
import { startSite, type TestSite } from './start-site.ts';

const BANNER = 'トヨタオーナーズサイトはより便利な新サービスに移行します';
const DONE = 'TOYOTA/LEXUS共通IDへの移行が完了しました。';

let site: TestSite;
let commonId: CommonIdProvider;

beforeEach(async () => {
  commonId = await startCommonIdProvider();
  site = await startSite({ issuer: commonId.origin });
  commonId.register(site.origin);
});

afterEach(async () => {
  await site.close();
  await commonId.close();
});

/** Presses one of the two buttons of ③, without following the redirect. */
async function press(browser: Browser, way: 'new' | 'existing'): Promise<Answer> {
  return browser.post(formOn(await browser.open(`${site.origin}/migration`), '/migration', { way }), { way });
}

/** The redirect with which the common ID sends the browser back. */
async function wayBack(browser: Browser, started: Answer): Promise<string> {
  let url = started.headers.location ?? '';
  while (!url.startsWith(`${site.origin}/callback`)) {
    const answer = await browser.send(url);
    url = new URL(answer.headers.location ?? '', url).href;
  }
  return url;
}

async function openProfile(jwe: unknown): Promise<{ header: object; outer: object; claims: Record<string, unknown> }> {
  const { plaintext, protectedHeader: outer } = await compactDecrypt(
    String(jwe),
    await importJWK(commonId.decryptionKey, 'ECDH-ES+A256KW'),
  );
  const keys = (await (await fetch(`${site.origin}/jwks.json`)).json()) as JSONWebKeySet;
  const { payload, protectedHeader: header } = await jwtVerify(new TextDecoder().decode(plaintext), createLocalJWKSet(keys), {
    typ: 'legacy-profile+jwt',
    issuer: 'owners-site',
    audience: commonId.origin,
    algorithms: ['ES256'],
  });
  return { header, outer, claims: payload };
}

test('③ shows the two ways of the guide', async () => {
  const { browser, home } = await site.signIn('tanaka');
  expect(home.text).toContain('href="/migration"');
  const page = await browser.open(`${site.origin}/migration`);
  for (const words of [
    'トヨタオーナーズサイトはさらに進化した整備手帳サービスに移行します。',
    '整備手帳サービスのご利用にはTOYOTA/LEXUSの共通IDが必要になります。',
    'TOYOTA/LEXUSの共通IDをお持ちでない方はこちら',
    '新たにTOYOTA/LEXUSの共通IDを取得する',
    'TOYOTA/LEXUSの共通IDをお持ちの方はこちら',
    'すでにお持ちのTOYOTA/LEXUSの共通IDでログイン',
  ]) {
    expect(mainOf(page)).toContain(words);
  }
  expect(page.headers['content-security-policy']).toContain(`form-action 'self' ${commonId.origin}`);
});

test('pushes all data in the back channel; the browser carries only a reference', async () => {
  const { browser } = await site.signIn('tanaka');
  const started = await press(browser, 'new');
  expect(started.status).toBe(303);
  const location = new URL(started.headers.location ?? '');
  expect(location.origin).toBe(commonId.origin);
  expect([...location.searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri']);

  const [pushed] = commonId.pushed;
  expect(pushed).toMatchObject({
    client_id: 'owners-site',
    response_type: 'code',
    redirect_uri: `${site.origin}/callback`,
    scope: 'openid profile email phone address offline_access migration dealer_link',
    prompt: 'create',
    code_challenge_method: 'S256',
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    state: expect.stringMatching(/^[\w-]{43}$/),
    nonce: expect.stringMatching(/^[\w-]{43}$/),
    login_hint: 'tanaka@example.jp',
    ui_locales: 'ja',
    resource: 'http://dealer.example/dealers/aichi-toyota',
    authorization_details: '[{"type":"dealer_link","dealer":"aichi-toyota"}]',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  });
});

test('hands the profile over: signed by the site, encrypted to the common ID', async () => {
  const { browser } = await site.signIn('tanaka');
  await press(browser, 'new');
  const { header, outer, claims } = await openProfile(commonId.pushed[0]?.legacy_profile);
  expect(outer).toEqual({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', cty: 'JWT', kid: 'encryption', epk: expect.anything() });
  expect(header).toMatchObject({ alg: 'ES256', kid: expect.any(String) });
  const { iat, exp, jti, auth_time: authTime, ...rest } = claims;
  expect(Number(exp) - Number(iat)).toBeLessThanOrEqual(300);
  expect(Number(authTime)).toBeLessThanOrEqual(Number(iat));
  expect(jti).toMatch(/^[0-9a-f-]{36}$/);
  expect(rest).toEqual({
    iss: 'owners-site',
    aud: commonId.origin,
    sub: 'own-tanaka',
    name: '田中 太郎',
    family_name: '田中',
    given_name: '太郎',
    'name#ja-Kana-JP': 'タナカ タロウ',
    'family_name#ja-Kana-JP': 'タナカ',
    'given_name#ja-Kana-JP': 'タロウ',
    email: 'tanaka@example.jp',
    phone_number: '+819012340001',
    birthdate: '1995-12-25',
    gender: 'male',
    address: {
      postal_code: '4600008',
      region: '愛知県',
      locality: '名古屋市中区',
      street_address: '栄3丁目1-1\nサカエマンション502',
      country: 'JP',
    },
    dealer: { code: 'aichi-toyota', customer_number: 'AT-100001' },
    vehicles: [
      { vin: 'JTDKB20U093500001', registration_number: '名古屋 330 あ 12-34', model: 'プリウス', first_registered: '2020-06' },
      { vin: 'JTMW43FV20D500002', registration_number: '名古屋 301 さ 56-78', model: 'RAV4', first_registered: '2023-04' },
    ],
  });
});

test('leaves out unknown data: gaps of the profile, the dealer', async () => {
  await press((await site.signIn('suzuki')).browser, 'existing');
  await press((await site.signIn('ito')).browser, 'existing');
  const [suzuki, ito] = commonId.pushed;
  expect(suzuki).not.toHaveProperty('prompt');
  expect(suzuki).not.toHaveProperty('login_hint');
  const { claims } = await openProfile(suzuki?.legacy_profile);
  expect(Object.keys(claims).toSorted()).toEqual(
    ['address', 'aud', 'auth_time', 'dealer', 'exp', 'family_name', 'gender', 'given_name', 'iat', 'iss', 'jti', 'name'].concat([
      'phone_number',
      'sub',
      'vehicles',
    ]),
  );
  expect(ito).not.toHaveProperty('resource');
  expect(ito?.authorization_details).toBe('[{"type":"dealer_link"}]');
  expect((await openProfile(ito?.legacy_profile)).claims).not.toHaveProperty('dealer');
});

test.each(['new', 'existing'] as const)('goes to the common ID (%s) and comes back to the end page', async (way) => {
  const { browser } = await site.signIn('tanaka');
  const started = await press(browser, way);
  const end = await browser.open(await wayBack(browser, started));
  expect(end.url).toBe(`${site.origin}/migration/completed`);
  expect(headingOf(end)).toBe('移行が完了しました');
  for (const words of [
    DONE,
    'トヨタオーナーズサイトのご利用ありがとうございました。',
    '引き続き整備手帳サービスをご利用ください。',
    '引き続き利用される方はこちら',
    '整備手帳WEBサイトへのログインはこちら',
    'アプリをダウンロードされる方はこちら',
    'Google Play',
    '愛知トヨタ自動車株式会社',
    '販売店連携情報を作成中です。',
  ]) {
    expect(mainOf(end)).toContain(words);
  }
  expect(end.text).toContain('href="http://notebook.example/login"');
});

test('the end page shows the current state of the dealer link', async () => {
  const { browser } = await site.signIn('tanaka');
  await browser.open(await wayBack(browser, await press(browser, 'new')));
  commonId.migrationState = () => ({
    state: 'completed',
    missing: [],
    dealer_link: { dealer: 'aichi-toyota', status: 'active' },
  });
  expect(mainOf(await browser.open(`${site.origin}/migration/completed`))).toContain('連携が完了しました。');
});

test('opening the callback again shows the end page again', async () => {
  const { browser } = await site.signIn('tanaka');
  const back = await wayBack(browser, await press(browser, 'new'));
  await browser.open(back);
  expect(headingOf(await browser.open(back))).toBe('移行が完了しました');
});

test('another person who is lured into the callback redeems nothing', async () => {
  const { browser } = await site.signIn('tanaka');
  const back = await wayBack(browser, await press(browser, 'new'));
  for (const other of [createBrowser(), (await site.signIn('suzuki')).browser]) {
    const answer = await other.open(back);
    expect([answer.status, headingOf(answer)]).toEqual([400, '手続きを再開できませんでした']);
  }
  // The code still works for its owner.
  expect(headingOf(await browser.open(back))).toBe('移行が完了しました');
});

test.each([
  ['another state', (url: URL) => url.searchParams.set('state', 'x'.repeat(43)), '手続きを再開できませんでした'],
  ['another issuer', (url: URL) => url.searchParams.set('iss', 'https://evil.example'), '移行の完了を確認できませんでした'],
  ['no issuer', (url: URL) => url.searchParams.delete('iss'), '移行の完了を確認できませんでした'],
  ['another code', (url: URL) => url.searchParams.set('code', 'x'.repeat(43)), '移行の完了を確認できませんでした'],
])('refuses a way back with %s', async (_what, change, heading) => {
  const { browser } = await site.signIn('tanaka');
  const url = new URL(await wayBack(browser, await press(browser, 'new')));
  change(url);
  const answer = await browser.open(url.href);
  expect([answer.status, headingOf(answer)]).toEqual([400, heading]);
  expect(answer.text).toContain('href="/migration"');
  expect((await browser.open(`${site.origin}/migration/completed`)).url).toBe(`${site.origin}/migration`);
});

test('only one of several parallel callbacks redeems the code', async () => {
  const { browser } = await site.signIn('tanaka');
  const back = await wayBack(browser, await press(browser, 'new'));
  const answers = await Promise.all(Array.from({ length: 5 }, () => browser.send(back)));
  expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
  expect(headingOf(await browser.open(back))).toBe('移行が完了しました');
});

test('says plainly that the person gave up, and offers a new start; the banner stays', async () => {
  const { browser } = await site.signIn('tanaka');
  commonId.answer = 'refuse';
  const answer = await browser.open(await wayBack(browser, await press(browser, 'new')));
  expect([answer.status, headingOf(answer)]).toEqual([200, '移行の手続きを中止しました']);
  // R17: cancelling is no error, so the icon is calm: an "i", and no "!".
  const drawn = [...answer.text.matchAll(/<svg class="icon"[\s\S]*?<path d="([^"]+)"/g)].map(([, path]) => path);
  expect(drawn).toEqual(['M32 30v16M32 19.5v1']);
  expect(answer.text).toContain('href="/migration"');
  expect(mainOf(await browser.open(`${site.origin}/`))).toContain(BANNER);

  commonId.answer = 'finish';
  const end = await browser.open(await wayBack(browser, await press(browser, 'new')));
  expect(headingOf(end)).toBe('移行が完了しました');
});

test('says that the end is not confirmed if the common ID is gone; the next press completes it', async () => {
  const { browser } = await site.signIn('tanaka');
  const back = await wayBack(browser, await press(browser, 'new'));
  commonId.away = true;
  expect(headingOf(await browser.open(back))).toBe('移行の完了を確認できませんでした');
  commonId.away = false;
  const end = await browser.open(await wayBack(browser, await press(browser, 'existing')));
  expect(headingOf(end)).toBe('移行が完了しました');
});

test('the banner disappears when the common ID reports the migration as complete', async () => {
  commonId.migrationState = () => ({ state: 'completed', missing: [] });
  const { browser, home } = await site.signIn('yamada');
  expect(mainOf(home)).not.toContain(BANNER);
  expect((await browser.open(`${site.origin}/migration`)).url).toBe(`${site.origin}/migration/completed`);
});

test('the banner names the missing part, and one press continues without a new registration', async () => {
  commonId.migrationState = () => ({ state: 'started', missing: ['return'], started_at: '2026-11-22T00:00:00Z' });
  const { browser, home } = await site.signIn('tanaka');
  expect(mainOf(home)).toContain(BANNER);
  expect(mainOf(home)).toContain('移行の完了（ボタンを押すだけで終わります）');
  const end = await browser.submit(formOn(home, '/migration'));
  expect(headingOf(end)).toBe('移行が完了しました');
  expect(commonId.pushed[0]).not.toHaveProperty('prompt');
});

test('an unfinished registration continues as a registration', async () => {
  const { browser } = await site.signIn('tanaka');
  await press(browser, 'new');
  commonId.migrationState = () => ({ state: 'started', missing: ['registration', 'dealer_link', 'login', 'a_later_step'] });
  const home = await browser.open(`${site.origin}/`);
  expect(mainOf(home)).toContain('TOYOTA/LEXUSの共通IDの取得');
  await browser.post(formOn(home, '/migration', { way: 'new' }), { way: 'new' });
  expect(commonId.pushed[1]).toMatchObject({ prompt: 'create' });
});

test('requests the state with one token for many pages, and with a new one after a refusal', async () => {
  const { browser } = await site.signIn('tanaka');
  await browser.open(`${site.origin}/`);
  expect(new Set(commonId.stateTokens).size).toBe(1);
  site.advance(60 * 60 * 1000);
  await browser.open(`${site.origin}/`);
  expect(new Set(commonId.stateTokens).size).toBe(2);
});

test('stays fast and shows the banner without the state if the common ID hangs or returns garbage', async () => {
  let hasAnswered = false;
  commonId.migrationState = async () => {
    await delay(10_000, undefined, { ref: false });
    hasAnswered = true;
    return {};
  };
  const { browser } = await site.signIn('tanaka');
  expect(mainOf(await browser.open(`${site.origin}/`))).toContain(BANNER);
  expect(hasAnswered).toBe(false);

  for (const rubbish of [{}, { state: 'perhaps', missing: [] }, { state: 'started', missing: 'all' }, []]) {
    commonId.migrationState = () => rubbish;
    const home = await browser.open(`${site.origin}/`);
    expect([home.status, mainOf(home).includes(BANNER)]).toEqual([200, true]);
  }
});

test('works while the common ID is away, and finds it when it is back', async () => {
  const alone = await startSite();
  const { browser, home } = await alone.signIn('tanaka');
  expect([home.status, mainOf(home).includes(BANNER)]).toEqual([200, true]);
  const page = await browser.open(`${alone.origin}/migration`);
  const answer = await browser.submit(formOn(page, '/migration', { way: 'new' }), { way: 'new' });
  expect(answer.status).toBe(503);
  expect(answer.text).toContain('href="/migration"');
  await alone.close();
});

test('offers the logout at the common ID too, if the migration left a session there', async () => {
  const { browser } = await site.signIn('tanaka');
  const end = await browser.open(await wayBack(browser, await press(browser, 'new')));
  expect(end.text).toContain('href="/"');
  const home = await browser.open(`${site.origin}/`);
  const loggedOut = await browser.submit(formOn(home, '/logout'));
  expect(headingOf(loggedOut)).toBe('ログアウトしました');
  expect((await browser.send(`${site.origin}/`)).headers.location).toBe('/login');
  const leaving = await browser.post(formOn(loggedOut, '/logged-out/common-id'));
  const url = new URL(leaving.headers.location ?? '');
  expect(url.href).toMatch(`${commonId.origin}/session/end`);
  expect(url.searchParams.get('post_logout_redirect_uri')).toBe(`${site.origin}/logged-out`);
  expect(url.searchParams.get('id_token_hint')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  expect((await browser.open(url.href)).status).toBe(200);
  expect((await browser.open(`${site.origin}/logged-out`)).text).not.toContain('/logged-out/common-id');
});

test('a person who never migrated gets no such offer at logout', async () => {
  const { browser, home } = await site.signIn('tanaka');
  expect((await browser.submit(formOn(home, '/logout'))).text).not.toContain('/logged-out/common-id');
});

test('the key is made once, and published without its private half', async () => {
  const answer = await fetch(`${site.origin}/jwks.json`);
  const { keys } = (await answer.json()) as JSONWebKeySet;
  expect(keys).toEqual([
    { kty: 'EC', crv: 'P-256', x: expect.any(String), y: expect.any(String), kid: expect.any(String), use: 'sig', alg: 'ES256' },
  ]);
  expect(answer.headers.get('set-cookie')).toBeNull();
  const again = await startSite({ keyDirectory: `${site.directory}/keys` });
  const same = (await (await fetch(`${again.origin}/jwks.json`)).json()) as JSONWebKeySet;
  expect(same.keys).toEqual(keys);
  await again.close();
});

test('undone at the common ID: the banner is back, also while the common ID is away, and there is no end page', async () => {
  const { browser } = await site.signIn('tanaka');
  const back = await wayBack(browser, await press(browser, 'new'));
  await browser.open(back);
  expect(mainOf(await browser.open(`${site.origin}/`))).not.toContain(BANNER);
  site.advance(1000);
  commonId.migrationState = () => ({ state: 'started', missing: ['registration', 'login', 'return'] });
  expect((await browser.open(`${site.origin}/migration/completed`)).url).toBe(`${site.origin}/migration`);
  expect((await browser.open(back)).url).not.toContain('/migration/completed');
  expect(mainOf(await browser.open(`${site.origin}/`))).toContain(BANNER);
  commonId.away = true;
  expect(mainOf(await browser.open(`${site.origin}/`))).toContain(BANNER);
});
