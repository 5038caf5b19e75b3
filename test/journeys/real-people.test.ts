// What real people ran into at other identity providers, tried here by HTTP. test/browser/real-people.test.ts has what a browser judges.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { decodeJwt, SignJWT, UnsecuredJWT } from 'jose';
import { CALLBACK, DEMO_PASSWORD, makeTestKey, startWorld, type World } from '../attacks/support/attack-world.ts';
import {
  authorizationUrl,
  begin,
  makePkce,
  parseJson,
  push,
  redeem,
  requestParams,
  signedIn,
  signIn,
  returned,
  type Pkce,
} from '../attacks/support/client.ts';
import { beginMigration, goOn, redeemAtSite } from '../attacks/support/migration.ts';
import { codeFor, freshEmail, PROFILE, registerUpTo, type PageName } from '../attacks/support/registration.ts';
import { headingOf, mainOf, textOf, type Answer, type Browser } from '../support/http-browser.ts';
import { walkInOutages } from './outage.ts';
import { untilTrue } from '../support/until-true.ts';

jest.setTimeout(60_000);

const LOGGED_OUT = 'http://127.0.0.1:9/logged-out';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => world?.close());

test('R34 logout with a hint that no longer counts, or with wrong parameters: the page that asks, and then logged out', async () => {
  const { code, pkce } = await signedIn(world);
  const idToken = String((await redeem(world, code, pkce)).body.id_token);
  const retired = await makeTestKey();
  const signed = async (claims: Record<string, unknown>): Promise<string> =>
    new SignJWT({ iss: world.issuer, sub: 'x', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: retired.kid })
      .sign(retired.privateKey);
  const hints = [
    'undefined',
    'null',
    '',
    'x.y.z',
    `${idToken.slice(0, -8)}AAAAAAAA`,
    await signed({ aud: 'attack-web' }),
    await signed({ aud: 'removed-client' }),
    await signed({}),
    await signed({ aud: ['attack-web', 'attack-third'] }),
    await signed({ aud: 7 }),
    new UnsecuredJWT({ iss: world.issuer, aud: 'attack-web' }).encode(),
  ];
  const requests: Record<string, string>[] = [
    ...hints.flatMap((hint) => [
      { id_token_hint: hint, post_logout_redirect_uri: LOGGED_OUT, state: 's' },
      { id_token_hint: hint, client_id: 'attack-web', post_logout_redirect_uri: LOGGED_OUT, state: 's' },
    ]),
    { id_token_hint: idToken, client_id: 'attack-third' },
    { id_token_hint: idToken, post_logout_redirect_uri: 'http://127.0.0.1:9/elsewhere' },
    { client_id: 'removed-client', post_logout_redirect_uri: LOGGED_OUT },
    { client_id: 'attack-web', post_logout_redirect_uri: 'http://127.0.0.1:9/elsewhere' },
  ];
  const { browser } = await signedIn(world);
  for (const request of requests) {
    const page = await browser.open(
      `${world.issuer}/session/end?${new URLSearchParams({ ...request, ui_locales: 'en' }).toString()}`,
    );
    // A client that is named beside a dead hint still gets its user back. Otherwise the page says that the request was wrong.
    const isKnown = request.client_id === 'attack-web' && request.post_logout_redirect_uri === LOGGED_OUT;
    const isRight =
      isKnown || request.id_token_hint === '' || (request.client_id !== undefined && request.id_token_hint === idToken);
    expect([request, page.status, headingOf(page)]).toEqual([request, isRight ? 200 : 400, 'Sign out']);
    expect([request, page.text.includes(LOGGED_OUT)]).toEqual([request, isKnown]);
    expect([request, mainOf(page).includes('There was a problem with the service’s request')]).toEqual([request, !isRight]);
  }
  const doubled = await browser.open(
    `${world.issuer}/session/end?client_id=attack-web&client_id=attack-web&ui_locales=ja&ui_locales=en`,
  );
  expect([doubled.status, headingOf(doubled)]).toEqual([400, 'ログアウト']);
  expect(mainOf(doubled)).toContain('サービスから届いたログアウトの依頼を確認できなかったため');
  // The number leads to the refused request in the log.
  const [, number] = /お問い合わせ番号 (\w{12})/.exec(mainOf(doubled)) ?? [];
  const line = new RegExp(`"endpoint":"end_session".*${number}|${number}.*"endpoint":"end_session"`);
  await untilTrue('the log tells of the refused logout', () => line.test(world.nodes[0]?.output() ?? ''));
  const crafted = await browser.open(`${world.issuer}/session/end?refused=%3Cb%3E`);
  expect([crafted.status, mainOf(crafted)]).toEqual([200, expect.not.stringContaining('<b>')]);

  const otherTab = browser.copy();
  await browser.submit('/session/end/confirm', { logout: 'yes' });
  expect(headingOf(browser.page)).toBe('ログアウトしました');
  // The same page in another tab, a moment later.
  const late = await otherTab.submit('/session/end/confirm', { logout: 'yes' });
  expect(late.status).toBe(200);
  expect((await browser.open(`${world.issuer}/session/end/success?client_id=removed-client`)).status).toBe(200);
  expect((await browser.open(`${world.issuer}/account`)).url).toContain('/login');
});

