// The notebook from login to logout.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createBrowser, textOf, type Browser } from '../../support/http-browser.ts';
import { startWorld, VEHICLES, type World } from './world.ts';

let world: World;
let browser: Browser;

beforeEach(async () => {
  world = await startWorld();
  browser = createBrowser();
});
afterEach(() => world.close());

async function logIn(): Promise<string> {
  const { text } = await browser.open(`${world.notebook}/login`);
  return text;
}

function home(): Promise<string> {
  return browser.open(world.notebook).then(({ text }) => text);
}

describe('login', () => {
  test('starts at a page that introduces the notebook', async () => {
    const { text } = await browser.open(world.notebook);
    expect(textOf(text)).toContain('TOYOTA/LEXUSの共通IDでログイン');
    for (const href of ['http://owners-site.example/', '/app']) expect(text).toContain(`href="${href}"`);
    expect((await browser.open(`${world.notebook}/app`)).text).toContain('npm run demo -- phone-app');
  });

  test('sends PKCE, state and nonce, and shows the vehicles', async () => {
    world.personHas('active');
    await world.deliver();
    const text = await logIn();
    const [request] = world.provider.requests;
    expect(Object.fromEntries(request ?? [])).toMatchObject({
      client_id: 'maintenance-notebook',
      response_type: 'code',
      scope: 'openid profile email offline_access migration dealer_link',
      code_challenge_method: 'S256',
      state: expect.any(String),
      nonce: expect.any(String),
    });
    expect(request?.has('prompt')).toBe(false);
    expect(browser.page.url).toBe(`${world.notebook}/`);
    for (const words of [
      '田中 太郎 様',
      'プリウス',
      '名古屋 330 あ 12-34',
      'RAV4',
      '愛知トヨタ自動車株式会社',
      '連携しています。',
    ]) {
      expect(text).toContain(words);
    }
    expect(text).toMatch(/<strong>20\d\d年6月18日<\/strong>/);
  });

  test('can be started by the common ID, and leads to no other site (OpenID Connect Core 1.0, section 4)', async () => {
    const start = async (params: Record<string, string>, visitor = createBrowser()) =>
      visitor.open(`${world.notebook}/login?${new URLSearchParams({ iss: world.provider.issuer, ...params }).toString()}`);
    const page = `${world.notebook}/?from=id`;
    expect((await start({ target_link_uri: page, login_hint: 'tanaka@example.jp' }, browser)).url).toBe(page);
    expect(world.provider.requests[0]?.get('login_hint')).toBe('tanaka@example.jp');
    // The person is signed in already.
    expect((await start({ target_link_uri: page }, browser)).url).toBe(page);
    for (const target of ['https://evil.example/', '//evil.example/', `${world.notebook}//evil.example/`, 'javascript:alert(1)'])
      expect((await start({ target_link_uri: target })).url).toBe(`${world.notebook}/`);
    const requests = world.provider.requests.length;
    expect((await start({ iss: 'https://evil.example' })).status).toBe(400);
    expect(world.provider.requests).toHaveLength(requests);
  });

  test('gets the dealer’s token without a page', async () => {
    world.personHas('active');
    await world.deliver();
    await logIn();
    expect(world.provider.requests).toHaveLength(2);
    expect(Object.fromEntries(world.provider.requests[1] ?? [])).toMatchObject({
      prompt: 'none',
      resource: `${world.dealers}/dealers/aichi-toyota`,
      scope: 'openid offline_access service_history contracts booking',
    });
    await home();
    expect(world.provider.requests).toHaveLength(2);
  });

  test('keeps tokens and ids out of the browser, and forbids caching', async () => {
    world.personHas('active');
    await world.deliver();
    await logIn();
    const everything = [browser.page.text, ...browser.cookies.values()].join('\n');
    expect(everything).not.toMatch(/eyJ|JTDKB20U093500001/);
    expect(browser.page.headers['cache-control']).toBe('no-store');
  });

  test('gives the browser a new session id', async () => {
    world.personHas('none');
    browser.cookies.set('maintenance-notebook.session', 'x'.repeat(43));
    await logIn();
    expect(browser.cookies.get('maintenance-notebook.session')).not.toBe('x'.repeat(43));
    expect(browser.page.text).toContain('田中 太郎 様');
  });

  test('refuses an answer of another browser, or a repeated one', async () => {
    world.personHas('none');
    await logIn();
    const callback = browser.visited.find((url) => url.startsWith(`${world.notebook}/callback`)) as string;
    const stranger = createBrowser();
    const { status, text } = await stranger.open(callback);
    expect(status).toBe(400);
    expect(text).toContain('ログインを完了できませんでした');
    expect(text).toContain('href="/login"');
    expect((await browser.open(callback)).url).toBe(`${world.notebook}/`);
  });

  test.each(['state=x&code=y', 'error=access_denied', 'state=a&state=b', ''])(
    'answers /callback?%s with a page',
    async (query) => {
      const { status, text } = await browser.open(`${world.notebook}/callback?${query}`);
      expect(status).toBe(400);
      expect(text).toContain('もう一度ログインする');
    },
  );

  test('refuses an answer with another issuer (RFC 9207)', async () => {
    world.personHas('none');
    const started = await fetch(`${world.notebook}/login`, { redirect: 'manual' });
    const state = new URL(started.headers.get('location') as string).searchParams.get('state');
    const Cookie = started.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';')[0])
      .join('; ');
    const answer = await fetch(`${world.notebook}/callback?state=${state}&code=x&iss=https://elsewhere.example`, {
      headers: { Cookie },
    });
    expect(answer.status).toBe(400);
  });

  test('says so if the person refuses', async () => {
    world.provider.person.refuses = 'access_denied';
    expect(await logIn()).toContain('ログインは行われませんでした。');
  });

  test('says so if the common ID is down, and works when it is back', async () => {
    world.personHas('none');
    world.provider.breakWith(503);
    const { status } = await browser.open(`${world.notebook}/login`);
    expect(status).toBe(503);
    world.provider.breakWith(undefined);
    expect(await logIn()).toContain('田中 太郎 様');
  });
});

