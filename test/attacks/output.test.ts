// Attacks by input that is shown again: design/security.md 50, 53 to 56.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { createViewRenderer } from '../../src/http/view-renderer.ts';
import { formsOf, sendRaw, type Answer, type Browser } from '../support/http-browser.ts';
import { CALLBACK, startWorld, type World } from './support/attack-world.ts';
import { authorizationUrl, basic, begin, makePkce, push, requestParams, returned, signIn } from './support/client.ts';
import { handOver } from './support/hand-over.ts';
import { codeFor, freshEmail, PASSWORD, PROFILE, registerUpTo } from './support/registration.ts';

// Processes start and mails travel slowly on a busy machine.
jest.setTimeout(60_000);

let world: World;
beforeAll(async () => {
  world = await startWorld({
    clients: {
      'attack-name': {
        client_name: '<img src=x onerror=alert(1)>"\'><script>alert(1)</script>{{7*7}}<%= 7*7 %>',
        application_type: 'web',
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: { $env: 'ATTACK_WEB_SECRET' },
        redirect_uris: [CALLBACK],
        scope: 'openid profile email',
        common_id: { contact: 'attacks' },
      },
    },
  });
});
afterAll(async () => world?.close());

/** Sends a form's cookies and token with another body. */
async function postBody(
  browser: Browser,
  action: string,
  body: string,
  type = 'application/x-www-form-urlencoded',
): Promise<Answer> {
  const form = browser.form(action);
  const token = `csrf_token=${encodeURIComponent(form.fields.csrf_token ?? '')}`;
  return browser.send(new URL(form.action, browser.page.url).href, {
    method: 'POST',
    body: type.includes('urlencoded') ? `${token}&${body}` : body,
    headers: { 'Content-Type': type },
  });
}

test('S50 objects, lists and prototypes instead of texts: 400 before any database query', async () => {
  const { browser: atLogin } = await begin(world, 'attack-web');
  const { browser: atEmail } = await registerUpTo(world, 'email');
  const { browser: atCode } = await registerUpTo(world, 'code');
  const pages: [Browser, string, string, string][] = [
    [atLogin, '/login', 'login_id', 'password=Common-2026'],
    [atLogin, '/login', 'password', 'login_id=sato@example.jp'],
    [atEmail, '/create/email', 'email', ''],
    [atCode, '/create/code', 'code', ''],
  ];
  for (const [browser, action, field, others] of pages) {
    const bodies = [
      `${field}[$ne]=`,
      `${field}[$gt]=`,
      `${field}%5B%24ne%5D=x`,
      `${field}[$regex]=.*`,
      `${field}[]=a&${field}[]=b`,
      `${field}=a&${field}=b`,
      `${field}.$where=1`,
      `__proto__[${field}]=x`,
      `__proto__.x=1&${field}=x`,
      `constructor.prototype.x=1&${field}=x`,
      `constructor[prototype][x]=1`,
      `$where=sleep(1000)&${field}=x`,
    ];
    for (const body of bodies) {
      const answer = await postBody(browser, action, [body, others].filter(Boolean).join('&'));
      expect([action, body, answer.status]).toEqual([action, body, 400]);
    }
    for (const [body, type] of [
      [JSON.stringify({ [field]: { $ne: null } }), 'application/json'],
      [JSON.stringify({ [field]: 7 }), 'text/plain'],
      [`--x\r\nContent-Disposition: form-data; name="${field}"\r\n\r\nx\r\n--x--`, 'multipart/form-data; boundary=x'],
    ] as const) {
      expect((await postBody(browser, action, body, type)).status).toBe(415);
    }
  }
  // The same at the protocol endpoints, and in paths.
  const raw = async (path: string, body?: string, type = 'application/x-www-form-urlencoded'): Promise<number> =>
    (
      await world.request(path, {
        method: body === undefined ? 'GET' : 'POST',
        ...(body === undefined ? {} : { body }),
        headers: { 'Content-Type': type, ...basic('attack-web') },
      })
    ).status;
  const codeBodies = [
    'grant_type=authorization_code&code[$ne]=',
    'grant_type[$ne]=&code=x',
    'grant_type=refresh_token&refresh_token[$gt]=',
    'grant_type=refresh_token&refresh_token[]=a&refresh_token[]=b',
  ];
  for (const body of codeBodies) expect([body, await raw('/token', body)]).toEqual([body, 400]);
  expect(await raw('/token', '{"grant_type":{"$ne":null},"code":{"$ne":null}}', 'application/json')).toBe(400);
  for (const path of [
    '/interaction/[$ne]/login',
    '/interaction/__proto__/login',
    '/interaction/%7B%22$ne%22:1%7D/login',
    '/auth/__proto__',
    '/auth/[$ne]',
    '/auth?client_id[$ne]=x',
    '/auth?client_id=__proto__',
    '/auth?client_id=constructor',
    '/auth?request_uri[$ne]=x',
    '/migrations/[$ne]',
  ]) {
    expect([path, [400, 401, 404].includes(await raw(path))]).toEqual([path, true]);
  }
  expect(({} as Record<string, unknown>).x).toBeUndefined();
  // Nothing has changed.
  expect(returned(await signIn(atLogin)).has('code')).toBe(true);
});

