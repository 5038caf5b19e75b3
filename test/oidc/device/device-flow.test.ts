// The device flow (RFC 8628): a car that polls, the person's pages, and codes that are wrong, old, used or somebody else's.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startWorld, type World } from '../../attacks/support/attack-world.ts';
import { basic, parseJson, signedIn } from '../../attacks/support/client.ts';
import { headingOf, mainOf, sendRaw, type Answer, type Browser } from '../../support/http-browser.ts';
import { untilTrue } from '../../support/until-true.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const POLL_MS = 5000;

let world: World;
/** The port of a second process on the same database. */
let otherNode: number;

beforeAll(async () => {
  const car = {
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: [GRANT, 'refresh_token'],
    scope: 'openid profile email offline_access',
  };
  world = await startWorld({
    clients: {
      car: { client_name: 'Car', 'client_name#ja': '車', ...car, common_id: { first_party: true, contact: 'tests' } },
      kiosk: {
        client_name: 'Kiosk',
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: { $env: 'ATTACK_WEB_SECRET' },
        grant_types: [GRANT],
        common_id: { first_party: true, contact: 'tests' },
      },
      tv: { client_name: 'TV', ...car, common_id: { contact: 'tests' } },
    },
  });
  otherNode = (await world.addNode()).port;
}, 90_000);
afterAll(async () => world?.close());

type Codes = { device_code: string; user_code: string; verification_uri: string; verification_uri_complete: string };

async function post(path: string, params: Record<string, string>, from = world.freshAddress(), port?: number) {
  const body = new URLSearchParams(params);
  const answer = await sendRaw(`${world.issuer}${path}`, { method: 'POST', body, from, port });
  return { status: answer.status, body: parseJson(answer.text) };
}

async function askForCodes(clientId = 'car', params: Record<string, string> = {}, from?: string): Promise<Codes> {
  const { status, body } = await post('/device/auth', { client_id: clientId, scope: 'openid profile', ...params }, from);
  expect(status).toBe(200);
  return body as Codes;
}

const poll = async ({ device_code }: Codes, clientId = 'car', port?: number) =>
  post('/token', { grant_type: GRANT, device_code, client_id: clientId }, undefined, port);

async function enter(browser: Browser, code: string): Promise<Answer> {
  if (!browser.page.url.endsWith('/device')) await browser.open(`${world.issuer}/device`);
  return browser.submit('/device', { user_code: code });
}

const signIn = async (browser: Browser): Promise<Answer> =>
  browser.submit('/login', { login_id: 'sato@example.jp', password: 'Common-2026' });

/** Enters the code and signs in, up to the page that asks for consent. */
async function upToConsent(code: string, browser = world.browser()): Promise<Browser> {
  await enter(browser, code);
  await signIn(browser);
  expect(headingOf(browser.page)).toBe('車などへのログインの確認');
  return browser;
}

