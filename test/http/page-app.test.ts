// The machinery of all page apps, over real HTTP.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createPageApp } from '../../src/http/page-app.ts';
import { StorageUnavailable } from '../../src/storage/storage.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { serve, type Served } from '../apps/serve.ts';
import { mainOf, sendRaw, type Answer } from '../support/http-browser.ts';

let served: Served<object>;
const lines: string[] = [];
let now = Date.now();

beforeAll(async () => {
  served = await serve(async (origin) => {
    const app = createPageApp({
      app: 'common-id',
      origin,
      cookieKeys: ['a-key-of-the-test'],
      trustProxy: 0,
      log: createLog('test', 'error', { write: (line) => void lines.push(line) }),
      clock: () => now,
      cacheViews: true,
      // Fails before the middleware that answers errors with a page.
      brand: ({ path }) => {
        if (path === '/before-pages') throw new Error('broken');
        return 'toyota';
      },
      forPrograms: new Map([['/token-without-database', async () => Promise.reject(new StorageUnavailable('gone'))]]),
    });
    app.koa.use(async (ctx, next) => {
      if (ctx.path === '/without-database') throw new StorageUnavailable('gone');
      await next();
    });
    const [readForm, checkCsrf] = app.forms;
    app.koa.use(async (ctx, next) => {
      if (!['/before-csrf', '/form'].includes(ctx.path)) return next();
      const fail = async (): Promise<never> => Promise.reject(new StorageUnavailable('gone'));
      return readForm?.(ctx, ctx.path === '/before-csrf' ? fail : async () => checkCsrf?.(ctx, fail));
    });
    return app;
  });
});

afterAll(() => served.close());

test('an asset is served, and may be cached', async () => {
  const answer = await sendRaw(`${served.origin}/assets/base.css`);
  expect(answer.status).toBe(200);
  expect(answer.headers['content-type']).toContain('text/css');
  expect(answer.headers['cache-control']).toBe('max-age=3600');
});

test.each([
  '/assets/',
  '/assets/none.css',
  '/assets/../layout.ejs',
  '/assets/..%2flayout.ejs',
  '/assets/%2e%2e/common-id/login.ejs',
  '/assets/../../package.json',
  '/assets//etc/passwd',
  '/assets/%00',
  '/assets/%E0',
])('S55 %s is a page that is not there, and tells nothing of the machine', async (path) => {
  const answer = await sendRaw(`${served.origin}${path}`);
  expect(answer.status).toBe(404);
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(answer.text).toContain('ページが見つかりません');
  expect(answer.text).not.toMatch(/ENOENT|views|<%/);
});

test('a program gets the same error as JSON, with the headers that matter to it', async () => {
  const answer = await sendRaw(`${served.origin}/token-without-database`, { method: 'POST' });
  expect(answer.status).toBe(503);
  expect(answer.headers['retry-after']).toBe('5');
  expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{12}$/);
  expect(answer.headers['content-security-policy']).toBe("default-src 'none'; frame-ancestors 'none'");
  expect(answer.headers['x-content-type-options']).toBe('nosniff');
  expect(answer.headers).not.toHaveProperty('x-download-options');
  const requestId = answer.headers['x-request-id'];
  expect(JSON.parse(answer.text)).toEqual({ error: 'temporarily_unavailable', request_id: requestId });
});

test.each([
  ['/assets/base.css', {}],
  ['/nowhere', {}],
  ['/without-database', {}],
  ['/before-pages', {}],
  ['/assets/base.css', { Host: 'attacker.example' }],
])('the answer to %s %j has the id of the request, and so has its line in the log', async (path, headers) => {
  const answer = await sendRaw(`${served.origin}${path}`, { headers, mayFail: true });
  expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{12}$/);
  if (answer.status >= 500) expect(lines.join('')).toContain(`"request_id":"${String(answer.headers['x-request-id'])}"`);
});

test('an unreachable database: 503 with Retry-After, never a 500', async () => {
  const answer = await sendRaw(`${served.origin}/without-database`);
  expect(answer.status).toBe(503);
  expect(answer.headers['retry-after']).toBe('5');
  expect(answer.text).toContain('少し待ってから');
});

describe('R7 the error of a form', () => {
  const sendForm = async (headers = {}): Promise<Answer> =>
    sendRaw(`${served.origin}/without-database`, { method: 'POST', headers: { 'Accept-Language': 'ja', ...headers } });
  const BUSY = 'ただいま混み合っています';

  test('a browser gets an address that shows it again and again, in any language, and says how long to wait', async () => {
    const answer = await sendForm({ 'Sec-Fetch-Mode': 'navigate' });
    expect([answer.status, answer.text.includes(BUSY)]).toEqual([303, false]);
    const address = answer.location ?? '';
    const waits: number[] = [];
    for (let view = 0; view < 3; view += 1) {
      const page = await sendRaw(address);
      expect([page.status, page.text.includes(BUSY), page.headers['cache-control']]).toEqual([503, true, 'no-store']);
      // The number is that of the request that failed, which the log has.
      expect(page.text).toContain(String(answer.headers['x-request-id']));
      expect(page.text).toContain('href="/without-database"');
      waits.push(Number(page.headers['retry-after']));
      now += 1000;
    }
    expect(waits).toEqual([waits[0], Number(waits[0]) - 1, Number(waits[0]) - 2].map((left) => Math.max(1, Number(left))));
    expect((await sendRaw(`${address}&lang=en`)).text).toContain('lang="en"');
  });

  test('a program, or a script of the page: the answer to its POST', async () => {
    for (const headers of [{}, { 'Sec-Fetch-Mode': 'cors' }])
      expect([headers, (await sendForm(headers)).status]).toEqual([headers, 503]);
  });

  test('a form that did not prove that it is ours is not put into our page, where one press would send it', async () => {
    const body = new URLSearchParams({ csrf_token: 'x', email: 'from-another-site@example.jp' });
    for (const [path, status] of [
      ['/before-csrf', 503],
      ['/form', 403],
    ] as const) {
      const answer = await sendRaw(`${served.origin}${path}`, { method: 'POST', body });
      expect([path, answer.status, /<form|from-another-site/.test(mainOf(answer))]).toEqual([path, status, false]);
    }
  });

  test('an address that is old, of another path or changed: the page of the path, which knows nothing of it', async () => {
    const { location = '', headers } = await sendForm({ 'Sec-Fetch-Mode': 'navigate' });
    const number = String(headers['x-request-id']);
    const [text = '', signature = ''] = (new URL(location).searchParams.get('failed') ?? '').split('.');
    const forged = Buffer.from(text, 'base64url').toString().replace('503', '200');
    const at = async (path: string, value: string): Promise<number> =>
      (await sendRaw(`${served.origin}${path}?failed=${encodeURIComponent(value)}`)).status;
    expect(await at('/elsewhere', `${text}.${signature}`)).toBe(404);
    for (const value of ['', '.', 'x', text, `${Buffer.from(forged).toString('base64url')}.${signature}`])
      expect([value, await at('/elsewhere', value)]).toEqual([value, 404]);
    now += 2 * 60 * 1000 - 1;
    expect((await sendRaw(location)).text).toContain(number);
    now += 1;
    expect((await sendRaw(location)).text).not.toContain(number);
  });
});
