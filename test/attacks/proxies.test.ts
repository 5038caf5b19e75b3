// Behind any proxy (design/reality.md R3, R4): docs/proxies.md as a test, with a real nginx. What the program sees is what its limits, links and cookies are
// made of.
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseTrustProxy } from '../../src/config/settings/trust-proxy.ts';
import { createClientAddress, type TrustProxy } from '../../src/http/client-address.ts';
import { networkOf, sourceOf } from '../../src/http/network.ts';
import { createPageApp } from '../../src/http/page-app.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { serve, type Served } from '../apps/serve.ts';
import { freePorts } from '../support/free-ports.ts';
import { nginxForTests, startNginx, visit, type Hop, type Nginx } from '../support/nginx.ts';

const ISSUER = 'https://id.example.jp';
const SECURE = { href: `${ISSUER}/seen?x=1`, host: 'id.example.jp', secure: true };

/** Where the lines of nginx come from that a set-up needs. */
const ADDS = 'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;';
const HTTPS = 'proxy_set_header X-Forwarded-Proto https;';
/** The address from which the CDN's machines call the ingress. */
const CDN = 'proxy_bind 127.77.3.1;';

type SetUp = {
  name: string;
  trust: string;
  /** The lines of each nginx, beginning with the one that the visitor calls; none where the visitor calls the program. */
  hops: string[][];
  /** Which nginx the visitor calls, if not the first. */
  enters?: number;
};

const SET_UPS: SetUp[] = [
  { name: 'nginx that sets both headers', trust: 'true', hops: [[ADDS, HTTPS]] },
  { name: 'nginx by its address', trust: '127.0.0.1', hops: [[ADDS, HTTPS]] },
  { name: 'nginx that sends no X-Forwarded-Proto', trust: '1', hops: [[ADDS]] },
  { name: 'nginx that says http', trust: '1', hops: [[ADDS, 'proxy_set_header X-Forwarded-Proto http;']] },
  { name: 'nginx that passes the name on', trust: '1', hops: [[ADDS, HTTPS, 'proxy_set_header Host $host;']] },
  { name: 'nginx that overwrites X-Forwarded-For', trust: '1', hops: [['proxy_set_header X-Forwarded-For $remote_addr;']] },
  { name: 'two hops', trust: '2', hops: [[ADDS], [ADDS, HTTPS]] },
  { name: 'CDN and ingress, by number', trust: '2', hops: [[ADDS, HTTPS, CDN], [ADDS]] },
  { name: 'CDN and ingress, by network', trust: '127.0.0.1, 127.77.0.0/16', hops: [[ADDS, HTTPS, CDN], [ADDS]] },
  { name: 'past the CDN to the ingress, by network', trust: '127.0.0.1,127.77.0.0/16', hops: [[ADDS, CDN], [ADDS]], enters: 1 },
  { name: 'three hops', trust: '3', hops: [[ADDS], [ADDS], [ADDS]] },
];

/** How a proxy may write an address, and which visitors it can write so. */
const SPELLINGS: [string, string, string[]][] = [
  ['ip:port (Azure)', '$remote_addr:$remote_port', ['198.51.100.7', '203.0.113.9']],
  ['[v6]', '[$remote_addr]', ['2001:db8:1::7', '2001:db8:2::9']],
  ['[v6]:port', '[$remote_addr]:$remote_port', ['2001:db8:1::7', '2001:db8:2::9']],
  ['v4-mapped', '::ffff:$remote_addr', ['198.51.100.7', '203.0.113.9']],
  ['v4-mapped with a port', '[::ffff:$remote_addr]:$remote_port', ['198.51.100.7', '203.0.113.9']],
];

const VISITORS = ['198.51.100.7', '203.0.113.9', '2001:db8:1::7'];
const FORGED = ['198.18.0.1', '198.18.0.1, 198.18.0.2', 'unknown', '::1', '127.0.0.1', '"><script>', '[::1]:80, 10.0.0.1:99999'];

type Seen = { ip: string; source: string; network: string; href: string; host: string; secure: boolean };

const program = nginxForTests();
const suite = program === undefined ? describe.skip : describe;
const lines: string[] = [];
const served: Served<object>[] = [];
let nginx: Nginx | undefined;
/** The port that visitors call, of each set-up. */
const fronts = new Map<string, number>();

