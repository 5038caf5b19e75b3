// The logos that the consent page shows.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Client } from '../../../src/config/config.ts';
import { createClientLogos, lookUpOutside } from '../../../src/oidc/clients/client-logos.ts';
import { createLog } from '../../../src/telemetry/log.ts';

const PNG = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(100)]);
const ANSWERS: Record<string, [status: number, type: string, body: Buffer | string]> = {
  '/logo.png': [200, 'text/html', PNG],
  '/logo.jpg': [200, 'image/jpeg', Buffer.concat([Buffer.from('ffd8ff', 'hex'), Buffer.alloc(10)])],
  '/logo.webp': [200, 'image/webp', `RIFF0000WEBP${'x'.repeat(10)}`],
  '/logo.svg': [200, 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
  '/page': [200, 'image/png', '<!doctype html><title>x</title>'],
  '/huge': [200, 'image/png', Buffer.concat([PNG, Buffer.alloc(100 * 1024)])],
  '/missing': [404, 'image/png', PNG],
  '/moved': [302, 'image/png', PNG],
};

let server: Server;
let origin: string;
beforeAll(async () => {
  server = createServer(({ url = '' }, response) => {
    const [status, type, body] = ANSWERS[url] ?? [500, 'text/plain', ''];
    response.writeHead(status, { 'Content-Type': type, Location: '/logo.png' }).end(body);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function typeOf(url: string, mode: 'development' | 'production' = 'development') {
  const told: string[] = [];
  const log = createLog('test', 'warn', { write: (line) => told.push(line) });
  const client = { metadata: { client_id: 'app', logo_uri: url } } as unknown as Client;
  const logos = createClientLogos([client], mode, log);
  await logos.loaded;
  return { type: logos.find('app')?.type, told: told.length };
}

test.each([
  ['/logo.png', 'image/png'],
  ['/logo.jpg', 'image/jpeg'],
  ['/logo.webp', 'image/webp'],
])('R20 the image %s: it is kept, with the type of its own bytes', async (path, type) => {
  expect(await typeOf(`${origin}${path}`)).toEqual({ type, told: 0 });
});

test.each(['/logo.svg', '/page', '/huge', '/missing', '/moved'])(
  'R20 the answer %s: it is not used, and the log says so',
  async (path) => {
    expect(await typeOf(`${origin}${path}`)).toEqual({ type: undefined, told: 1 });
  },
);

test('R20 an address of the own network in production: nothing is asked there', async () => {
  for (const url of [
    `${origin}/logo.png`,
    'http://[::1]/logo.png',
    'http://169.254.169.254/logo.png',
    'http://localhost/logo.png',
  ])
    expect(await typeOf(url, 'production')).toEqual({ type: undefined, told: 1 });
  // A public name that resolves to an address inside.
  const problem = await new Promise<Error | null>((resolve) => {
    lookUpOutside('localhost', { all: true }, (error) => resolve(error));
  });
  expect(problem?.message).toBe('localhost is an internal address');
});