describe('the dealer', () => {
  test('not linked: the dealer refuses, and the page offers a link', async () => {
    world.personHas('none');
    expect(await logIn()).toContain('この販売店とはまだ連携していません。');
    const text = (await browser.submit('/dealer-link')).text;
    const request = world.provider.requests.find((sent) => sent.has('authorization_details'));
    expect(request?.get('authorization_details')).toBe('[{"type":"dealer_link","dealer":"aichi-toyota"}]');
    expect(request?.get('resource')).toBe(`${world.dealers}/dealers/aichi-toyota`);
    expect(text).toContain('販売店との連携を受け付けました。');
  });

  test('linked here: shown as pending until it arrives, then with its data', async () => {
    world.personHas('none');
    await logIn();
    await browser.submit('/dealer-link');
    world.personHas('pending');
    expect(await home()).toContain('連携の手続き中です');
    await world.deliver();
    expect(await home()).toContain('連携しています。');
    world.personHas('active');
    const text = await home();
    expect(text).toContain('連携日');
    expect(text).toMatch(/<strong>20\d\d年6月18日<\/strong>/);
  });

  test('unknown: the person finds one on the common ID’s page', async () => {
    world.personHas('none', { migration: { vehicles: VEHICLES } });
    expect(await logIn()).toContain('連携している販売店はありません。');
    world.provider.person.finds = 'aichi-toyota';
    await browser.submit('/dealer-link');
    const request = world.provider.requests.at(-1);
    expect([request?.get('authorization_details'), request?.has('resource')]).toEqual(['[{"type":"dealer_link"}]', false]);
    world.personHas('active');
    await world.deliver();
    expect(await home()).toContain('連携しています。');
  });

  test.each([
    ['failed', '販売店との連携を完了できませんでした。'],
    ['withdrawn', '販売店との連携は解除されています。'],
  ] as const)('%s: said, with a way to link again', async (link, words) => {
    world.personHas(link);
    const text = await logIn();
    expect(text).toContain(words);
    expect(text).toContain('action="/dealer-link"');
  });

  test('refused by the person: the page says so, and nothing else changes', async () => {
    world.personHas('none');
    await logIn();
    world.provider.person.refuses = 'access_denied';
    expect((await browser.submit('/dealer-link')).text).toContain('販売店とは連携していません。');
    expect(await home()).not.toContain('販売店とは連携していません。');
  });

  test('silent request refused: the page continues without the dealer’s data', async () => {
    world.personHas('none', { migration: { vehicles: VEHICLES } });
    await logIn();
    world.personHas('active');
    for (const name of browser.cookies.keys()) if (name.startsWith('_session')) browser.cookies.delete(name);
    const text = await home();
    expect(browser.visited.some((url) => url.includes('error=login_required'))).toBe(true);
    expect(text).toContain('連携の確認が必要です。');
    expect(text).toContain('プリウス');
    const before = world.provider.requests.length;
    await home();
    expect(world.provider.requests).toHaveLength(before);
  });

  test.each(['down', 'garbage', 'reset', 'slow'])(
    '%s: a clear page, and everything works afterwards',
    async (fault) => {
      world.personHas('active');
      await world.deliver();
      await logIn();
      await world.fault(fault);
      for (const path of ['/', '/vehicles/1', '/bookings']) {
        const { status, text } = await browser.open(world.notebook + path);
        expect(status).toBe(200);
        expect(text).toContain('販売店のシステムに接続できません。');
      }
      await world.fault('none');
      expect(await home()).toContain('連携しています。');
    },
    30_000,
  );
});