const PAYLOADS = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  "' autofocus onfocus='alert(1)",
  '${7*7}{{7*7}}#{7*7}',
  '<%= 7*7 %><%- include("/x") %>',
  '</title></textarea></script><svg/onload=alert(1)>',
  'javascript:alert(1)',
  '&lt;script&gt;',
];
const HARMFUL = /<img src=x|<script>alert|<svg\/onload|href="javascript:|>49<|\{49\}/i;

/** Checks that input appears only as text. */
function expectInert(answer: Answer, where: string): void {
  const visible = answer.text.replace(/=("[^"]*")/g, '=""');
  expect([where, HARMFUL.exec(visible)?.[0]]).toEqual([where, undefined]);
  expect([where, /<(img|svg|script)[^>]*alert/i.exec(answer.text)?.[0]]).toEqual([where, undefined]);
  expect([where, /=["'][^"']*["']\s*on\w+=/i.exec(answer.text)?.[0]]).toEqual([where, undefined]);
}

test('S53 code in hand-overs, forms and parameters: text in pages, attributes, mails and the log', async () => {
  for (const payload of PAYLOADS) {
    // In the URL of a request: only text on the error page and on the login page.
    for (const name of [
      'login_hint',
      'state',
      'ui_locales',
      'scope',
      'error_description',
      'client_id',
      'nonce',
      'claims',
      'redirect_uri',
      'authorization_details',
      'prompt',
      'resource',
      'lang',
    ]) {
      const changes = name === 'scope' ? { scope: `openid ${payload}` } : { [name]: payload };
      const browser = world.browser();
      const answer = await browser.open(
        authorizationUrl(world.issuer, requestParams('attack-web', makePkce(), changes)),
        CALLBACK,
      );
      expect([name, payload, answer.status < 500 || answer.status]).toEqual([name, payload, true]);
      expectInert(answer, `${name}: ${payload}`);
      if (answer.status === 303) expect(answer.location).not.toMatch(/[<>"]/);
    }
    for (const path of [
      `/${encodeURIComponent(payload)}`,
      `/?lang=${encodeURIComponent(payload)}`,
      `/terms?x="${encodeURIComponent(payload)}`,
      `/interaction/${encodeURIComponent(payload)}/login`,
      `/session/end?post_logout_redirect_uri=${encodeURIComponent(payload)}&state=${encodeURIComponent(payload)}`,
    ]) {
      const answer = await world.request(path, { headers: { Accept: 'text/html' } });
      expectInert(answer, path);
      expect(answer.status).toBeLessThan(500);
    }
  }
  // The name of a client.
  const named = await begin(world, 'attack-name');
  expectInert(named.page, 'client name at login');
  expectInert(await signIn(named.browser), 'client name at consent');
  expect(named.browser.page.text).toContain('&lt;img src=x');

  // Data of a legacy site and typed data, on every page up to the mail.
  const [hostile = '', attribute = ''] = PAYLOADS;
  const pkce = makePkce();
  const legacy = await handOver(world, {
    family_name: hostile,
    given_name: attribute,
    email: 'a@example.jp',
    address: { region: '愛知県', locality: hostile, street_address: `${attribute}\n<b>` },
  });
  const pushed = await push(
    world,
    requestParams('attack-site', pkce, { prompt: 'create', legacy_profile: legacy, login_hint: hostile }),
  );
  expect(pushed.status).toBe(201);
  const requestUri = (JSON.parse(pushed.text) as { request_uri: string }).request_uri;
  const browser = world.browser();
  await browser.open(authorizationUrl(world.issuer, { client_id: 'attack-site', request_uri: requestUri }), CALLBACK);
  await browser.submit('/create', { terms: 'yes' });
  const email = freshEmail();
  await browser.submit('/create/email', { email });
  await browser.submit('/create/code', { code: await codeFor(world, email) });
  expectInert(browser.page, 'prefilled profile');
  expect(formsOf(browser.page.text)[0]?.fields.family_name).toBe(hostile);
  const typed = {
    ...PROFILE,
    family_name: attribute,
    given_name: hostile,
    locality: hostile,
    street_address: '"onmouseover="alert(1)',
    building: '</dd><script>alert(1)</script>',
  };
  await browser.submit('/create/profile', { ...typed, family_name_kana: hostile });
  expect(browser.page.status).toBe(422);
  expectInert(browser.page, 'refused profile');
  await browser.submit('/create/profile', typed);
  expect(browser.page.url).toContain('/confirm');
  expectInert(browser.page, 'confirmation');
  // Invisible and bidirectional characters are refused.
  await browser.open(browser.page.url.replace('/confirm', '/profile'));
  for (const given_name of ['a\u2028b', 'a\u202eb', 'a\u0000b', 'a\nb', 'a\u200bb']) {
    expect((await browser.post('/create/profile', { ...typed, given_name })).status).toBe(422);
  }
  for (const { html } of await world.mails()) expect(html).not.toMatch(HARMFUL);
  // One event is one line of JSON.
  for (const line of (world.nodes[0]?.output() ?? '').split('\n').filter((text) => text.startsWith('{')))
    expect(() => JSON.parse(line) as unknown).not.toThrow();
});

test("S54 EJS options in a request or in a view's data: without effect", async () => {
  // A view prints its data. Data that is named like an option of EJS changes nothing.
  const views = mkdtempSync(join(tmpdir(), 'views-'));
  writeFileSync(join(views, 'page.ejs'), '<p><%= v.name %></p>');
  const options = {
    outputFunctionName: "x; throw new Error('outputFunctionName'); s",
    escapeFunction: "1; throw new Error('escapeFunction')",
    localsName: "a = (() => { throw new Error('localsName') })()",
    destructuredLocals: ["a = (() => { throw new Error('destructuredLocals') })()"],
    escape: (text: string) => text,
    delimiter: '?',
    openDelimiter: '[',
    closeDelimiter: ']',
    client: true,
    compileDebug: true,
    strict: false,
    _with: true,
    cache: true,
    filename: '/etc/passwd',
    root: '/etc',
    views: ['/etc'],
  };
  for (const among of [options, { settings: { 'view options': options } }, { _locals: options, options }]) {
    for (const data of [among, JSON.parse(`{"__proto__":${JSON.stringify(among)}}`) as object])
      expect(createViewRenderer(views, false)('page', { ...data, name: '<b>' })).toBe('<p>&lt;b&gt;</p>');
  }
  rmSync(views, { recursive: true });
  // CVE-2022-29078: options of EJS in the data.
  const query =
    'settings[view options][outputFunctionName]=x;process.exit(7);s&settings[view options][escapeFunction]=1;process.exit(7)&cache=&root=/etc&delimiter=?&client=true&view=/error';
  for (const path of ['/', '/terms', '/nowhere', '/auth']) {
    const answer = await sendRaw(`${world.issuer}${path}?${encodeURI(query)}`);
    expect([200, 400, 404]).toContain(answer.status);
  }
  const { browser } = await begin(world, 'attack-web');
  const posted = await postBody(
    browser,
    '/login',
    'outputFunctionName=x&localsName=x;process.exit(7)&login_id=a&password=b&title=<b>&kind=site&errors=x',
  );
  expect([400, 422]).toContain(posted.status);
  expect((await world.request('/health/live')).status).toBe(200);
});

test('S55 paths in names of assets, languages and views: 404, and no file', async () => {
  const secrets = ['cookieKeys', '"dependencies"', 'root:x:', 'createPageApp', 'include('];
  const climbs = [
    '../package.json',
    '..%2fpackage.json',
    '%2e%2e/package.json',
    '%2e%2e%2fpackage.json',
    '..%5cpackage.json',
    '....//package.json',
    '../../../../etc/passwd',
    '%00',
    'base.css%00.ejs',
    '..%c0%afpackage.json',
    '../layout.ejs',
    '%2e%2e/layout.ejs',
    '../data/development-secrets.json',
    '.env',
    '../../.env',
    '/etc/passwd',
  ];
  for (const climb of climbs) {
    const answer = await world.request(`/assets/${climb}`);
    expect([climb, [400, 403, 404].includes(answer.status) || answer.status]).toEqual([climb, true]);
    for (const secret of secrets) expect(answer.text).not.toContain(secret);
  }
  for (const language of ['../../../package', '..%2f..%2fpackage', 'en/../../x', '__proto__', 'constructor', 'ja%00', 'C']) {
    const byQuery = await world.request(`/?lang=${language}`, { headers: { 'Accept-Language': 'ja' } });
    expect([byQuery.status, byQuery.headers['content-language']]).toEqual([200, 'ja']);
    const { page } = await begin(world, 'attack-web', { ui_locales: decodeURIComponent(language) });
    expect([page.status, page.headers['content-language']]).toEqual([200, 'ja']);
    const byCookie = await world.request('/', {
      headers: { Cookie: `common-id.language=${language}`, 'Accept-Language': language.replace(/[^a-z/.]/g, '') },
    });
    expect([byCookie.status, byCookie.headers['content-language']]).toEqual([200, 'ja']);
  }
  for (const path of [
    '/interaction/x/../../layout',
    '/interaction/x/%2e%2e',
    '/interaction/x/__proto__',
    '/interaction/x/constructor',
    '/views/layout.ejs',
    '/config/policy.json',
    '/terms/../package.json',
    '/postal-codes/..%2f..%2fpackage.json',
    '/postal-codes/__proto__.json',
  ]) {
    const answer = await world.request(path);
    expect([path, answer.status === 404 || answer.text === '{"places":[]}' || answer.status === 400]).toEqual([path, true]);
  }
});

test('S56 mail headers in addresses and names: refused; the code is in the text part, and there are no trackers', async () => {
  const { browser } = await registerUpTo(world, 'email');
  const before = (await world.mails()).length;
  const injections = [
    'a@example.jp\r\nBcc: b@example.jp',
    'a@example.jp\nSubject: x',
    'a@example.jp%0d%0aBcc:b@example.jp',
    '=?utf-8?q?a=40example.jp?=',
    'a@example.jp\r\n\r\nbody',
    '"a\r\nBcc: b"@example.jp',
    'a@example.jp\u2028Bcc: b@example.jp',
  ];
  for (const email of injections) expect([email, (await browser.post('/create/email', { email })).status]).toEqual([email, 422]);
  expect((await world.mails()).length).toBe(before);

  // Names with line ends are refused, so no mail can contain them; accepted names are harmless in every header.
  const { browser: person, email } = await registerUpTo(world, 'profile', {
    email: `x=?utf-8?q?=0d=0aBcc=${Math.random().toString(36).slice(2)}@example.jp`,
  });
  expect(
    (await person.post('/create/profile', { ...PROFILE, family_name: '伊藤\r\nBcc: b@example.jp', password: PASSWORD })).status,
  ).toBe(422);
  const mail = await world.mail(email);
  const raw = await world.rawMail(mail.id);
  const [head = '', ...body] = raw.split('\r\n\r\n');
  const unfolded = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const names = unfolded.map((line) => /^[\w-]+(?=:)/.exec(line)?.[0]?.toLowerCase());
  expect(names).not.toContain(undefined);
  expect(names.filter((name) => name === 'to')).toHaveLength(1);
  for (const forbidden of ['bcc', 'cc', 'reply-to']) expect(names).not.toContain(forbidden);
  expect(names).toContain('auto-submitted');
  expect(body.length).toBeGreaterThan(0);
  expect(mail.text.normalize('NFKC')).toMatch(/\b\d{6}\b/);
  expect(mail.html).not.toMatch(/<img|<script|background=|url\(|https?:\/\//i);
  expect(mail.text).not.toMatch(/https?:\/\//);
  expect(raw).not.toMatch(/^(Disposition-Notification-To|Return-Receipt-To):/im);
});
