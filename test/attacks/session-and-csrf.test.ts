// Attacks on sessions, cookies, forms and headers: design/security.md 39 to 42, 45 to 47 and 49.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { createBrowser, formsOf, headingOf, sendRaw, type Answer, type Browser } from '../support/http-browser.ts';
import { freePorts } from '../support/free-ports.ts';
import { CALLBACK, startWorld, type World } from './support/attack-world.ts';
import { authorizationUrl, begin, makePkce, redeem, requestParams, returned, signedIn, signIn } from './support/client.ts';
import { registerUpTo } from './support/registration.ts';

// Processes start and mails travel slowly on a busy machine.
jest.setTimeout(60_000);

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => world?.close());

const SESSION = 'common-id.session';

/** Whether this browser is signed in, as a client finds out. */
async function hasSession(browser: Browser): Promise<boolean> {
  const answer = await browser
    .copy()
    .open(authorizationUrl(world.issuer, requestParams('attack-web', makePkce(), { prompt: 'none' })), CALLBACK);
  return returned(answer).has('code');
}

test('S39 fixation and planted requests: useless, and cannot be finished', async () => {
  // The attacker plants a session into the victim's browser.
  const { browser: attacker } = await signedIn(world);
  const planted = new Map([...attacker.cookies].filter(([name]) => name.startsWith(SESSION)));
  expect(await hasSession(attacker)).toBe(true);
  const victim = world.browser();
  for (const [name, value] of planted) victim.cookies.set(name, value);
  await begin(world, 'attack-web', { prompt: 'login' }, victim);
  await signIn(victim, 'yamada@example.jp');
  expect(victim.cookies.get(SESSION)).not.toBe(planted.get(SESSION));
  const after = createBrowser();
  for (const [name, value] of planted) after.cookies.set(name, value);
  expect(await hasSession(after)).toBe(false);

  // The identifier changes with every login.
  const { browser } = await signedIn(world);
  const before = browser.cookies.get(SESSION);
  await signedIn(world, { prompt: 'login' }, { browser });
  expect(browser.cookies.get(SESSION)).not.toBe(before);
  const old = browser.copy();
  old.cookies.set(SESSION, before ?? '');
  expect(await hasSession(old)).toBe(false);

  // The attacker begins a request and plants its cookie; the victim opens the page and signs in; the attacker continues.
  const { browser: planter, page } = await begin(world, 'attack-web');
  const lured = world.browser();
  for (const [name, value] of planter.cookies) if (name.includes('interaction')) lured.cookies.set(name, value);
  const opened = await lured.open(page.url);
  expect(opened.status).toBe(400);
  // Neither an own browser id nor one forged by the attacker helps.
  await begin(world, 'attack-web', {}, lured);
  for (const [name, value] of planter.cookies) if (name.includes('interaction')) lured.cookies.set(name, value);
  expect((await lured.open(page.url)).status).toBe(400);
  const { action, fields } = planter.form('/login');
  const typed = {
    ...fields,
    login_id: 'sato@example.jp',
    password: 'Common-2026',
    csrf_token: lured.page.text.match(/csrf_token" value="([^"]+)/)?.[1] ?? fields.csrf_token ?? '',
  };
  expect((await lured.send(action, { method: 'POST', body: new URLSearchParams(typed) })).status).toBeGreaterThanOrEqual(400);
  const resumed = await planter.open(`${world.issuer}/auth/${/interaction\/([\w-]+)/.exec(page.url)?.[1]}`, CALLBACK);
  expect(returned(resumed).has('code')).toBe(false);
});

test('S40 a request of another browser, or one that is over: a page says so, and nothing happens', async () => {
  const [alice, mallory] = [await begin(world, 'attack-web'), await begin(world, 'attack-web')];
  const stolen = await mallory.browser.send(alice.page.url);
  expect(stolen.status).toBe(400);
  expect(stolen.headers['content-type']).toContain('text/html');
  expect(formsOf(stolen.text)).toEqual([]);
  const form = alice.browser.form('/login');
  const posted = await mallory.browser.post(
    { ...form, fields: { ...form.fields, ...mallory.browser.form('/login').fields } },
    { login_id: 'sato@example.jp', password: 'Common-2026' },
  );
  expect(posted.status).toBe(400);
  // The browser's remembered request does not help either, if its browser id differs.
  const remembered = [...alice.browser.cookies].filter(([name]) => name.startsWith('common-id.request'));
  expect(remembered).not.toEqual([]);
  for (const [name, value] of remembered) mallory.browser.cookies.set(name, value);
  expect((await mallory.browser.send(alice.page.url)).status).toBe(400);

  const before = alice.browser.copy();
  expect(returned(await signIn(alice.browser)).has('code')).toBe(true);
  const post = async (browser: Browser) =>
    browser.send(form.action, {
      method: 'POST',
      body: new URLSearchParams({ ...form.fields, login_id: 'yamada@example.jp', password: 'Common-2026' }),
    });
  const resume = `${world.issuer}/auth/${/interaction\/([\w-]+)/.exec(alice.page.url)?.[1]}`;
  // A browser that has not got the answer waits for the next page. The one that has got it is told at once.
  const waiting = [post(before), before.send(alice.page.url), before.open(resume, CALLBACK)];
  const atOnce = [post(alice.browser), alice.browser.send(alice.page.url)];
  expect(
    await Promise.race([...waiting.map(async (one) => one.then(() => 'waited')), Promise.all(atOnce).then(() => 'at once')]),
  ).toBe('at once');
  for (const answer of await Promise.all([...waiting, ...atOnce])) expect(answer.status).toBe(400);
});

test('S40 the URL of a page that this browser never had, during its own request: does not open that page', async () => {
  const { browser, page } = await begin(world, 'attack-web');
  const never = await browser.send(page.url.replace(/interaction\/[\w-]+/, 'interaction/of-somebody-else'));
  expect([never.status, never.location]).toEqual([400, undefined]);
  // Its own earlier page redirects to the current one.
  expect((await browser.send(page.url)).status).toBe(200);
});

/** Walks to every form of the interaction and of logout, and calls back at each page. */
async function everyPage(visit: (browser: Browser, page: Answer) => Promise<void>): Promise<void> {
  for (const name of ['about', 'email', 'code', 'profile', 'confirm', 'complete'] as const) {
    const { browser, shown } = await registerUpTo(world, name);
    await visit(browser, shown);
  }
  const login = await begin(world, 'attack-web');
  await visit(login.browser, login.page);
  const required = await begin(world, 'attack-required');
  await visit(required.browser, await signIn(required.browser));
  const third = await begin(world, 'attack-third');
  await visit(third.browser, await signIn(third.browser));
  const dealer = await begin(world, 'attack-web', {
    scope: 'openid dealer_link',
    authorization_details: '[{"type":"dealer_link"}]',
  });
  await visit(dealer.browser, dealer.page);
  await dealer.browser.open(`${dealer.page.url.replace(/\/find.*$/, '')}?dealer=aichi-toyota`);
  await visit(dealer.browser, dealer.browser.page);
  const { browser } = await signedIn(world);
  await visit(browser, await browser.open(`${world.issuer}/session/end`));
}

test('S41 posts without the token, with another one, from other sites, and GET: refused at every form', async () => {
  const foreign = (await begin(world, 'attack-web')).browser.form('/login').fields.csrf_token ?? '';
  let forms = 0;
  await everyPage(async (browser, page) => {
    for (const form of formsOf(page.text).filter(({ method }) => method === 'post')) {
      forms += 1;
      const url = new URL(form.action, page.url).href;
      // oidc-provider's own logout form has its own token.
      const field = form.fields.csrf_token === undefined ? 'xsrf' : 'csrf_token';
      expect(form.fields[field]).toBeTruthy();
      // It asks again, see R34.
      const refusal = field === 'xsrf' ? 303 : 403;
      const { [field]: token = '', ...others } = form.fields;
      const send = async (fields: Record<string, string>, headers: Record<string, string> = {}): Promise<number> =>
        (await browser.copy().send(url, { method: 'POST', body: new URLSearchParams(fields), headers })).status;
      expect([url, await send(others)]).toEqual([url, refusal]);
      for (const wrong of ['', 'x', foreign, `${token}x`])
        expect([url, wrong, await send({ ...others, [field]: wrong })]).toEqual([url, wrong, refusal]);
      for (const headers of [
        { Origin: 'https://evil.example' },
        { 'Sec-Fetch-Site': 'cross-site' },
        { Origin: `${world.issuer}.evil.example` },
      ] as Record<string, string>[]) {
        expect([url, headers, await send(form.fields, headers)]).toEqual([url, headers, 403]);
      }
      const got = await browser.copy().send(url);
      // If the URL also has a page, the page is only shown again.
      expect([url, [200, 303, 404, 405].includes(got.status)]).toEqual([url, true]);
      if (/\/(cancel|resend|sign-in|register|continue-as)$/.test(form.action)) expect([url, got.status]).toEqual([url, 303]);
    }
  });
  expect(forms).toBeGreaterThan(18);
});

const [OLD, NEW] = ['old-cookie-key-0123456789abcdef-0123', 'new-cookie-key-0123456789abcdef-0123'];
let https: World | undefined;
/** A world behind a reverse proxy that ends TLS without saying so. */
async function startHttps(): Promise<World> {
  const [free = 0] = await freePorts(1);
  const env = { ISSUER: 'https://id.example.jp', PORT: String(free), TRUST_PROXY: 'false', COOKIE_KEYS: OLD };
  return (https ??= await startWorld({ env }));
}
afterAll(async () => https?.close());

const start = (port: number): Browser => createBrowser({ port, headers: { Host: 'id.example.jp' } });
const open = async (browser: Browser, url: string): Promise<Answer> => {
  let answer = await browser.send(url.replace('https://', 'http://'));
  while (/^https?:\/\/id\.example\.jp\//.test(answer.location ?? ''))
    answer = await browser.send((answer.location ?? '').replace('https://', 'http://'));
  browser.page = answer;
  return answer;
};
const submit = async (browser: Browser, action: string, typed: Record<string, string>): Promise<Answer> => {
  const posted = await browser.post(browser.form(action), typed);
  return posted.location ? (posted.location.startsWith(CALLBACK) ? posted : open(browser, posted.location)) : posted;
};

test('R3 an https issuer behind a proxy that says nothing of https: every page, cookie and document is the issuer’s', async () => {
  const { env } = await startHttps();
  const browser = start(Number(env.PORT));
  const ask = async (path: string): Promise<Answer> => browser.send(`http://id.example.jp${path}`);
  for (const path of ['/', '/terms', '/privacy', '/jwks', '/health/ready']) {
    const { status } = await ask(path);
    expect([path, status]).toEqual([path, 200]);
  }
  expect((await ask('/account')).location).toMatch(/^https?:\/\/id\.example\.jp\/auth\?/);
  const document = JSON.parse((await ask('/.well-known/openid-configuration')).text) as Record<string, unknown>;
  const addresses = Object.entries(document).filter(([name]) => /^issuer$|_endpoint$|_uri$/.test(name));
  expect(addresses.length).toBeGreaterThan(8);
  for (const [name, address] of addresses)
    expect([name, address]).toEqual([name, expect.stringMatching(/^https:\/\/id\.example\.jp(\/|$)/)]);
  const begun = await browser.send(authorizationUrl('http://id.example.jp', requestParams('attack-web', makePkce())));
  expect([begun.status, begun.headers.location]).toEqual([
    303,
    expect.stringMatching(/^(https:\/\/id\.example\.jp)?\/interaction\//),
  ]);
  expect(begun.setCookies.length).toBeGreaterThan(1);
  for (const cookie of begun.setCookies) expect(cookie).toMatch(/^__(Host|Secure)-.*; ?secure/i);
});

test('S42 cookies in plain, from scripts or neighbours, forged: Secure, HttpOnly, prefixed, signed; a change of keys signs nobody out', async () => {
  const world = await startHttps();
  const seen = new Map<string, string>();
  const port = Number(world.env.PORT);
  const browser = start(port);
  const original = browser.send;
  browser.send = async (url, options) => {
    const answer = await original(url, options);
    for (const cookie of answer.setCookies) seen.set(cookie.split('=')[0] ?? '', cookie);
    return answer;
  };
  const url = authorizationUrl('http://id.example.jp', requestParams('attack-web', makePkce()));
  await open(browser, url);
  const login = await submit(browser, '/login', { login_id: 'sato@example.jp', password: 'Common-2026' });
  expect(returned(login).has('code')).toBe(true);
  expect([...seen.keys()].length).toBeGreaterThan(8);
  for (const [name, cookie] of seen) {
    expect(cookie).toMatch(/; ?httponly/i);
    expect(cookie).toMatch(/; ?secure/i);
    expect(cookie).toMatch(/; ?samesite=lax/i);
    expect(cookie).not.toMatch(/; ?domain=/i);
    // A cookie with a path cannot be `__Host-`.
    expect(name).toMatch(/interaction|resume/.test(name) ? /^__Secure-/ : /^__Host-/);
    if (name.startsWith('__Host-')) expect(cookie).toMatch(/; ?path=\/(;|$)/i);
    // All are signed, except the language and the random secret of the form tokens, which the token proves.
    if (!/\.sig$|\.csrf(\.[\w-]{8})?$|\.language$/.test(name)) expect([...seen.keys()]).toContain(`${name}.sig`);
  }
  const isIn = async (at: number, cookies: Browser): Promise<boolean> => {
    const other = start(at);
    for (const [name, value] of cookies.cookies) other.cookies.set(name, value);
    return returned(
      await open(other, authorizationUrl('http://id.example.jp', requestParams('attack-web', makePkce(), { prompt: 'none' }))),
    ).has('code');
  };
  expect(await isIn(port, browser)).toBe(true);
  const unsigned = start(port);
  for (const [name, value] of browser.cookies) if (!name.endsWith('.sig')) unsigned.cookies.set(name, value);
  expect(await isIn(port, unsigned)).toBe(false);

  const half = start(port);
  await open(half, url);
  const rotated = await world.addNode({ COOKIE_KEYS: `${NEW},${OLD}` });
  const replaced = await world.addNode({ COOKIE_KEYS: NEW });
  expect(await isIn(rotated.port, browser)).toBe(true);
  expect(await isIn(replaced.port, browser)).toBe(false);
  // A form that was open during the change is accepted too.
  const moved = start(rotated.port);
  for (const [name, value] of half.cookies) moved.cookies.set(name, value);
  moved.page = half.page;
  expect(returned(await submit(moved, '/login', { login_id: 'sato@example.jp', password: 'Common-2026' })).has('code')).toBe(
    true,
  );
  expect(await isIn(replaced.port, moved)).toBe(true);
});

const directives = (answer: Answer): Record<string, string> =>
  Object.fromEntries(
    String(answer.headers['content-security-policy'])
      .split(';')
      .map((directive) => directive.trim().split(/ (.*)/s))
      .map(([name = '', value = '']) => [name, value]),
  );

test('S45 inline code, framing, sniffing, referrers: refused by the headers of every page', async () => {
  const pages: Answer[] = [];
  await everyPage(async (_browser, page) => void pages.push(page));
  const anonymous = world.browser();
  for (const path of [
    '/',
    '/terms',
    '/privacy',
    '/nowhere',
    '/auth',
    '/auth?client_id=nobody',
    '/interaction/x/login',
    '/session/end/success',
    '/session/end?id_token_hint=x',
  ]) {
    pages.push(await anonymous.send(world.issuer + path));
  }
  expect(pages.length).toBeGreaterThan(20);
  for (const page of pages) {
    expect([page.url, page.headers['content-type']]).toEqual([page.url, expect.stringContaining('text/html')]);
    const policy = directives(page);
    expect(policy['default-src']).toBe("'self'");
    expect(policy['frame-ancestors']).toBe("'none'");
    expect(policy['base-uri']).toBe("'none'");
    expect(policy['object-src']).toBe("'none'");
    expect(policy['script-src']).toBe("'self'");
    // The form of a flow may lead to a client, and that client may redirect anywhere (R2). Other forms stay here.
    const leads = /^\/(interaction|session\/end$)/.test(new URL(page.url).pathname) && page.status === 200;
    expect([page.url, policy['form-action']]).toEqual([page.url, leads ? undefined : "'self'"]);
    expect(page.headers['x-content-type-options']).toBe('nosniff');
    expect(page.headers['referrer-policy']).toBe('no-referrer');
    expect(page.text).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>|\son\w+="|\sstyle="|javascript:/i);
  }
  // A page that submits its answer itself runs one script, whose hash is in the policy.
  const { browser } = await signedIn(world);
  const posting = await browser.send(
    authorizationUrl(world.issuer, requestParams('attack-web', makePkce(), { response_mode: 'form_post' })),
  );
  expect(directives(posting)['script-src']).not.toContain('unsafe-inline');
  expect(directives(posting)['frame-ancestors']).toBe("'none'");
});

test('S46 caches and the back button: pages, their redirects, tokens and UserInfo are never stored', async () => {
  const answers: Answer[] = [];
  const watch = (browser: Browser): Browser => {
    const original = browser.send;
    browser.send = async (url, options) => {
      const answer = await original(url, options);
      answers.push(answer);
      return answer;
    };
    return browser;
  };
  await registerUpTo(world, 'complete', { browser: watch(world.browser()) });
  const { code, pkce, browser } = await signedIn(world, {}, { browser: watch(world.browser()) });
  const required = watch(world.browser());
  await begin(world, 'attack-required', {}, required);
  await signIn(required);
  await required.submit('/required-profile', { birthdate_year: '1980', birthdate_month: '2', birthdate_day: '3' });
  const tokens = await redeem(world, code, pkce);
  answers.push(
    tokens.answer,
    await world.request('/me', { headers: { Authorization: `Bearer ${String(tokens.body.access_token)}` } }),
  );
  await browser.open(`${world.issuer}/session/end`);
  await browser.submit('/session/end/confirm', { logout: 'yes' });
  expect(answers.length).toBeGreaterThan(25);
  for (const answer of answers)
    expect([answer.url, answer.status, answer.headers['cache-control']]).toEqual([
      answer.url,
      answer.status,
      expect.stringContaining('no-store'),
    ]);
  // The back button sends a new request, which finds nobody signed in.
  expect(await hasSession(browser)).toBe(false);
});

test('S47 a post that is redirected with its body: every redirect after a post is a 303', async () => {
  const redirects: [string, number][] = [];
  const watch = (browser: Browser): Browser => {
    const original = browser.send;
    browser.send = async (url, options) => {
      const answer = await original(url, options);
      if (options?.method === 'POST' && answer.location) redirects.push([url, answer.status]);
      return answer;
    };
    return browser;
  };
  await registerUpTo(world, 'complete', { browser: watch(world.browser()) });
  const { browser } = await signedIn(world, {}, { browser: watch(world.browser()) });
  await browser.send(`${world.issuer}/auth`, {
    method: 'POST',
    body: new URLSearchParams(requestParams('attack-web', makePkce())),
  });
  const denied = await begin(world, 'attack-web', {}, watch(world.browser()));
  await denied.browser.submit('/login/cancel', {}, CALLBACK);
  await browser.open(`${world.issuer}/session/end`);
  await browser.submit('/session/end/confirm', { logout: 'yes' });
  expect(redirects.length).toBeGreaterThanOrEqual(8);
  expect(redirects.filter(([, status]) => status !== 303)).toEqual([]);
});

test('S49 addresses in the parameters of a request: never opened', async () => {
  const targets = [
    '//evil.example',
    '\\\\evil.example',
    '/\\evil.example',
    'https:evil.example',
    'https://evil.example',
    'http://127.0.0.1:9@evil.example/',
    'data:text/html,x',
    'javascript:alert(1)',
    '/%0d%0aLocation:https://evil.example',
    '%0d%0aSet-Cookie:x=1',
    'https://evil.example/%2f..',
  ];
  const { browser } = await signedIn(world);
  const { code, pkce } = await signedIn(world);
  const idToken = String((await redeem(world, code, pkce)).body.id_token);
  for (const target of targets) {
    const encoded = encodeURIComponent(target);
    const paths = [
      `/session/end?post_logout_redirect_uri=${encoded}`,
      `/session/end?id_token_hint=${idToken}&post_logout_redirect_uri=${encoded}`,
      `/session/end?client_id=attack-web&post_logout_redirect_uri=${encoded}`,
      `/auth?client_id=attack-web&response_type=code&scope=openid&redirect_uri=${encoded}`,
      `/auth?client_id=attack-web&redirect_uri=${encoded}&error=x`,
      `/?return_to=${encoded}&next=${encoded}&redirect=${encoded}`,
      `/terms?return_to=${encoded}&lang=en`,
      `/password/forgotten?return_to=${encoded}&interaction=${encoded}`,
      `/account?return_to=${encoded}`,
      `/${target}`,
      `//evil.example/..`,
    ];
    for (const path of paths) {
      const answer = await sendRaw(`${world.issuer}${path}`, {
        headers: {
          Accept: 'text/html',
          Referer: 'https://evil.example/',
          Cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        },
      });
      const where = answer.headers.location ?? '';
      expect([path, where, where === '' || new URL(where, world.issuer).origin === world.issuer]).toEqual([path, where, true]);
      expect(answer.headers['set-cookie']?.join() ?? '').not.toMatch(/^x=1/);
      expect([path, answer.status < 500 || answer.status]).toEqual([path, true]);
      for (const [, address = ''] of answer.text.matchAll(/(?:href|action|content)="([^"]*)"/g)) {
        const resolved = URL.parse(address.replace(/^0;url=/, ''), world.issuer);
        expect([path, address, resolved?.host !== 'evil.example' && !/^(javascript|data):/.test(address)]).toEqual([
          path,
          address,
          true,
        ]);
      }
    }
  }
});

test('S119 a request that began signed in, after a logout in another tab: the login of the same request, and no redirect loop', async () => {
  const { browser } = await signedIn(world);
  await begin(world, 'attack-third', {}, browser);
  expect(browser.page.url).toContain('/consent');
  const otherTab = browser.copy();
  await otherTab.open(`${world.issuer}/session/end`);
  await otherTab.submit('/session/end/confirm', { logout: 'yes' });
  const consent = browser.page;
  for (const goOn of [async () => browser.submit('/consent', { decision: 'allow' }), async () => browser.open(consent.url)]) {
    browser.page = consent;
    const page = await goOn();
    expect([page.status, headingOf(page)]).toEqual([200, 'TOYOTA/LEXUSの共通IDでログイン']);
  }
});