describe('vehicles', () => {
  test('have a page with each service at the dealer', async () => {
    world.personHas('active');
    await world.deliver();
    await logIn();
    const { status, text } = await browser.open(`${world.notebook}/vehicles/1`);
    expect(status).toBe(200);
    expect(text.match(/走行距離/g)).toHaveLength(8);
    expect(text).toContain('交換：エンジンオイル、オイルフィルター、バッテリー');
    expect((await browser.open(`${world.notebook}/vehicles/2`)).text.match(/走行距離/g)).toHaveLength(5);
  });

  test.each(['0', '3', '-1', '1.5', 'x', '1e400'])('/vehicles/%s is not found', async (number) => {
    world.personHas('none');
    await logIn();
    expect((await browser.open(`${world.notebook}/vehicles/${number}`)).status).toBe(404);
  });

  test('none: the page says where vehicles come from', async () => {
    world.personHas('none', { migration: { vehicles: [] } });
    expect(await logIn()).toContain('登録されているお車はありません。');
  });

  test('hostile names are shown as text', async () => {
    world.personHas('none', {
      name: '<img src=x onerror=alert(1)>',
      migration: { vehicles: [{ vin: 'X1', model: '"><script>alert(1)</script>' }] },
    });
    const text = await logIn();
    expect(text).not.toContain('<img src=x');
    expect(text).not.toContain('<script>alert');
  });

  test('nonsense claims cause no 500', async () => {
    world.personHas('none', { migration: 'x' });
    await logIn();
    expect(browser.page.status).toBe(503);
  });
});