async function startSeeing(trust: string): Promise<number> {
  const trustProxy = parseTrustProxy(trust);
  if (trustProxy === undefined) throw new Error(`${trust} is no TRUST_PROXY`);
  const app = await serve(async () => {
    const { koa } = createPageApp({
      app: 'common-id',
      origin: ISSUER,
      cookieKeys: ['a-key-of-the-test'],
      trustProxy,
      log: createLog('test', 'warn', { write: (line: string) => void lines.push(line) }),
      clock: Date.now,
      cacheViews: true,
      anyHost: true,
    });
    koa.use((ctx) => {
      // Koa refuses a secure cookie where it takes the connection for an insecure one.
      ctx.cookies.set('seen', '1', { secure: true, signed: false });
      const { ip, href, host, secure } = ctx;
      ctx.body = { ip, source: sourceOf(ip), network: networkOf(ip), href, host, secure } satisfies Seen;
    });
    return { koa };
  });
  served.push(app);
  return Number(new URL(app.origin).port);
}

beforeAll(async () => {
  fronts.set('none', await startSeeing('false'));
  if (program === undefined) return;
  const spelled = SPELLINGS.map(([name, value]): SetUp => ({
    name,
    trust: '1',
    hops: [[`proxy_set_header X-Forwarded-For "$http_x_forwarded_for, ${value}";`]],
  }));
  const odd = ['nothing', 'words'].map((name): SetUp => ({
    name,
    trust: '1',
    hops: [[`proxy_set_header X-Forwarded-For "${name === 'words' ? 'visitor-of-$remote_addr' : ''}";`]],
  }));
  const all: Hop[] = [];
  for (const { name, trust, hops, enters = 0 } of [...SET_UPS, ...spelled, ...odd]) {
    const ports = [...(await freePorts(hops.length)), await startSeeing(trust)];
    hops.forEach((hop, index) =>
      all.push({ port: ports[index] ?? 0, to: ports[index + 1] ?? 0, lines: hop, front: index === enters }),
    );
    fronts.set(name, ports[enters] ?? 0);
  }
  nginx = await startNginx(program, all);
});

afterAll(async () => {
  await nginx?.stop();
  await Promise.all(served.map(async (app) => app.close()));
});

async function see(setUp: string, from: string | undefined, headers: Record<string, string> = {}): Promise<Seen> {
  const body = await visit(fronts.get(setUp) ?? 0, '/seen?x=1', from, headers);
  return JSON.parse(body) as Seen;
}

const seenAs = (address: string): Seen => ({
  ip: address,
  source: sourceOf(address),
  network: networkOf(address),
  ...SECURE,
});

test('R3 no proxy, with any header that a proxy could send: the issuer’s scheme and host, and the connection’s address', async () => {
  expect(await see('none', undefined)).toEqual(seenAs('127.0.0.1'));
  for (const proto of ['http', 'https', 'javascript', '']) {
    for (const forged of FORGED) {
      const headers = { 'X-Forwarded-Proto': proto, 'X-Forwarded-For': forged, 'X-Forwarded-Host': 'evil.example', Host: 'evil' };
      expect([proto, forged, await see('none', undefined, headers)]).toEqual([proto, forged, seenAs('127.0.0.1')]);
    }
  }
});

test('R3 a request target that names another site (RFC 9112 3.2.2): the issuer’s scheme and host', async () => {
  const body = await visit(fronts.get('none') ?? 0, 'http://evil.example/seen?x=1');
  expect(JSON.parse(body)).toEqual(seenAs('127.0.0.1'));
});