test('R7 the answer to a form with mistakes is shown by GET: once with the mistakes and what was typed, and then as the form alone', async () => {
  const { given_name: GIVEN_NAME = '' } = PROFILE;
  const typedPassword = 'Typed-Secret-93';
  const at = async (path: string): Promise<Browser> => {
    const { browser } = await signedIn(world, {}, { email: 'sato@example.jp' });
    await browser.open(world.issuer + path);
    return browser;
  };
  const forgotten = async (): Promise<Browser> => {
    const browser = world.browser();
    await browser.open(`${world.issuer}/password/forgotten`);
    return browser;
  };
  const codeOfReset = async (): Promise<Browser> => {
    const browser = await forgotten();
    await browser.submit('/password/forgotten', { email: freshEmail() });
    return browser;
  };
  const codeOfChange = async (): Promise<Browser> => {
    const browser = await at('/account/email');
    await browser.submit('/account/email', { email: freshEmail(), current_password: DEMO_PASSWORD });
    return browser;
  };
  const step = async (name: PageName): Promise<Browser> => (await registerUpTo(world, name)).browser;
  const forms: [form: string, open: () => Promise<Browser>, typed: Record<string, string>, kept: string, status?: number][] = [
    ['/create', async () => step('about'), {}, ''],
    ['/create/email', async () => step('email'), { email: 'not-an-address' }, 'not-an-address'],
    ['/create/code', async () => step('code'), { code: '12' }, ''],
    ['/create/code/resend', async () => step('code'), {}, '', 429],
    ['/create/profile', async () => step('profile'), { ...PROFILE, postal_code: '1', password: typedPassword }, GIVEN_NAME],
    [
      '/create/profile',
      async () => step('profile'),
      { ...PROFILE, action: 'find_address', password: typedPassword },
      GIVEN_NAME,
      200,
    ],
    [
      '/login',
      async () => (await begin(world, 'attack-web')).browser,
      { login_id: 'nobody@example.jp', password: typedPassword },
      'nobody@example.jp',
    ],
    [
      '/required-profile',
      async () => {
        const { browser } = await begin(world, 'attack-required');
        await signIn(browser);
        return browser;
      },
      { birthdate_year: '1234' },
      '1234',
    ],
    ['/password/forgotten', forgotten, { email: 'not-an-address' }, 'not-an-address'],
    ['/password/forgotten/code', codeOfReset, { code: '12', birthdate_year: '1234' }, '1234'],
    ['/password/forgotten/code/resend', codeOfReset, {}, '', 429],
    [
      '/account/email',
      async () => at('/account/email'),
      { email: 'not-an-address', current_password: typedPassword },
      'not-an-address',
    ],
    ['/account/email/code', codeOfChange, { code: '12' }, ''],
    ['/account/email/code/resend', codeOfChange, {}, '', 429],
    ['/account/password', async () => at('/account/password'), { current_password: typedPassword, password: 'x' }, ''],
    ['/account/profile', async () => at('/account/profile'), { family_name: '', given_name: 'Kept-name' }, 'Kept-name'],
  ];
  for (const [form, open, typed, kept, status = 422] of forms) {
    const browser = await open();
    const { action, fields } = browser.form(form);
    const body = new URLSearchParams({ ...fields, ...typed });
    const answer = await browser.send(new URL(action, world.issuer).href, { method: 'POST', body });
    expect([form, answer.status]).toEqual([form, 303]);
    const otherBrowser = world.browser();
    for (const [name, value] of browser.cookies) if (!name.includes('csrf')) otherBrowser.cookies.set(name, value);
    expect([form, (await otherBrowser.open(answer.location ?? '')).status]).toEqual([form, 200]);
    const shown = await browser.open(answer.location ?? '');
    expect([form, shown.status, shown.text.includes(kept)]).toEqual([form, status, true]);
    expect(shown.text).not.toContain(typedPassword);
    if (status !== 200) expect([form, /class="error-summary"/.test(shown.text)]).toEqual([form, true]);
    const again = await browser.open(shown.url);
    expect([form, again.status, /class="error-summary"/.test(again.text)]).toEqual([form, 200, false]);
    // The form's own address leads to a page too.
    const own = await browser.open(answer.url);
    expect([form, own.status]).toEqual([form, 200]);
  }
  expect((await world.databaseBytes()).includes(typedPassword)).toBe(false);
});

