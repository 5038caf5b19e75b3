// Attacks with tokens and cookies that are in use at the moment when they end: design/security-2.md, S118 to S120.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Browser } from '../support/http-browser.ts';
import { CALLBACK, startWorld, type World } from './support/attack-world.ts';
import {
  authorizationUrl,
  basic,
  makePkce,
  redeem,
  requestParams,
  returned,
  signedIn,
  signIn,
  token,
  type TokenAnswer,
} from './support/client.ts';
import { figure } from './support/figure.ts';

// Processes start and mails travel slowly on a busy machine.
jest.setTimeout(120_000);

const DAY = 24 * 60 * 60 * 1000;
const OFFLINE = { scope: 'openid email offline_access' };

let world: World;
beforeAll(async () => {
  // A hundred sign-ins of one account in a minute are no attack here.
  world = await startWorld({
    nodes: 2,
    policy: ({ password_hash: hashes, rate_limits: limits }) => {
      limits.login.failures_per_network = 1000;
      hashes.per_minute.account = 1000;
    },
  });
});
afterAll(async () => world?.close());

type Tokens = { access_token: string; refresh_token: string };

const passwords = new Map<string, string>();
const passwordOf = (email: string): string => passwords.get(email) ?? 'Common-2026';

async function openAccount(email: string, path = '/account', browser = world.browser()): Promise<Browser> {
  await browser.open(`${world.issuer}${path}`);
  if (browser.page.url.includes('/login')) {
    const { status, url, text } = await signIn(browser, email, passwordOf(email));
    const error = /role="alert"[^>]*>([\s\S]*?)<\/div>/.exec(text)?.[1] ?? '';
    expect([status, url, error]).toEqual([200, `${world.issuer}${path}`, '']);
  }
  await browser.open(`${world.issuer}${path}`);
  return browser;
}

/** Signs in. Returns the tokens and the browser. */
async function tokensOf(email: string, changes: Record<string, string> = OFFLINE) {
  const browser = await openAccount(email);
  const { code, pkce } = await signedIn(world, changes, { browser });
  const { status, body } = await redeem(world, code, pkce);
  expect(status).toBe(200);
  return { browser, tokens: body as Tokens };
}

const refresh = async (refresh_token: string, port?: number): Promise<TokenAnswer> =>
  token(
    world,
    { grant_type: 'refresh_token', refresh_token },
    { headers: basic('attack-web'), ...(port === undefined ? {} : { port }) },
  );

async function userInfo(access_token: string, port?: number): Promise<number> {
  return (await world.request('/me', { headers: { Authorization: `Bearer ${access_token}` }, port })).status;
}

async function isActive(value: string): Promise<unknown> {
  const body = new URLSearchParams({ token: value });
  const answer = await world.request('/token/introspection', { method: 'POST', body, headers: basic('attack-web') });
  return (JSON.parse(answer.text) as { active: unknown }).active;
}

/** Lists everything that the tokens open; empty if they have ended. */
async function opened({ access_token, refresh_token }: Tokens): Promise<string[]> {
  const uses: [string, boolean][] = [
    ['UserInfo', (await userInfo(access_token)) === 200],
    ['introspection of the access token', (await isActive(access_token)) === true],
    ['introspection of the refresh token', (await isActive(refresh_token)) === true],
    ['refresh', (await refresh(refresh_token)).status === 200],
  ];
  return uses.filter(([, open]) => open).map(([use]) => use);
}

async function changePassword(browser: Browser, email: string, port?: number): Promise<void> {
  const password = `Changed-${Math.floor(Math.random() * 1e6)}`;
  await browser.open(`${world.issuer}/account/password`);
  const asked = port === undefined ? browser : browser.copy({ port });
  const answer = await asked.post('/account/password', { current_password: passwordOf(email), password });
  expect([answer.status, answer.location]).toEqual([303, `${world.issuer}/account?done=password`]);
  passwords.set(email, password);
}

/** Whether this browser gets a code without the password. */
async function isSignedIn(browser: Browser): Promise<boolean> {
  const url = authorizationUrl(world.issuer, requestParams('attack-web', makePkce(), { prompt: 'none' }));
  return returned(await browser.copy().open(url, CALLBACK)).has('code');
}

const accountId = (email: string): string =>
  world.rows<{ id: string }>(`SELECT id FROM accounts WHERE document ->> 'email' = ?`, email)[0]?.id ?? '';