suite(program === undefined ? 'behind a proxy (skipped: this machine has no nginx)' : 'behind a proxy', () => {
  test.each(SET_UPS)('R4 $name: each visitor has their own address, and the issuer decides scheme and host', async ({ name }) => {
    for (const visitor of VISITORS) expect([visitor, await see(name, visitor)]).toEqual([visitor, seenAs(visitor)]);
  });

  test.each(SET_UPS)('R4 $name, with a spoofed left side: nothing of it counts', async ({ name }) => {
    for (const forged of FORGED) {
      const seen = await see(name, '198.51.100.7', { 'X-Forwarded-For': forged, 'X-Forwarded-Proto': 'gopher' });
      expect([forged, seen]).toEqual([forged, seenAs('198.51.100.7')]);
    }
  });

  test.each(SPELLINGS)('R4 a proxy that writes %s: read', async (name, _value, visitors) => {
    for (const visitor of visitors) {
      expect([visitor, await see(name, visitor, { 'X-Forwarded-For': '198.18.0.1' })]).toEqual([visitor, seenAs(visitor)]);
    }
  });

  test('R4 a proxy that writes no address: told once, without it, and each visitor counts apart', async () => {
    lines.length = 0;
    const seen = await Promise.all(VISITORS.map(async (visitor) => see('words', visitor)));
    expect(new Set(seen.map(({ source }) => source)).size).toBe(VISITORS.length);
    expect(new Set(seen.map(({ network }) => network)).size).toBe(VISITORS.length);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({
        level: 40,
        msg: 'a trusted proxy writes to X-Forwarded-For what is no address',
        shape: expect.stringMatching(/^aaaaaaa-aa-[9a]+[.:]/),
      }),
    ]);
    for (const visitor of VISITORS) expect(lines.join()).not.toContain(visitor);
  });

  test('R4 a trusted proxy that sends no X-Forwarded-For: told', async () => {
    lines.length = 0;
    expect(await see('nothing', '198.51.100.7')).toEqual(seenAs('127.0.0.1'));
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      'the trusted proxy sends no X-Forwarded-For: limits count all its visitors as one',
    ]);
  });
});

function requestWith(forwarded: string, peer: string): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: peer });
  const request = new IncomingMessage(socket);
  request.headers['x-forwarded-for'] = forwarded;
  return request;
}

test('R4 an address that cannot be read, for hours: told once a minute', () => {
  lines.length = 0;
  let now = 1000;
  const log = createLog('test', 'warn', { write: (line: string) => void lines.push(line) });
  const addressOf = createClientAddress(1, log, () => now);
  const count = (): number => {
    addressOf(requestWith('_hidden', '10.0.0.1'));
    return lines.length;
  };
  expect([count(), count()]).toEqual([1, 1]);
  now += 59_999;
  expect(count()).toBe(1);
  now += 1;
  expect([count(), count()]).toEqual([2, 2]);
});

test('R4 fewer entries than proxies: the furthest one, as Express has it', () => {
  const of = (trust: TrustProxy, forwarded: string, peer = '10.0.0.1'): string =>
    createClientAddress(trust, createLog('test', 'silent'))(requestWith(forwarded, peer));
  expect(of(3, '198.51.100.7')).toBe('198.51.100.7');
  expect(of(['10.0.0.0/8'], '10.0.0.3, 10.0.0.2')).toBe('10.0.0.3');
  expect(of(['10.0.0.0/8'], '198.51.100.7, 10.0.0.2', '::ffff:10.0.0.1')).toBe('198.51.100.7');
  expect(of(['10.0.0.0/8'], '198.51.100.7', '203.0.113.1')).toBe('203.0.113.1');
  expect(of(['2001:db8::/32'], '198.51.100.7', '2001:db8::1')).toBe('198.51.100.7');
});

test('R4 values of TRUST_PROXY: a number, networks and names as Express has them; all else is refused', () => {
  const good: [string, TrustProxy][] = [
    ['true', 1],
    ['false', 0],
    ['0', 0],
    ['2', 2],
    ['10.0.0.0/8', ['10.0.0.0/8']],
    ['192.0.2.7, 2001:DB8::/32', ['192.0.2.7/32', '2001:db8::/32']],
    ['::ffff:192.0.2.7', ['192.0.2.7/32']],
    ['loopback', ['127.0.0.0/8', '::1/128']],
  ];
  for (const [value, trust] of good) expect([value, parseTrustProxy(value)]).toEqual([value, trust]);
  for (const value of [
    'yes',
    '10',
    '-1',
    '1.5',
    '10.0.0.0/33',
    '10.0.0/8',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    'proxy.example',
    ',',
    'fe80::1%eth0',
  ])
    expect([value, parseTrustProxy(value)]).toEqual([value, undefined]);
});