test('R7 the address of a form that has no page leads to the page of the form', async () => {
  const { browser, page } = await begin(world, 'attack-web');
  for (const path of ['cancel', 'register', 'continue-as']) {
    const answer = await browser.send(`${page.url}/${path}`);
    expect([path, answer.status, answer.location]).toEqual([path, 303, page.url]);
  }
  const account = (await signedIn(world)).browser;
  // The nearest page is the one of the link. For an unknown link it says so, and leads to My page.
  const link = await account.open(`${world.issuer}/account/dealer-links/nothing/retry`);
  expect([link.url, link.status]).toEqual([`${world.issuer}/account/dealer-links/nothing`, 404]);
  expect(link.text).toContain('href="/account"');
  expect((await account.open(`${world.issuer}/session/end/confirm`)).url).toBe(`${world.issuer}/session/end`);
});

test('R11 three tabs that are opened at once in a new browser: all three live, and each can be pressed', async () => {
  const requests = ['attack-web', 'attack-third', 'attack-web'];
  const pkce = makePkce();
  const urls = requests.map((clientId) => authorizationUrl(world.issuer, requestParams(clientId, pkce)));
  const pushed = await push(world, requestParams('attack-site', pkce));
  urls.push(
    `${world.issuer}/auth?client_id=attack-site&request_uri=${encodeURIComponent(String(parseJson(pushed.text).request_uri))}`,
  );
  for (const last of urls.keys()) {
    if (last === 3) break;
    const used = last === 0 ? urls : urls.slice(0, 3);
    // The cookies of oidc-provider have the path of their interaction. This browser knows no paths, so each tab keeps its own.
    const first = world.browser();
    const tabs = used.map(() => first.copy());
    const isOfPath = (name: string): boolean => /interaction|resume/.test(name);
    /** Sends all requests before the first response has arrived; the cookies of one of them arrive last. */
    const atOnce = async (targets: string[]): Promise<Answer[]> => {
      const answers = await Promise.all(targets.map(async (target, tab) => tabs[tab]!.send(target)));
      const inOrder = [...tabs.filter((_, n) => n !== last), tabs[last]!];
      const shared = new Map(inOrder.flatMap(({ cookies }) => [...cookies].filter(([name]) => !isOfPath(name))));
      for (const { cookies } of tabs) for (const [name, value] of shared) cookies.set(name, value);
      return answers;
    };
    let answers = await atOnce(used);
    while (answers.some(({ location }) => location !== undefined))
      answers = await atOnce(answers.map(({ location, url }) => location ?? url));
    for (const [tab, page] of answers.entries()) {
      expect([tab, page.status, headingOf(page)]).toEqual([tab, 200, 'TOYOTA/LEXUSの共通IDでログイン']);
      tabs[tab]!.page = page;
      const cancelled = await tabs[tab]!.submit('/login/cancel', {}, CALLBACK);
      expect([tab, cancelled.location]).toEqual([tab, expect.stringContaining('error=access_denied')]);
    }
  }
  // The id of another browser is still nobody's.
  const { browser, page } = await begin(world, 'attack-web');
  const stranger = world.browser();
  await begin(world, 'attack-web', {}, stranger);
  for (const [name, value] of browser.cookies) if (!name.includes('browser')) stranger.cookies.set(name, value);
  expect((await stranger.open(page.url)).status).toBe(400);
});