describe('a person signs a car in', () => {
  test('types the code in any form, signs in, agrees, and the car gets tokens that it can refresh', async () => {
    const codes = await askForCodes('car', { scope: 'openid profile offline_access' });
    expect(codes).toEqual({
      device_code: expect.stringMatching(/^[\w-]{43}$/),
      user_code: expect.stringMatching(/^[BCDFGHJKMNPQRSTVWXZ]{4}-[BCDFGHJKMNPQRSTVWXZ]{4}$/),
      verification_uri: `${world.issuer}/device`,
      verification_uri_complete: `${world.issuer}/device?user_code=${codes.user_code}`,
      expires_in: 600,
      interval: 5,
    });
    expect((await poll(codes)).body.error).toBe('authorization_pending');
    const browser = world.browser();
    await browser.open(`${world.issuer}/device`);
    expect(mainOf(browser.page)).toContain('当社の担当者が電話でこのコードをおたずねすることはありません');
    const typed = [...codes.user_code.replace('-', 'ー').toLowerCase()].map((letter) =>
      /[a-z]/.test(letter) ? String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0) : letter,
    );
    await enter(browser, ` ${typed.join('')} `);
    expect(headingOf(browser.page)).toContain('ログイン');
    await signIn(browser);
    const asked = mainOf(browser.page);
    for (const words of ['車', codes.user_code, 'このコンピューター', '当社の担当者が電話で', '基本情報'])
      expect(asked).toContain(words);
    await browser.submit('/consent', { decision: 'allow' });
    expect([headingOf(browser.page), browser.page.url]).toEqual(['ログインを許可しました', `${world.issuer}/device/done`]);
    expect(mainOf(browser.page)).toContain('「車」の画面にお戻りください');

    const { status, body } = await poll(codes, 'car', otherNode);
    expect([status, body.token_type, body.scope]).toEqual([200, 'Bearer', 'openid profile offline_access']);
    const me = await world.request('/me', { headers: { Authorization: `Bearer ${String(body.access_token)}` } });
    expect(parseJson(me.text).name).toBe('佐藤 健');
    const refreshed = await post('/token', {
      grant_type: 'refresh_token',
      refresh_token: String(body.refresh_token),
      client_id: 'car',
    });
    expect(refreshed.status).toBe(200);
  });

  test('opens the address of the QR code: it still has to be pressed, and consent is asked again', async () => {
    const { browser } = await signedIn(world);
    for (const _again of [1, 2]) {
      const codes = await askForCodes();
      await browser.open(codes.verification_uri_complete);
      expect(browser.form('/device').fields.user_code).toBe(codes.user_code);
      expect(mainOf(browser.page)).toContain('下と同じコードが表示されている');
      expect((await poll(codes)).body.error).toBe('authorization_pending');
      await browser.submit('/device');
      expect(headingOf(browser.page)).toBe('車などへのログインの確認');
      await browser.submit('/consent', { decision: 'allow' });
      await world.advance(POLL_MS);
      expect((await poll(codes)).status).toBe(200);
    }
  });

  test('a third party’s device asks once for what it gets, with its own name', async () => {
    const codes = await askForCodes('tv', { scope: 'openid email' });
    const browser = await upToConsent(codes.user_code);
    expect(mainOf(browser.page)).toContain('「TV」は、トヨタ自動車以外が提供するサービスです');
    await browser.submit('/consent', { decision: 'allow' });
    expect((await poll(codes, 'tv')).body).toMatchObject({ scope: 'openid email' });
  });

  test('a service of ours with a secret asks for consent as well, although it is granted elsewhere unasked', async () => {
    const { browser } = await signedIn(world);
    const body = new URLSearchParams({ scope: 'openid' });
    const answer = await sendRaw(`${world.issuer}/device/auth`, { method: 'POST', body, headers: basic('kiosk') });
    await enter(browser, String(parseJson(answer.text).user_code));
    expect(headingOf(browser.page)).toBe('車などへのログインの確認');
  });

  test('declines: the car is told so', async () => {
    const codes = await askForCodes();
    const browser = await upToConsent(codes.user_code);
    await browser.submit('/consent', { decision: 'deny' });
    expect(headingOf(browser.page)).toBe('ログインを許可しませんでした');
    expect((await poll(codes)).body.error).toBe('access_denied');
    await enter(browser, codes.user_code);
    expect(mainOf(browser.page)).toContain('すでに使われています');
  });

  test('reloads the last page, and goes back to the consent: nothing breaks', async () => {
    const codes = await askForCodes();
    const browser = await upToConsent(codes.user_code);
    const before = browser.page.url;
    const consent = browser.form('/consent');
    await browser.submit(consent, { decision: 'allow' });
    await browser.open(browser.page.url);
    expect(headingOf(browser.page)).toBe('ログインを許可しました');
    await browser.open(before);
    expect(browser.page.status).toBe(400);
    expect((await poll(codes)).status).toBe(200);
  });
});