/** Writes rows as the library would have done one by one; the newest last. */
function makeMany(model: 'Grant' | 'Session', email: string, count: number): void {
  const payload = `json_object('accountId', ?1, 'clientId', 'attack-web', 'kind', ?2, 'jti', ?2 || n, 'uid', ?2 || n, 'iat', 1, 'exp', 9999999999)`;
  world.change(
    `WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < ?3)
     INSERT INTO artifacts (model, id, payload, account_id, expires_at)
     SELECT ?2, 'many-' || n, ${payload}, ?1, 9999999999000 FROM many`,
    accountId(email),
    model,
    count,
  );
}

const countOf = (model: string, email: string): number =>
  world.rows('SELECT 1 FROM artifacts WHERE model = ? AND account_id = ?', model, accountId(email)).length;

/** Restores removed records, so that a missing record cannot be the reason for the refusal. */
async function withoutDeletion(models: string[], action: () => Promise<void>): Promise<void> {
  const columns = 'model, id, payload, uid, grant_id, account_id, consumed_at, expires_at';
  const list = models.map((model) => `'${model}'`).join(', ');
  const kept = world.rows<Record<string, string | number | null>>(`SELECT ${columns} FROM artifacts WHERE model IN (${list})`);
  await action();
  for (const row of kept)
    world.change(`INSERT OR IGNORE INTO artifacts (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, ...Object.values(row));
}

const TOKENS = ['AccessToken', 'RefreshToken', 'AuthorizationCode', 'Grant'];

test('S118 tokens and codes that were not removed, after a change of the password: refused everywhere', async () => {
  const email = 'sato@example.jp';
  const { tokens, browser } = await tokensOf(email);
  const bound = await tokensOf(email, {});
  const { code, pkce } = await signedIn(world, OFFLINE, { browser });
  expect(await opened({ ...tokens, refresh_token: 'none' })).toEqual(['UserInfo', 'introspection of the access token']);
  await withoutDeletion([...TOKENS, 'Session'], async () => changePassword(await openAccount(email), email));
  expect(await opened(tokens)).toEqual([]);
  expect([await userInfo(bound.tokens.access_token), await isActive(bound.tokens.access_token)]).toEqual([401, false]);
  expect(await redeem(world, code, pkce)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  expect(await isSignedIn(browser)).toBe(false);
  // A sign-in in the very same second is valid.
  expect(await opened((await tokensOf(email)).tokens)).toHaveLength(4);
});

test('S118 an account with more than 1,000 grants: the oldest refresh token ends with the password', async () => {
  const email = 'yamada@example.jp';
  const { tokens, browser } = await tokensOf(email);
  makeMany('Grant', email, 1_100);
  await changePassword(browser, email);
  expect(await opened(tokens)).toEqual([]);
  // Each new grant removed some of the oldest, few enough to keep the account usable.
  for (let signIns = 0; signIns < 14; signIns += 1) await tokensOf(email);
  expect(countOf('Grant', email)).toBe(500);
  makeMany('Session', email, 110);
  const { browser: last, tokens: lastTokens } = await tokensOf(email);
  expect(countOf('Session', email)).toBe(100);
  expect(await isSignedIn(last)).toBe(true);
  expect(await opened(lastTokens)).toHaveLength(4);
});

test('S118 tokens that rotate while the password changes, on two nodes: none works afterwards', async () => {
  const email = 'sato@example.jp';
  const [one, two] = world.nodes.map(({ port }) => port);
  for (let round = 0; round < figure(30, 4); round += 1) {
    const [owner, first, second] = [await openAccount(email), await tokensOf(email), await tokensOf(email)];
    let changed = false;
    const made: Tokens[] = [];
    const rotate = async (tokens: Tokens, port: number | undefined): Promise<void> => {
      for (let current = tokens; ;) {
        made.push(current);
        const { status, body } = await refresh(current.refresh_token, port);
        if (status !== 200) return;
        current = body as Tokens;
        if (changed) return void made.push(current);
      }
    };
    const rotating = [rotate(first.tokens, one), rotate(second.tokens, two)];
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
    await changePassword(owner, email, round % 2 ? one : two);
    changed = true;
    await Promise.all(rotating);
    const last = made.slice(-6);
    expect(await Promise.all(last.map(opened))).toEqual(last.map(() => []));
  }
});

test('S118 sessions that the person has ended, but which were not removed: their cookies, codes and tokens do not count', async () => {
  const email = 'sato@example.jp';
  const { tokens, browser: thief } = await tokensOf(email, {});
  const offline = await tokensOf(email);
  const { code, pkce } = await signedIn(world, OFFLINE, { browser: thief });
  const owner = await openAccount(email, '/account/sessions/end-others');
  await withoutDeletion(['Session'], async () => void (await owner.submit('/end-others')));
  expect([await isSignedIn(thief), await isSignedIn(owner)]).toEqual([false, true]);
  expect([await userInfo(tokens.access_token), await isActive(tokens.access_token)]).toEqual([401, false]);
  expect((await redeem(world, code, pkce)).status).toBe(400);
  // Tokens of `offline_access` outlive the session by design.
  expect((await refresh(offline.tokens.refresh_token)).status).toBe(200);
  // The person ends the sessions again from another browser: the one that stayed the first time ends too.
  const another = await openAccount(email, '/account/sessions/end-others');
  await withoutDeletion(['Session'], async () => void (await another.submit('/end-others')));
  expect([await isSignedIn(owner), await isSignedIn(another)]).toEqual([false, true]);
});

test('S118 a code whose session was logged out: not redeemed, also with offline_access', async () => {
  const { browser, pkce, code } = await signedIn(world, OFFLINE, { browser: await openAccount('sato@example.jp') });
  await browser.open(`${world.issuer}/session/end`);
  await browser.submit('/session/end/confirm', { logout: 'yes' });
  expect(await redeem(world, code, pkce)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
});

/** Uses the cookie without a pause, for reads and writes, until it is told to stop. */
function useAll(browser: Browser, thieves: number): { stop: () => Promise<Browser[]> } {
  let stopped = false;
  const ports = world.nodes.map(({ port }) => port);
  const using = Array.from({ length: thieves }, async (_, n) => {
    const thief = browser.copy({ port: ports[n % ports.length] ?? 0, from: world.freshAddress() });
    while (!stopped) {
      await thief.send(
        n % 2 === 0
          ? authorizationUrl(world.issuer, requestParams('attack-web', makePkce(), { prompt: 'none', ...(n % 4 ? {} : OFFLINE) }))
          : `${world.issuer}/session/end`,
      );
    }
    return thief;
  });
  return {
    async stop() {
      stopped = true;
      return Promise.all(using);
    },
  };
}

test('S119 a cookie in use while its owner logs out, ends all sessions, or changes the password: refused afterwards', async () => {
  const email = 'sato@example.jp';
  const ends: Record<string, (stolen: Browser) => Promise<void>> = {
    async 'logs out'(stolen) {
      const owner = stolen.copy();
      // Each view of the page gives the session another form secret; the thief's views do, too. The owner is asked again until theirs is
      // the newest. On a busy machine that takes many tries.
      for (let leadsTo: string | undefined; !leadsTo?.includes('/session/end/success');) {
        await owner.open(`${world.issuer}/session/end`);
        ({ location: leadsTo } = await owner.post('/session/end/confirm', { logout: 'yes' }));
      }
    },
    async 'ends all sessions'() {
      const owner = await openAccount(email, '/account/sessions/end-others');
      await owner.submit('/end-others');
    },
    async 'changes the password'() {
      await changePassword(await openAccount(email), email);
    },
  };
  for (const [what, end] of Object.entries(ends)) {
    for (let round = 0; round < figure(10, 2); round += 1) {
      const stolen = await openAccount(email);
      const using = useAll(stolen, 6);
      await end(stolen);
      const thieves = await using.stop();
      const alive = await Promise.all([stolen, ...thieves].map(isSignedIn));
      expect([what, alive]).toEqual([what, alive.map(() => false)]);
    }
  }
});

test('S120 a session in use every day: ends after its absolute lifetime; an idle one ends after its idle lifetime', async () => {
  const [browser, resting] = [await openAccount('sato@example.jp'), await openAccount('sato@example.jp')];
  const ends = (): number => {
    const cookie = browser.page.setCookies.find((header) => header.startsWith('common-id.session='));
    return Date.parse(/expires=([^;]+)/i.exec(cookie ?? '')?.[1] ?? '') - Date.now();
  };
  const use = async (): Promise<boolean> => {
    const url = authorizationUrl(world.issuer, requestParams('attack-web', makePkce(), { prompt: 'none' }));
    return returned(await browser.open(url, CALLBACK)).has('code');
  };
  for (let day = 0; day < 29; day += 5) {
    expect([day, await use()]).toEqual([day, true]);
    // The cookie ends with the session: fourteen days after its last use, and thirty days after the sign-in.
    expect(Math.round(ends() / DAY)).toBe(Math.min(14, 30 - day));
    await world.advance(5 * DAY);
    if (day === 5) expect(await isSignedIn(resting)).toBe(true);
  }
  // `auth_time` is some seconds ahead after the many changes of the password above.
  await world.advance(60_000);
  expect(await use()).toBe(false);
  // Ten idle days, and then fourteen.
  const rested = await openAccount('sato@example.jp');
  await world.advance(10 * DAY);
  expect(await isSignedIn(rested)).toBe(true);
  await world.advance(14 * DAY + 60_000);
  expect(await isSignedIn(rested)).toBe(false);
});