test('R7 the database is away when a form is pressed: the page sends it again as it was typed, but for the password', async () => {
  expect(await walkInOutages(world)).toEqual([
    'メールアドレスの入力',
    '認証番号の入力',
    '情報の登録',
    '入力内容の確認',
    '共通ID取得が完了しました',
    'TOYOTA/LEXUSの共通IDでログイン',
    'ご利用されるサービスに必要な情報の確認',
    'ご利用されるサービスに必須となる情報の確認',
    '情報の更新が完了しました',
    '新しいメールアドレスの確認',
    'マイページ',
    'ご本人さまの確認',
    '新しいパスワードの設定',
    'パスワードを再設定しました',
  ]);
});

test('R37 prompt=select_account: continue with the signed-in ID, or with another one, without the password of the first', async () => {
  const asked = { prompt: 'select_account' };
  const CHOICE = 'アカウントの選択';
  const subjectOf = async (answer: Answer, pkce: Pkce): Promise<unknown> => {
    const { body } = await redeem(world, returned(answer).get('code') ?? '', pkce);
    return decodeJwt(String(body.id_token)).sub;
  };
  // Nobody is signed in: the login is the choice, and nothing is asked after it.
  const fresh = await begin(world, 'attack-web', asked);
  expect(headingOf(fresh.page)).toBe('TOYOTA/LEXUSの共通IDでログイン');
  const sato = await subjectOf(await signIn(fresh.browser), fresh.pkce);
  expect(sato).toMatch(/./);

  const { browser } = fresh;
  const same = await begin(world, 'attack-web', asked, browser);
  expect([headingOf(same.page), same.page.text.includes('sato@example.jp')]).toEqual([CHOICE, true]);
  expect(await subjectOf(await browser.submit('/select-account', { decision: 'continue' }, CALLBACK), same.pkce)).toBe(sato);
  const strict = await begin(world, 'attack-web', { prompt: 'select_account login' }, browser);
  await browser.submit('/select-account', { decision: 'continue' }, CALLBACK);
  expect(await subjectOf(await signIn(browser), strict.pkce)).toBe(sato);
  await begin(world, 'attack-web', asked, browser);
  expect(returned(await browser.submit('/select-account/cancel', {}, CALLBACK)).get('error')).toBe('access_denied');

  const other = await begin(world, 'attack-web', asked, browser);
  await browser.submit('/select-account', { decision: 'other' }, CALLBACK);
  expect([headingOf(browser.page), browser.form('/login').fields.login_id]).toEqual(['TOYOTA/LEXUSの共通IDでログイン', '']);
  const yamada = await subjectOf(await signIn(browser, 'yamada@example.jp'), other.pkce);
  expect([yamada === sato, typeof yamada]).toEqual([false, 'string']);
  // A person who asks for another account and signs in with the same one is through as well.
  const back = await begin(world, 'attack-web', asked, browser);
  await browser.submit('/select-account', { decision: 'other' }, CALLBACK);
  expect(await subjectOf(await signIn(browser, 'yamada@example.jp'), back.pkce)).toBe(yamada);
  // Logged out in another tab meanwhile: the login follows.
  await begin(world, 'attack-web', asked, browser);
  const tab = browser.copy();
  await tab.open(`${world.issuer}/session/end`);
  await tab.submit('/session/end/confirm', { logout: 'yes' });
  const late = await browser.submit('/select-account', { decision: 'continue' }, CALLBACK);
  expect([late.status < 500, returned(late).has('code')]).toEqual([true, false]);
});

test('R37 the choice "continue" holds: a handed-over person is not asked again, and it replaces a press of "other" whose answer was lost', async () => {
  const asked = { prompt: 'select_account' };
  const { browser } = await signedIn(world);
  const handedOver = await beginMigration(world, { sub: 'chooses-an-account' }, asked, browser);
  expect(browser.page.url).toContain('/select-account');
  const next = await browser.submit('/select-account', { decision: 'continue' }, CALLBACK);
  expect(next.url).toContain('/finalize');
  expect((await redeemAtSite(world, await goOn(browser), handedOver.pkce)).id_token).toMatch(/./);

  await begin(world, 'attack-web', asked, browser);
  await browser.post('/select-account', { decision: 'other' });
  expect(returned(await browser.submit('/select-account', { decision: 'continue' }, CALLBACK)).has('code')).toBe(true);
});