describe('bookings', () => {
  const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  const wish = { vin: VEHICLES[0]?.vin ?? '', date: inDays(14), time: '11:00', menu: 'oil_change', note: '代車希望' };

  beforeEach(async () => {
    world.personHas('active');
    await world.deliver();
    await logIn();
    await browser.open(`${world.notebook}/bookings`);
  });

  test('are stored at the dealer, once for each page', async () => {
    const form = browser.page;
    expect((await browser.submit('/bookings', wish)).text).toContain('入庫予約を受け付けました。');
    browser.page = form;
    const { text } = await browser.submit('/bookings', wish);
    expect(text.match(/代車希望/g)).toHaveLength(1);
    expect(await (await fetch(world.dealers)).text()).toContain('代車希望');
  });

  test('that are impossible keep the input and say why', async () => {
    const { status, text } = await browser.submit('/bookings', { ...wish, date: inDays(-1), note: 'まだここに' });
    expect(status).toBe(422);
    expect(text).toContain('までの日付を入力してください。');
    expect(text).toContain('まだここに');
  });

  test('R1 for a vehicle that has not reached the dealer yet: the page says so, and not that none was chosen', async () => {
    const vehicle = { vin: 'ON-ITS-WAY-1', model: 'クラウン' };
    world.personHas('active', { migration: { vehicles: [vehicle] } });
    await browser.open(`${world.notebook}/bookings`);
    const { status, text } = await browser.submit('/bookings', { ...wish, vin: vehicle.vin });
    expect(status).toBe(422);
    expect(text).toContain('このお車の情報は、まだ販売店に届いていません。');
    expect(text).not.toContain('お車を選んでください。');
  });

  test('for another person’s vehicle, or with invalid choices, are refused', async () => {
    for (const changes of [{ vin: 'JTHBA1D20G5000006' }, { time: '03:00' }, { menu: '$t(menu.home)' }, { date: 'x' }]) {
      await browser.open(`${world.notebook}/bookings`);
      expect((await browser.submit('/bookings', { ...wish, ...changes })).status).toBe(422);
    }
  });

  test('are not lost while the dealer does not answer', async () => {
    await world.fault('down');
    const { status, headers, text } = await browser.submit('/bookings', wish);
    expect([status, headers['retry-after']]).toEqual([503, '5']);
    expect(text).toContain('入力内容はそのままです。');
    await world.fault('none');
    expect((await browser.submit('/bookings', wish)).text).toContain('入庫予約を受け付けました。');
  });

  test('need the form token', async () => {
    const answer = await fetch(`${world.notebook}/bookings`, { method: 'POST', body: new URLSearchParams(wish) });
    expect(answer.status).toBe(403);
  });
});

describe('tokens', () => {
  const AN_HOUR = 3_600_000;

  test('that have expired are refreshed, one at a time', async () => {
    world.personHas('active');
    await world.deliver();
    await logIn();
    world.advance(AN_HOUR);
    const Cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const pages = await Promise.all(
      [1, 2, 3, 4, 5].map(() => fetch(world.notebook, { headers: { Cookie }, redirect: 'manual' })),
    );
    for (const answer of pages) expect(await answer.text()).toContain('連携しています。');
    // One for UserInfo, one for the dealer.
    expect(world.provider.refreshes()).toBe(2);
    world.advance(AN_HOUR);
    expect(await home()).toContain('連携しています。');
    expect(world.provider.refreshes()).toBe(4);
  });

  test('R17 that ended while the login stands, as after the end of a dealer link: new ones come without a word', async () => {
    world.personHas('active');
    await world.deliver();
    await logIn();
    world.provider.forgetRefreshTokens();
    world.advance(AN_HOUR);
    const text = await home();
    expect(browser.page.url).toBe(`${world.notebook}/`);
    expect(text).toMatch(/田中 太郎 様[^]*連携しています。/);
  });

  test('R17 that ended together with the login: the session ends with a sentence', async () => {
    world.personHas('active');
    await logIn();
    world.provider.forgetRefreshTokens();
    world.provider.forgetSessions();
    world.advance(AN_HOUR);
    const text = await home();
    expect(text).toContain('ログインの有効期限が切れました。');
    expect(textOf(text)).toContain('TOYOTA/LEXUSの共通IDでログイン');
    expect(await logIn()).toContain('田中 太郎 様');
  });

  test('live no longer than the session', async () => {
    world.personHas('active');
    await logIn();
    world.advance(13 * AN_HOUR);
    expect(textOf(await home())).toContain('TOYOTA/LEXUSの共通IDでログイン');
  });

  test('are not needed to show known data, while the common ID is down', async () => {
    world.personHas('active');
    await world.deliver();
    await logIn();
    world.provider.breakWith(502);
    const text = await home();
    expect(browser.page.status).toBe(200);
    expect(textOf(text)).toContain('共通IDに接続できないため');
    expect(text).toContain('プリウス');
    world.advance(AN_HOUR);
    expect(await home()).toContain('プリウス');
    world.provider.breakWith(undefined);
    expect(textOf(await home())).not.toContain('共通IDに接続できないため');
  });
});

