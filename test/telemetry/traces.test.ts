// Traces, with a real OTLP receiver: a login through the running program, a job, and a call to a dealer.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type Provider from 'oidc-provider';
import type { Deps } from '../../src/deps.ts';
import type { Dealer } from '../../src/config/config.ts';
import type { DealerBreaker } from '../../src/jobs/dealer-breaker.ts';
import { tellDealer } from '../../src/jobs/tell-dealer.ts';
import { createBackchannelLogout } from '../../src/oidc/clients/backchannel-logout.ts';
import type { Job } from '../../src/storage/storage.ts';
import { startTracing } from '../../src/telemetry/tracing.ts';
import { parseTraceparent } from '../../src/telemetry/trace-context.ts';
import { begin, returned, signIn } from '../attacks/support/client.ts';
import { DEMO_PASSWORD, startWorld, type World } from '../attacks/support/attack-world.ts';
import { freePorts } from '../support/free-ports.ts';
import { sendRaw } from '../support/http-browser.ts';
import { untilFound, untilTrue } from '../support/until-true.ts';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const NEVER_OPEN: DealerBreaker = { call: async (_address, call) => call() };
const CALLER = { trace: '4bf92f3577b34da6a3ce929d0e0e4736', span: '00f067aa0ba902b7' };

type Value = { stringValue?: string; intValue?: number };
type SpanSent = {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  kind: number;
  attributes: { key: string; value: Value }[];
  status: { code?: number };
};

/** Listens for OTLP over HTTP in JSON, as a collector does. */
async function startReceiver() {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      if (request.url === '/v1/traces') bodies.push(body);
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
    });
  });
  const url = await listenOn(server);
  const spans = (): SpanSent[] =>
    bodies.flatMap((body) => {
      const { resourceSpans } = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: SpanSent[] }[] }[] };
      return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
    });
  return { url, spans, bodies, close: () => server.close() };
}

async function listenOn(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const valueOf = ({ attributes }: SpanSent, name: string): string | number | undefined => {
  const value = attributes.find(({ key }) => key === name)?.value;
  return value?.stringValue ?? value?.intValue;
};

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let world: World;
beforeAll(async () => {
  receiver = await startReceiver();
  world = await startWorld({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_TRACES_SAMPLER_ARG: '1',
    },
  });
});
afterAll(async () => {
  await world.close();
  receiver.close();
});

test('a login: one trace a request with its storage and hash, the mail in the trace of its request, and one journey', async () => {
  const { browser } = await begin(world, 'attack-web');
  expect(returned(await signIn(browser)).has('code')).toBe(true);
  const login = await untilFound('the span of the login', async () =>
    receiver.spans().find(({ name }) => name === 'POST /interaction/:uid/login'),
  );
  const mail = await untilFound('the span of the mail', async () => receiver.spans().find(({ name }) => name === 'mail'));
  const spans = receiver.spans();
  const inLogin = spans.filter(({ traceId }) => traceId === login.traceId);
  expect(login.kind).toBe(2);
  expect(login.parentSpanId).toBeUndefined();
  expect([valueOf(login, 'http.response.status_code'), valueOf(login, 'http.route')]).toEqual([303, '/interaction/:uid/login']);
  const ofLogin = (name: string): SpanSent[] =>
    inLogin.filter((span) => span.name === name && span.parentSpanId === login.spanId);
  expect(ofLogin('password hash')).toHaveLength(1);
  expect(ofLogin('storage accounts.findByEmail').length).toBeGreaterThan(0);
  // The mail about a new browser is sent by a job, which belongs to the request that made it.
  const job = spans.find(({ spanId }) => spanId === mail.parentSpanId);
  expect(job?.name).toBe('job send_mail');
  const maker = spans.find(({ spanId }) => spanId === job?.parentSpanId);
  expect(maker?.traceId).toBe(mail.traceId);
  // The authorization request, the page, the login and the end have different traces and the same journey.
  const journey = valueOf(login, 'common_id.journey');
  const requests = spans.filter((span) => valueOf(span, 'common_id.journey') === journey);
  expect(new Set(requests.map(({ name }) => name))).toEqual(
    new Set(['GET /auth', 'GET /interaction/:uid/login', 'POST /interaction/:uid/login', 'GET /auth/:uid']),
  );
  expect(new Set(requests.map(({ traceId }) => traceId)).size).toBe(requests.length);
});