test('R12 a login page that was left open while the person signed in in another tab goes on by itself, with a reload or a press', async () => {
  for (const goOn of ['reload', 'press'] as const) {
    const { browser, page, pkce } = await begin(world, 'attack-web');
    const [interaction, resume] = ['common-id.interaction', 'common-id.resume'].map((name) =>
      [...browser.cookies].filter(([cookie]) => cookie.startsWith(name)),
    );
    await signedIn(world, {}, { browser });
    // Each request has its own cookies, by their path.
    for (const [name, value] of [...(interaction ?? []), ...(resume ?? [])]) browser.cookies.set(name, value);
    browser.page = page;
    const arrived = goOn === 'reload' ? await browser.open(page.url, CALLBACK) : await browser.submit('/login', {}, CALLBACK);
    expect([goOn, returned(arrived).has('code')]).toEqual([goOn, true]);
    expect((await redeem(world, returned(arrived).get('code') ?? '', pkce)).status).toBe(200);
  }
  // Where the client wants the password again, the page stays.
  const { browser, page } = await begin(world, 'attack-web', { prompt: 'login' });
  const kept = [...browser.cookies].filter(([name]) => /interaction|resume/.test(name));
  await signedIn(world, {}, { browser });
  for (const [name, value] of kept) browser.cookies.set(name, value);
  expect(headingOf(await browser.open(page.url, CALLBACK))).toBe('TOYOTA/LEXUSの共通IDでログイン');
});

describe('R12 a page that was left for hours', () => {
  const HOURS = 60 * 60 * 1000;
  const LOGIN = 'TOYOTA/LEXUSの共通IDでログイン';

  test.each(['opened', 'pressed'] as const)('the login, %s: the same request starts again, also a pushed one', async (how) => {
    const pkce = makePkce();
    const pushed = await push(world, requestParams('attack-site', pkce));
    const requestUri = String(parseJson(pushed.text).request_uri);
    const urls = [
      authorizationUrl(world.issuer, requestParams('attack-web', pkce, { login_hint: 'sato@example.jp' })),
      authorizationUrl(world.issuer, { client_id: 'attack-site', request_uri: requestUri }),
    ];
    const browsers = urls.map(() => world.browser());
    for (const [n, url] of urls.entries()) await browsers[n]!.open(url, CALLBACK);
    await world.advance(2 * HOURS);
    for (const browser of browsers) {
      const { url } = browser.page;
      const again = how === 'opened' ? await browser.open(url, CALLBACK) : await signIn(browser);
      expect([headingOf(again), again.url === url]).toEqual([LOGIN, false]);
      const answer = returned(await signIn(browser));
      expect([answer.get('state'), answer.has('code')]).toEqual(['state-of-the-test', true]);
      if (browser === browsers[0]) expect((await redeem(world, answer.get('code') ?? '', pkce)).status).toBe(200);
      // It is over now, and its pages do not start it once more.
      await world.advance(2 * HOURS);
      const late = await browser.open(again.url, CALLBACK);
      expect([late.location, late.status]).toEqual([undefined, 400]);
    }
  });

  test('the older of three requests in one browser, at once and days later: it goes on, and the others as well', async () => {
    const { browser, page: older } = await begin(world, 'attack-web', { prompt: 'login' });
    const { page: middle } = await begin(world, 'attack-required', { prompt: 'login' }, browser);
    const { page: newest } = await begin(world, 'attack-web', { prompt: 'login', state: 'newest' }, browser);
    for (const hours of [0, 72]) {
      await world.advance(hours * HOURS);
      for (const { url } of [older, middle, newest])
        expect([hours, url, headingOf(await browser.open(url, CALLBACK))]).toEqual([hours, url, LOGIN]);
    }
    await browser.open(older.url, CALLBACK);
    expect(returned(await signIn(browser)).get('state')).toBe('state-of-the-test');
    // It is over, and its page does not start it again; the newest one still does.
    await world.advance(2 * HOURS);
    expect((await browser.open(older.url, CALLBACK)).status).toBe(400);
    await browser.open(newest.url, CALLBACK);
    expect(returned(await signIn(browser)).get('state')).toBe('newest');
  });

  test('a stranger with the address of the page: nothing starts', async () => {
    const { page } = await begin(world, 'attack-web');
    const stranger = world.browser();
    await begin(world, 'attack-third', {}, stranger);
    await world.advance(2 * HOURS);
    expect((await stranger.open(page.url, CALLBACK)).status).toBe(400);
  });

  test('⑦: what was typed counts, and the registration goes on to its end', async () => {
    const { browser, shown } = await registerUpTo(world, 'profile');
    const ends = shown.headers['set-cookie']?.map((cookie) => Date.parse(/expires=([^;]+)/i.exec(cookie)?.[1] ?? '')) ?? [];
    expect(ends.filter((end) => end > Date.now() + 23 * HOURS)).not.toEqual([]);
    await world.advance(5 * HOURS);
    expect(headingOf(await browser.submit('/create/profile', PROFILE))).toBe('入力内容の確認');
    await world.advance(5 * HOURS);
    await browser.submit('/create/confirm');
    await world.advance(5 * HOURS);
    expect(headingOf(await browser.submit('/create/complete', {}, CALLBACK))).toBe(LOGIN);
    await world.advance(5 * HOURS);
    const answer = await browser.submit(
      '/login',
      { login_id: browser.form('/login').fields.login_id ?? '', password: PROFILE.password ?? '' },
      CALLBACK,
    );
    expect(returned(answer).has('code')).toBe(true);
  });

  test('⑪: what was typed counts; after a logout in another tab the same request starts again', async () => {
    const { browser } = await begin(world, 'attack-required');
    expect((await signIn(browser, 'yamada@example.jp')).url).toContain('/required-profile');
    await world.advance(5 * HOURS);
    const tab = browser.copy();
    tab.page = browser.page;
    const form = browser.form('/required-profile');
    expect(
      (
        await browser.submit('/required-profile', {
          ...form.fields,
          birthdate_year: '1971',
          birthdate_month: '2',
          birthdate_day: '3',
        })
      ).url,
    ).toContain('/confirm');
    await tab.open(`${world.issuer}/session/end`);
    await tab.submit('/session/end/confirm', { logout: 'yes' });
    for (const [name, value] of tab.cookies) browser.cookies.set(name, value);
    expect(headingOf(await browser.open(browser.page.url, CALLBACK))).toBe(LOGIN);
  });
});