describe('logout', () => {
  test('first here, then at the common ID with the ID token as a hint', async () => {
    world.personHas('none');
    await logIn();
    await browser.submit('/logout');
    const url = new URL(browser.page.url);
    expect(url.origin).toBe(world.provider.issuer);
    expect(url.pathname).toBe('/session/end');
    expect(url.searchParams.get('id_token_hint')).toMatch(/^eyJ/);
    expect(url.searchParams.get('post_logout_redirect_uri')).toBe(`${world.notebook}/?notice=logged_out`);
    expect(textOf(await home())).toContain('TOYOTA/LEXUSの共通IDでログイン');
  });

  test('R17 the way back from it: the notebook says that the person has signed out', async () => {
    expect(textOf((await browser.open(`${world.notebook}/?notice=logged_out`)).text)).toContain(
      '整備手帳からログアウトしました。',
    );
  });

  test('only here, while the common ID is down', async () => {
    world.personHas('none');
    await logIn();
    world.provider.breakWith(503);
    await browser.submit('/logout', {}, world.provider.issuer);
    expect(textOf(await home())).toContain('TOYOTA/LEXUSの共通IDでログイン');
  });

  test('lets the form redirect to the common ID', async () => {
    world.personHas('none');
    await logIn();
    expect(browser.page.headers['content-security-policy']).toContain(`form-action 'self' ${world.provider.issuer}`);
  });

  test('at the common ID ends the session here, by back channel', async () => {
    world.personHas('none');
    await logIn();
    const other = createBrowser();
    await other.open(`${world.notebook}/login`);
    // The provider's own logout page, and its button.
    await browser.open(`${world.provider.issuer}/session/end`);
    await browser.submit(`${world.provider.issuer}/session/end/confirm`, { logout: 'yes' });
    expect(textOf(await home())).toContain('TOYOTA/LEXUSの共通IDでログイン');
    expect((await other.open(world.notebook)).text).toContain('田中 太郎 様');
  });

  test('by back channel, of all sessions of a person', async () => {
    world.personHas('none');
    await logIn();
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    const claims = { aud: 'maintenance-notebook', jti: 'j', sub: 'person-1', events };
    const post = async (typ: string, changes: Record<string, unknown>): Promise<number> => {
      const logout_token = await world.provider.sign(typ, { ...claims, ...changes });
      const answer = await fetch(`${world.notebook}/backchannel-logout`, {
        method: 'POST',
        body: new URLSearchParams({ logout_token }),
      });
      return answer.status;
    };
    expect(await post('JWT', {})).toBe(400);
    expect(await post('logout+jwt', { aud: 'gazoo' })).toBe(400);
    expect(await post('logout+jwt', { iss: 'https://elsewhere.example' })).toBe(400);
    expect(await post('logout+jwt', { events: undefined })).toBe(400);
    expect(await post('logout+jwt', { nonce: 'n' })).toBe(400);
    expect(await post('logout+jwt', { sub: undefined })).toBe(400);
    expect(await home()).toContain('田中 太郎 様');
    expect(await post('logout+jwt', {})).toBe(200);
    expect(textOf(await home())).toContain('TOYOTA/LEXUSの共通IDでログイン');
  });
});

test('publishes only its public key', async () => {
  const answer = await fetch(`${world.notebook}/jwks.json`);
  const { keys } = (await answer.json()) as { keys: Record<string, unknown>[] };
  expect(keys).toEqual([
    { kty: 'EC', crv: 'P-256', x: expect.any(String), y: expect.any(String), alg: 'ES256', use: 'sig', kid: expect.any(String) },
  ]);
});

test('is shown in English', async () => {
  world.personHas('active');
  await world.deliver();
  browser = createBrowser({ language: 'en' });
  const text = await logIn();
  expect(text).toContain('Aichi Toyota Motor Co., Ltd.');
  for (const path of ['/', '/vehicles/1', '/bookings']) {
    const shown = await browser.open(world.notebook + path);
    // A missing text would appear as its key.
    expect(shown.text.replaceAll(/<[^>]+>/g, ' ')).not.toMatch(
      /\b(home|vehicle|dealer|bookings|menus|kinds|items|notices)\.[a-z_]+/,
    );
  }
});