describe('codes that do not lead on', () => {
  test.each([
    ['', 'コードを入力してください'],
    ['12345678', 'コードは英字8文字です'],
    ['BCDF-GHJ', 'コードは英字8文字です'],
    ['BCDF-GHJK', 'このコードは見つかりません'],
  ])('%p is told, and stays in the field', async (typed, sentence) => {
    const browser = world.browser();
    await enter(browser, typed);
    expect(browser.page.status).toBe(422);
    expect(mainOf(browser.page)).toContain(sentence);
    expect(browser.form('/device').fields.user_code).toBe(typed);
  });

  test('an expired one: the person and the car are told', async () => {
    const codes = await askForCodes();
    const browser = await upToConsent(codes.user_code);
    await world.advance(600_000);
    const another = world.browser();
    await enter(another, codes.user_code);
    expect(mainOf(another.page)).toContain('有効期限が切れています');
    expect((await poll(codes)).body.error).toBe('expired_token');
    await browser.submit('/consent', { decision: 'allow' });
    expect(browser.page.url).toBe(`${world.issuer}/device?problem=expired`);
    expect(mainOf(browser.page)).toContain('有効期限が切れています');
    expect((await poll(codes)).body.error).toBe('expired_token');
  });

  test('one that was used: by the person, by the car', async () => {
    const codes = await askForCodes();
    const browser = await upToConsent(codes.user_code);
    await browser.submit('/consent', { decision: 'allow' });
    for (const _before of ['fetched', 'after']) {
      const { status } = await enter(browser, codes.user_code);
      expect([status, mainOf(browser.page)]).toEqual([422, expect.stringContaining('すでに使われています')]);
      await poll(codes);
    }
    expect((await poll(codes)).body.error).toBe('invalid_grant');
  });

  test('one that another browser has entered: the first one goes on, and may enter it again', async () => {
    const codes = await askForCodes();
    const first = world.browser();
    await enter(first, codes.user_code);
    const second = world.browser();
    await enter(second, codes.user_code);
    expect(mainOf(second.page)).toContain('別のブラウザーで入力されています');
    await first.open(`${world.issuer}/device`);
    await upToConsent(codes.user_code, first);
  });

  test('two tabs of one browser: the first answer counts', async () => {
    const codes = await askForCodes();
    const one = await upToConsent(codes.user_code);
    const two = one.copy();
    await two.open(`${world.issuer}/device`);
    await enter(two, codes.user_code);
    await two.submit('/consent', { decision: 'deny' });
    // The tabs share the session, whose identifier has changed.
    for (const name of ['common-id.session', 'common-id.session.sig']) one.cookies.set(name, two.cookies.get(name) ?? '');
    await one.submit('/consent', { decision: 'allow' });
    expect(one.page.url).toBe(`${world.issuer}/device?problem=used`);
    expect((await poll(codes)).body.error).toBe('access_denied');
  });

  test('the session is lost before the consent: a page says so, and the code can be entered again', async () => {
    const codes = await askForCodes();
    const browser = await upToConsent(codes.user_code);
    browser.cookies.delete('common-id.session.sig');
    await browser.submit('/consent', { decision: 'allow' });
    expect([browser.page.status, headingOf(browser.page)]).toEqual([400, expect.any(String)]);
    expect((await poll(codes)).body.error).toBe('authorization_pending');
    await browser.open(`${world.issuer}/device`);
    await upToConsent(codes.user_code, browser);
  });

  test('of another client: the device code is refused', async () => {
    const codes = await askForCodes();
    expect((await poll(codes, 'tv')).body.error).toBe('invalid_grant');
    expect((await poll(codes)).body.error).toBe('authorization_pending');
    const browser = await upToConsent(codes.user_code);
    await browser.submit('/consent', { decision: 'allow' });
    expect((await poll(codes, 'tv')).body.error).toBe('invalid_grant');
    expect((await poll(codes)).status).toBe(200);
  });
});