describe('R8 a code that was mistyped five times', () => {
  const newReset = async (email: string): Promise<Browser> => {
    const browser = world.browser();
    await browser.open(`${world.issuer}/password/forgotten`);
    await browser.submit('/password/forgotten', { email });
    return browser;
  };
  const change = async (email: string): Promise<Browser> => {
    const { browser } = await signedIn(world, {}, { email: 'yamada@example.jp' });
    await browser.open(`${world.issuer}/account/email`);
    await browser.submit('/account/email', { email, current_password: DEMO_PASSWORD });
    return browser;
  };
  const registration = async (email: string): Promise<Browser> => (await registerUpTo(world, 'code', { email })).browser;

  /** `after` is where the right code leads; empty where there is no right one. */
  const uses: [use: string, open: (email: string) => Promise<Browser>, email: string, after: string][] = [
    ['a registration', registration, freshEmail(), '/create/profile'],
    ['a registration of an address that has an ID', registration, 'sato@example.jp', ''],
    ['a reset', newReset, 'sato@example.jp', '/password/forgotten/new'],
    ['a reset of an address that has no ID', newReset, freshEmail(), ''],
    ['a change to an address that has an ID', change, 'sato@example.jp', ''],
    ['a change of address', change, freshEmail(), '/account'],
  ];
  const DEAD = 'この認証番号は使えなくなりました。「番号を再送する」を押して';

  test.each(uses)(
    '%s: says how many tries are left from the third on, that the code is dead, and the next one works',
    async (_use, open, email, after) => {
      const mails = (await world.mails(email)).length;
      const browser = await open(email);
      const code = after === '' ? '123456' : await codeFor(world, email, mails + 1);
      const wrong = code === '000000' ? '000001' : '000000';
      const told: string[] = [];
      for (let attempt = 1; attempt <= 6; attempt += 1) {
        await browser.submit('/code', { code: attempt === 6 ? code : wrong });
        const text = textOf(browser.page.text);
        const left = /あと(\d)回/.exec(text)?.[1];
        told.push(text.includes(DEAD) ? 'dead' : (left ?? (/違うか/.test(text) ? 'wrong' : text)));
      }
      expect(told).toEqual(['wrong', 'wrong', '2', '1', 'dead', 'dead']);
      if (after === '') return;
      await world.advance(61_000);
      await browser.submit('/code/resend');
      await browser.submit('/code', { code: await codeFor(world, email, mails + 2) });
      expect(new URL(browser.page.url).pathname).toMatch(new RegExp(`${after}$`));
    },
  );
});
