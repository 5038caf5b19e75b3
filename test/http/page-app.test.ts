// The machinery of all page apps, over real HTTP.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createPageApp } from '../../src/http/page-app.ts';
import { StorageUnavailable } from '../../src/storage/storage.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { serve, type Served } from '../apps/serve.ts';
import { sendRaw } from '../support/http-browser.ts';

let served: Served<object>;
const lines: string[] = [];

beforeAll(async () => {
  served = await serve(async (origin) => {
    const app = createPageApp({
      app: 'common-id',
      origin,
      cookieKeys: ['a-key-of-the-test'],
      trustProxy: 0,
      log: createLog('test', 'error', { write: (line) => void lines.push(line) }),
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