test('a caller’s trace is continued; a malformed one is not, and a refused or unrecorded request has no more spans', async () => {
  const ask = async (path: string, traceparent: string) => world.request(path, { headers: { traceparent } });
  const { trace, span } = CALLER;
  await ask('/health/ready?first', `00-${trace}-${span}-01`);
  await ask('/jwks', `00-${trace}-${'0'.repeat(16)}-01`);
  const unrecorded = 'a'.repeat(32);
  await ask('/health/ready?second', `00-${unrecorded}-${span}-00`);
  await ask('/terms', `00-${'b'.repeat(32)}-${span}-01`);
  const continued = await untilFound('the continued span', async () =>
    receiver.spans().find(({ name, traceId }) => name === 'GET /health/ready' && traceId === trace),
  );
  expect(continued.parentSpanId).toBe(span);
  const ping = receiver.spans().find(({ name, parentSpanId }) => name === 'storage ping' && parentSpanId === continued.spanId);
  expect(ping?.traceId).toBe(trace);
  await untilTrue('the last request’s span', async () => receiver.spans().some(({ traceId }) => traceId === 'b'.repeat(32)));
  expect(receiver.spans().filter(({ traceId }) => traceId === unrecorded)).toEqual([]);
  expect(receiver.spans().find(({ name }) => name.includes('/jwks') || name === 'GET jwks')?.parentSpanId).toBeUndefined();
});

test('no address, password, code, cookie or query reaches the receiver', async () => {
  const { browser, pkce } = await begin(world, 'attack-web', { login_hint: 'canary-hint@example.jp', state: 'canary-state' });
  const location = returned(await signIn(browser));
  const code = location.get('code') ?? '';
  expect(code).not.toBe('');
  const logins = (): number => receiver.spans().filter(({ name }) => name === 'POST /interaction/:uid/login').length;
  await untilTrue('the span of the second login', async () => logins() === 2);
  const sent = receiver.bodies.join('\n');
  for (const secret of ['sato@example.jp', DEMO_PASSWORD, 'canary', code, pkce.challenge, 'Mozilla', '127.'])
    expect([secret, sent.includes(secret)]).toEqual([secret, false]);
});

test('a call to a dealer is a span, and the dealer gets its trace; so is a logout token; the message of an error is not told', async () => {
  const headers: IncomingHttpHeaders[] = [];
  const dealer = createServer((request, response) => {
    headers.push(request.headers);
    response.writeHead(500).end('sato@example.jp');
  });
  const resource = await listenOn(dealer);
  const traces = await startTracing({ endpoint: `${receiver.url}/`, share: 1 });
  const deps = { traces, clock: Date.now, config: { issuer: world.issuer }, keys: { sign: async () => 'token' } };
  const delivery = {
    method: 'DELETE' as const,
    call: 'c',
    link: { id: 'canary-link', consent: { given_at: 1 } },
    dealer: { code: 'kanagawa-toyota', resource } as Dealer,
    signal: AbortSignal.timeout(10_000),
  };
  class Client {
    backchannelLogoutUri = 'https://client.example/logout';
    sendLogoutToken = async (): Promise<void> => Promise.reject(new TypeError('canary-link'));
  }
  const logout = createBackchannelLogout({ Client } as unknown as Provider, { clock: Date.now, traces }, NEVER_OPEN);
  const logOut = async (): Promise<void> =>
    logout.run({ client_id: 'told-1', sub: 's', removed: {} }, { created_at: 0 } as Job, AbortSignal.timeout(10_000));
  await traces.begin('consumer', 'job', `00-${CALLER.trace}-${CALLER.span}-01`, async ({ end }) => {
    await expect(tellDealer(deps as unknown as Deps, delivery)).rejects.toThrow('500');
    await expect(logOut()).rejects.toThrow('does not answer');
    end('job', {}, false);
  });
  // Outside of a trace nothing is recorded, and the dealer gets no header.
  await expect(tellDealer(deps as unknown as Deps, delivery)).rejects.toThrow('500');
  await traces.stop();
  dealer.close();
  const calls = receiver.spans().filter(({ name }) => name === 'dealer DELETE');
  expect(calls).toHaveLength(1);
  const [call] = calls;
  expect(call).toMatchObject({ traceId: CALLER.trace, kind: 3, status: { code: 2 } });
  expect([valueOf(call!, 'common_id.dealer'), valueOf(call!, 'error.type')]).toEqual(['kanagawa-toyota', 'Error']);
  expect(headers.map(({ traceparent }) => parseTraceparent(traceparent))).toEqual([
    { traceId: CALLER.trace, spanId: call?.spanId, sampled: true },
    undefined,
  ]);
  const told = receiver.spans().find(({ name }) => name === 'logout');
  expect(told).toMatchObject({ traceId: CALLER.trace, kind: 3, status: { code: 2 } });
  expect([valueOf(told!, 'common_id.client_id'), valueOf(told!, 'error.type')]).toEqual(['told-1', 'TypeError']);
  expect(receiver.bodies.join('')).not.toContain('canary-link');
});

