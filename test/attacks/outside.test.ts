// What others make us keep and read: design/security-2.md S113 to S115.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { boundedFetch } from '../../src/http/bounded-fetch.ts';
import type { Answer } from '../support/http-browser.ts';
import { CALLBACK, makeTestKey, startWorld, type TestKey, type World } from './support/attack-world.ts';
import { assertion, parseJson } from './support/client.ts';

jest.setTimeout(120_000);

const KINDS = ['small', 'large', 'gzip'] as const;
type Kind = (typeof KINDS)[number];

let world: World;
let key: TestKey;
let outside: Server;
let outsideUrl: string;
let asked: IncomingMessage[] = [];

beforeAll(async () => {
  key = await makeTestKey();
  outside = createServer((request, response) => {
    asked.push(request);
    const kind = request.url?.slice(1);
    const keys = JSON.stringify({ keys: [key.publicJwk] });
    if (kind === 'slow') response.write(' ');
    else if (kind === 'endless') {
      response.on('error', () => undefined);
      const more = (): void => void (response.writable && response.write(' '.repeat(16_384), () => setImmediate(more)));
      more();
    } else if (kind === 'gzip') response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(keys));
    else response.end(kind === 'large' ? keys + ' '.repeat(65_537) : keys);
  });
  await new Promise<void>((resolve) => {
    outside.listen(0, '127.0.0.1', resolve);
  });
  outsideUrl = `http://127.0.0.1:${(outside.address() as AddressInfo).port}`;
  const client = (kind: Kind): object => ({
    client_name: `Keys ${kind}`,
    application_type: 'web',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: `${outsideUrl}/${kind}`,
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'client_credentials'],
    scope: 'openid profile migration:read',
    common_id: { first_party: true, contact: 'attacks', legacy_import: true },
  });
  world = await startWorld({
    env: { TRUST_PROXY: 'true' },
    clients: Object.fromEntries(KINDS.map((kind) => [`keys-${kind}`, client(kind)])),
  });
});
afterAll(async () => {
  await world?.close();
  outside?.closeAllConnections();
  outside?.close();
});

test('S114 compressed, large, endless and slow answers of others: refused, before they cost memory', async () => {
  asked = [];
  const read = async (kind: string, options?: RequestInit): Promise<string> =>
    boundedFetch(`${outsideUrl}/${kind}`, options).then(
      async (answer) => String(((await answer.json()) as { keys: unknown[] }).keys.length),
      (error: unknown) => (error as Error).message,
    );
  expect(await read('small')).toBe('1');
  expect(await read('large')).toBe('the answer is longer than 65536 bytes');
  expect(await read('endless')).toBe('the answer is longer than 65536 bytes');
  expect(await read('gzip')).toBe('the answer is encoded (gzip), which was not asked for');
  expect(await read('slow', { signal: AbortSignal.timeout(200) })).toMatch(/timeout/);
  expect(asked.map(({ headers }) => headers['accept-encoding'])).toEqual(asked.map(() => 'identity'));
});

test('S114 the same as the keys of a client: its authentication is refused', async () => {
  asked = [];
  for (const kind of KINDS) {
    const clientId = `keys-${kind}`;
    const fields = {
      grant_type: 'client_credentials',
      scope: 'migration:read',
      ...(await assertion(clientId, key, world.issuer)),
    };
    const answer = await world.request('/token', { method: 'POST', body: new URLSearchParams(fields) });
    expect([kind, answer.status]).toEqual([kind, kind === 'small' ? 200 : 401]);
  }
  expect(asked.map(({ headers }) => headers['accept-encoding'])).toEqual(asked.map(() => 'identity'));
  expect(asked.length).toBeGreaterThanOrEqual(3);
});

test('S115 invented schemes and hosts in the headers of a proxy: the document is the issuer’s, for whoever asks next too', async () => {
  const path = '/.well-known/openid-configuration';
  const ask = async (headers: Record<string, string>): Promise<Answer> => world.request(path, { headers });
  const usual = (await ask({})).text;
  const odd = ['javascript', 'https', 'ftp', 'HTTP', 'x'.repeat(4000), '\u00e9', 'http, https', '', '__proto__'];
  for (const proto of odd) {
    expect([proto, (await ask({ 'X-Forwarded-Proto': proto, 'X-Forwarded-Host': 'evil.example' })).text]).toEqual([proto, usual]);
  }
  expect((await ask({ 'X-Forwarded-Proto': 'javascript', Origin: 'https://app.example' })).text).toBe(usual);
  expect((parseJson(usual) as { token_endpoint: string }).token_endpoint).toBe(`${world.issuer}/token`);
});