describe('attackers', () => {
  test('a POST from another site is refused, at the code and at the consent', async () => {
    const codes = await askForCodes();
    const browser = world.browser();
    await browser.open(codes.verification_uri_complete);
    const foreign = { headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' } };
    expect((await browser.post('/device', {}, foreign)).status).toBe(403);
    const withoutToken = { ...browser.form('/device'), fields: { user_code: codes.user_code } };
    expect((await browser.post(withoutToken, {})).status).toBe(403);
    await upToConsent(codes.user_code, browser);
    expect((await browser.post('/consent', { decision: 'allow' }, foreign)).status).toBe(403);
    await world.advance(POLL_MS);
    expect((await poll(codes)).body.error).toBe('authorization_pending');
  });

  test('oidc-provider’s own form for codes does not exist', async () => {
    const { browser } = await signedIn(world);
    const { user_code } = await askForCodes();
    for (const path of ['/device/', '//device', '/DEVICE', '/device?user_code=', `/device/?user_code=${user_code}`]) {
      const { text } = await browser.send(`${world.issuer}${path}`);
      expect([path, /name="xsrf"/.test(text)]).toEqual([path, false]);
    }
    for (const path of ['/device/', '//device', '/DEVICE']) {
      const body = new URLSearchParams({ user_code, confirm: 'yes', xsrf: '' });
      expect((await browser.send(`${world.issuer}${path}`, { method: 'POST', body })).status).toBeGreaterThanOrEqual(400);
    }
  });

  test('the code of a neighbour’s car: its interaction cannot be continued in another browser', async () => {
    const codes = await askForCodes();
    const attacker = world.browser();
    await enter(attacker, codes.user_code);
    const victim = world.browser();
    await victim.open(`${world.issuer}/device`);
    // A neighbouring site can plant cookies with a path, but not `__Host-` ones: the browser's id stays the victim's.
    for (const [name, value] of attacker.cookies) if (!/browser|csrf/.test(name)) victim.cookies.set(name, value);
    await victim.open(attacker.page.url);
    expect(victim.page.status).toBe(400);

    // The same with the address on which the interaction is resumed, before the attacker has opened it.
    const more = world.browser();
    await more.open(`${world.issuer}/device`);
    const { location = '' } = await more.post('/device', { user_code: (await askForCodes()).user_code });
    for (const [name, value] of more.cookies) if (!/browser|csrf/.test(name)) victim.cookies.set(name, value);
    await victim.open(location);
    expect(victim.page.status).toBe(400);
  });

  test('guesses are slowed: in a browser, and from an address whatever the browser', async () => {
    const from = world.freshAddress();
    const browser = world.browser({ from });
    const guess = async (by: Browser, code: string): Promise<number> => (await enter(by, code)).status;
    await world.withClockStopped(async () => {
      const statuses = [];
      for (let tries = 0; tries < 12; tries += 1) statuses.push(await guess(browser, 'BCDF-GHJK'));
      // Ten are free, and the eleventh is the one of these ten seconds.
      expect(statuses).toEqual([...Array<number>(11).fill(422), 429]);
      expect(Number(browser.page.headers['retry-after'])).toBeGreaterThan(0);
      // What was typed stays in the field.
      expect(browser.form('/device').fields.user_code).toBe('BCDF-GHJK');
      expect(mainOf(browser.page)).toMatch(/受け付けを一時的に止めています。 あと\d+秒ほどで/);
      for (let tries = 11; tries < 61; tries += 1) {
        const another = world.browser({ from });
        expect(await guess(another, 'BCDF-GHJK')).toBe(422);
      }
      const { user_code } = await askForCodes();
      expect(await guess(world.browser({ from }), user_code)).toBe(429);
      // Elsewhere, and here two seconds later, the right code passes.
      await enter(world.browser(), user_code);
      await world.advance(2000);
      expect(await guess(world.browser({ from }), (await askForCodes()).user_code)).toBe(200);
    });
  });

  test('a network above its limit is slowed, too', async () => {
    const guess = async (from: string): Promise<number> => (await enter(world.browser({ from }), 'BCDF-GHJK')).status;
    expect(await guess('127.201.7.1')).toBe(422);
    world.change(`UPDATE counters SET points = 1500 WHERE key LIKE 'user-code-network:%'`);
    await world.withClockStopped(async () => {
      expect([await guess('127.201.7.2'), await guess('127.201.7.3'), await guess('127.202.7.3')]).toEqual([422, 429, 422]);
    });
  });

  test('right codes do not count', async () => {
    const browser = world.browser();
    for (let tries = 0; tries < 13; tries += 1) {
      await browser.open(`${world.issuer}/device`);
      const { status } = await enter(browser, (await askForCodes()).user_code);
      expect([tries, status]).toEqual([tries, 200]);
    }
  });

  test('a car that polls too fast is told to slow down, by every node', async () => {
    const codes = await askForCodes();
    await world.withClockStopped(async () => {
      const told = [await poll(codes), await poll(codes, 'car', otherNode), await poll(codes)].map(({ body }) => body.error);
      expect(told).toEqual(['authorization_pending', 'slow_down', 'slow_down']);
      // The log would be full of it.
      expect(world.nodes.map((node) => node.output()).join('')).not.toContain('authorization_pending');
      await world.advance(POLL_MS);
      expect((await poll(codes, 'car', otherNode)).body.error).toBe('authorization_pending');
    });
  });

  test('the consent is withdrawn before the car has fetched its tokens: it gets none', async () => {
    const codes = await askForCodes();
    const browser = await upToConsent(codes.user_code);
    await browser.submit('/consent', { decision: 'allow' });
    world.change(`DELETE FROM artifacts WHERE model = 'Grant' AND json_extract(payload, '$.clientId') = ?`, 'car');
    expect((await poll(codes)).body.error).toBe('invalid_grant');
  });

  test('devices without credentials: one network cannot fill the database with their requests', async () => {
    const from = world.freshAddress();
    await askForCodes('car', {}, from);
    world.change(`UPDATE counters SET points = 30000 WHERE key LIKE 'pushed-request:%'`);
    const refused = await post('/device/auth', { client_id: 'car', scope: 'openid' }, from);
    expect([refused.status, refused.body.error]).toEqual([429, 'temporarily_unavailable']);
    await askForCodes();
  });

  test.each([
    ['a client without the grant', { client_id: 'maintenance-notebook-app' }],
    ['a scope that its file does not have', { client_id: 'car', scope: 'openid address' }],
    ['a hand-over', { client_id: 'car', legacy_profile: 'x' }],
    ['a request that is too large', { client_id: 'car', scope: 'openid', nonce: 'x'.repeat(5000) }],
  ])('%s gets no code', async (_what, params) => {
    const { status, body } = await post('/device/auth', { scope: 'openid', ...(params as Record<string, string>) });
    expect([status, body.user_code]).toEqual([400, undefined]);
  });

  test('a scope without consent: prompt=none of the car is refused', async () => {
    const codes = await askForCodes('car', { prompt: 'none' });
    const { browser } = await signedIn(world);
    await enter(browser, codes.user_code);
    expect((await poll(codes)).body.error).not.toBe(undefined);
    expect((await poll(codes)).body.access_token).toBe(undefined);
  });
});

test('the log names the outcome of each code, with its client app and ID', async () => {
  const events = (): Record<string, unknown>[] =>
    world.nodes
      .flatMap((node) => node.output().split('\n'))
      .filter((line) => line.includes('"event":"device.code"'))
      .map((line) => parseJson(line));
  const seen = (outcome: string): Record<string, unknown> | undefined => events().find((event) => event.outcome === outcome);
  const outcomes = ['issued', 'typed', 'unknown', 'expired', 'used', 'elsewhere', 'approved', 'refused'];
  await untilTrue('every outcome is in the log', async () => outcomes.every((outcome) => seen(outcome) !== undefined));
  expect(outcomes.filter((outcome) => seen(outcome)?.client_id !== undefined)).toEqual([
    'issued',
    'typed',
    'approved',
    'refused',
  ]);
  expect(seen('approved')?.account).toEqual(expect.stringMatching(/./));
});