test('half of the traces are recorded: a job decides as its request did, and a caller can leave its trace out but not ask for more', async () => {
  const traces = await startTracing({ endpoint: receiver.url, share: 0.5 });
  const decide = async (caller?: string): Promise<{ isRecorded: boolean; header: string }> =>
    traces.begin('server', 'half', caller, async ({ isRecorded, traceparent: header, end }) => {
      const within = await traces.span('internal', 'within', {}, async () => traces.traceparent());
      expect([within === header, parseTraceparent(within)?.sampled]).toEqual([!isRecorded, isRecorded]);
      end('half', {}, false);
      return { isRecorded, header };
    });
  const traceId = (): string => randomBytes(16).toString('hex');
  for (const caller of [() => undefined, () => `00-${traceId()}-${CALLER.span}-01`]) {
    const decisions = await Promise.all(Array.from({ length: 200 }, async () => decide(caller())));
    const recorded = decisions.filter(({ isRecorded }) => isRecorded).length;
    expect(recorded).toBeGreaterThan(50);
    expect(recorded).toBeLessThan(150);
    const jobs = await Promise.all(decisions.map(async ({ header }) => decide(header)));
    expect(jobs.map(({ isRecorded }) => isRecorded)).toEqual(decisions.map(({ isRecorded }) => isRecorded));
  }
  const leftOut = await Promise.all(Array.from({ length: 50 }, async () => decide(`00-${traceId()}-${CALLER.span}-00`)));
  expect(leftOut.filter(({ isRecorded }) => isRecorded)).toEqual([]);
  await traces.stop();
});

test('a receiver that is away: the program answers as ever, and ends', async () => {
  const [port] = await freePorts(1);
  const traces = await startTracing({ endpoint: `http://127.0.0.1:${port}`, share: 1 });
  const result = await traces.begin('server', 'GET', undefined, async ({ end }) => {
    const value = await traces.span('internal', 'work', {}, async () => 42);
    end('GET', {}, false);
    return value;
  });
  await traces.stop();
  expect(result).toBe(42);
});

/** Tells each module of OpenTelemetry that is loaded. */
const WATCH = `data:text/javascript,${encodeURIComponent(`import { registerHooks } from 'node:module';
registerHooks({ load(url, context, next) { if (url.includes('@opentelemetry')) process.stderr.write('LOADED ' + url + '\\n'); return next(url, context); } });`)}`;

test('without OTEL_EXPORTER_OTLP_ENDPOINT no module of OpenTelemetry is loaded; with it they are', async () => {
  const loadedWith = async (env: Record<string, string>): Promise<string[]> => {
    const [port] = await freePorts(1);
    const { OTEL_EXPORTER_OTLP_ENDPOINT: _none, ADMIN_PORT: _port, ...settings } = world.env;
    const child = spawn(process.execPath, ['--no-warnings', '--import', WATCH, MAIN, 'id'], {
      env: { PATH: process.env.PATH, ...settings, PORT: String(port), LOG_LEVEL: 'silent', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const written = text(child.stderr);
    const ended = once(child, 'exit');
    await untilTrue('it answers', async () => (await answers(`http://127.0.0.1:${port}/health/live`)) || child.exitCode !== null);
    child.kill('SIGINT');
    await ended;
    return (await written).split('\n').filter((line) => line.startsWith('LOADED '));
  };
  const answers = async (url: string): Promise<boolean> =>
    sendRaw(url)
      .then(({ status }) => status > 0)
      .catch(() => false);
  const [off, on] = [await loadedWith({}), await loadedWith({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url })];
  expect(off).toEqual([]);
  expect(on.length).toBeGreaterThan(10);
});
