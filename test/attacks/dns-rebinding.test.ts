// A foreign page points its own host name at a developer’s machine: design/security-2.md S129.
import { connect } from 'node:net';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { AppName } from '../../src/config/config.ts';
import { createPageApp } from '../../src/http/page-app.ts';
import { sendRaw } from '../support/http-browser.ts';
import { startWorld, type World } from '../support/world.ts';

const EVERY_APP: AppName[] = ['mailbox', 'dealer', 'id', 'owners-site', 'notebook', 'demo-clients', 'console'];

let world: World;
beforeAll(async () => {
  world = await startWorld({ apps: EVERY_APP });
});
afterAll(async () => world.stop());

/** Sends one request exactly as written. */
async function raw(origin: string, head: string): Promise<{ status: number; text: string }> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.write(`${head}\r\nConnection: close\r\n\r\n`);
  await once(socket, 'close');
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), text };
}

const ASKED: [keyof World['origins'], string, RegExp][] = [
  ['mailbox', '/messages.json', /^\[/m],
  ['dealerSystem', '/', /<main/],
  ['id', '/.well-known/openid-configuration', /issuer/],
  ['id', '/', /<main/],
  ['ownersSite', '/login', /<main/],
  ['notebook', '/', /<main/],
  ['demoClients', '/', /<main/],
  ['operationsConsole', '/', /<main/],
];

test.each(ASKED)(
  'S129 %s asked for %s under another host name, also in the request’s target: 421, without any content',
  async (app, path, own) => {
    const origin = world.origins[app];
    const { port } = new URL(origin);
    for (const head of [
      `GET ${path} HTTP/1.1\r\nHost: evil.example.jp:${port}`,
      `GET ${path} HTTP/1.1\r\nHost: localhost.evil.example.jp`,
      `GET ${path} HTTP/1.1\r\nHost: evil.localhost`,
      `GET ${path} HTTP/1.1\r\nHost: localhost@evil.example.jp`,
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1.evil.example.jp`,
      `GET ${path} HTTP/1.1\r\nHost: 192.168.0.7:${port}`,
      `GET ${path} HTTP/1.1\r\nHost: evil.example.jp\r\nX-Forwarded-Host: localhost:${port}`,
      `GET http://evil.example.jp:${port}${path} HTTP/1.1\r\nHost: localhost:${port}`,
      `GET http://localhost:${port}${path} HTTP/1.1\r\nHost: evil.example.jp`,
      `GET ${path} HTTP/1.0`,
    ]) {
      const { status, text } = await raw(origin, head);
      expect([head, status]).toEqual([head, 421]);
      expect(text).toContain(origin);
      expect(text.slice(text.indexOf('\r\n\r\n'))).not.toMatch(own);
    }
    for (const head of [
      `GET ${path} HTTP/1.1\r\nHost: localhost:${port}`,
      `GET ${path} HTTP/1.1\r\nHost: LOCALHOST`,
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:9`,
      `GET ${path} HTTP/1.1\r\nHost: [::1]:${port}`,
      `GET http://localhost:${port}${path} HTTP/1.1\r\nHost: localhost:${port}`,
    ]) {
      const { status, text } = await raw(origin, head);
      expect([head, status === 421]).toEqual([head, false]);
      expect(text).toMatch(status === 200 ? own : /^HTTP\/1\.1 30\d/);
    }
  },
);

test('S129 a person who opened it under another host name: a page in their language says which URL to open', async () => {
  const headers = { Host: 'my-machine:3000' };
  const answer = async (language: string) =>
    sendRaw(`${world.origins.mailbox}/`, { headers: { ...headers, 'Accept-Language': language } });
  expect(await answer('en')).toMatchObject({
    status: 421,
    text: `This page is not available at this address. Please open ${world.origins.mailbox}\n`,
  });
  expect((await answer('ja')).text).toBe(`このアドレスではご覧いただけません。${world.origins.mailbox} を開いてください。\n`);
});

test('S129 production, behind a proxy that uses its own host name: answered, and the name has no effect', async () => {
  const { koa } = createPageApp({
    app: 'common-id',
    origin: 'https://id.example.jp',
    cookieKeys: ['a-key-of-the-test'],
    trustProxy: 1,
    clock: Date.now,
    cacheViews: true,
    anyHost: true,
    log: pino({ level: 'silent' }),
  });
  koa.use((ctx) => {
    ctx.body = ctx.host;
  });
  const server = createServer(koa.callback()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const headers = { Host: 'node-1.internal:3000', 'X-Forwarded-Host': 'evil.example.jp' };
    expect(await sendRaw(url, { headers })).toMatchObject({ status: 200, text: 'id.example.jp' });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
