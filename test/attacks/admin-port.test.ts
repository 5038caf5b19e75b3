// Information that only operators get: design/security-2.md S130.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sendRaw } from '../support/http-browser.ts';
import { freePorts } from '../support/free-ports.ts';
import { prometheusForTests, readQueries, RULES, startPrometheus } from '../support/prometheus.ts';
import { begin, returned, signIn } from './support/client.ts';
import { startWorld, type World } from './support/attack-world.ts';
import { untilFound, untilTrue } from '../support/until-true.ts';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

const PROMETHEUS = prometheusForTests();

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => world.close());

type Told = {
  status: string;
  ready: number;
  expected: number;
  processes: { pid: number; configuration: { version: string }; draining: boolean }[];
};
const json = (text: string): Told => JSON.parse(text) as Told;

test('S130 any request with any forwarding headers: only the status, no reasons and no metrics', async () => {
  for (const [path, status] of [
    ['/health/live', 'alive'],
    ['/health/ready', 'ready'],
  ] as const)
    expect(JSON.parse((await world.request(path)).text)).toEqual({ status });
  for (const headers of [{}, { 'X-Forwarded-For': '127.0.0.1' }, { 'X-Forwarded-Host': new URL(world.admin).host }] as Record<
    string,
    string
  >[])
    expect((await world.request('/metrics', { headers })).status).toBe(404);
});

test('S130 the operators’ port: metrics, and readiness with its reasons; nothing else, and not under another host name', async () => {
  const ready = await sendRaw(`${world.admin}/health/ready`);
  expect([ready.status, ready.headers['cache-control']]).toEqual([200, 'no-store']);
  expect(json(ready.text)).toMatchObject({
    status: 'ready',
    ready: 1,
    expected: 1,
    processes: [
      {
        status: 'ready',
        database: 'answers',
        draining: false,
        configuration: { version: expect.stringMatching(/^[0-9a-f]{12}$/) },
      },
    ],
  });
  const metrics = await sendRaw(`${world.admin}/metrics`);
  expect(metrics.headers['content-type']).toMatch(/^text\/plain; version=/);
  for (const line of [
    /^common_id_config_last_reload_successful 1$/m,
    /^process_cpu_seconds_total /m,
    /^common_id_config_in_force_since_seconds\{version="[0-9a-f]{12}"\} /m,
  ])
    expect(metrics.text).toMatch(line);
  expect((await sendRaw(`${world.admin}/health/live`)).text).toBe('{"status":"alive"}');
  for (const path of ['/', '/auth', '/jwks', '/constructor', '/health', '//metrics'])
    expect([path, (await sendRaw(`${world.admin}${path}`)).status]).toEqual([path, 404]);
  expect((await sendRaw(`${world.admin}/metrics`, { method: 'POST' })).status).toBe(405);
  for (const host of ['evil.example.jp', 'evil.example.jp:9464', 'localhost.evil.example.jp'])
    expect([host, (await sendRaw(`${world.admin}/metrics`, { headers: { Host: host } })).status]).toEqual([host, 421]);
  for (const host of ['localhost', 'localhost:1', '127.0.0.1', '[::1]:9464'])
    expect([host, (await sendRaw(`${world.admin}/metrics`, { headers: { Host: host } })).status]).toEqual([host, 200]);
});

/** Starts the program on the world’s data. `ended` returns its exit code and its standard error. */
function startProgram(env: Record<string, string>) {
  const child = spawn(process.execPath, ['--no-warnings', MAIN, 'id'], {
    env: { PATH: process.env.PATH, ...world.env, LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), 90_000);
  const ended = once(child, 'exit').then(([code]) => {
    clearTimeout(timer);
    return { code: code as unknown, err };
  });
  return { child, ended };
}

(PROMETHEUS ? describe : describe.skip)('Prometheus', () => {
  test('every query of the rules and the dashboard is answered with data about the running program', async () => {
    const { browser } = await begin(world, 'attack-web');
    expect(returned(await signIn(browser)).has('code')).toBe(true);
    for (const path of [
      '/auth?not=complete',
      '/interaction/strange-id/login',
      '/strange-path',
      '/auth/strange-id',
      '/assets/strange',
    ])
      await world.request(path);
    const prometheus = await startPrometheus(PROMETHEUS!.prometheus, world.admin);
    try {
      const queries = await readQueries();
      expect(queries.length).toBeGreaterThan(45);
      for (const query of queries)
        await untilTrue(`data for ${query}`, async () => (await prometheus.ask(query)) > 0, { tell: () => prometheus.log() });
      // Each event is counted once, and paths are counted by their pattern.
      expect(await prometheus.ask('common_id_events_total{event="account.signed_in"} >= 1')).toBe(1);
      expect(await prometheus.ask('common_id_http_requests_total{route="/interaction/:uid/login",status="303"}')).toBe(1);
      expect(await prometheus.ask('common_id_http_requests_total{route=~".*strange.*"}')).toBe(0);
    } finally {
      await prometheus.stop();
    }
  });

  test('promtool accepts the rules, and their unit tests pass', async () => {
    const run = promisify(execFile);
    await run(PROMETHEUS!.promtool, ['check', 'rules', join(RULES, 'common-id.rules.yml')]);
    await run(PROMETHEUS!.promtool, ['test', 'rules', join(RULES, 'common-id.rules.test.yml')]);
  });
});

test('S130 a port that another program uses: reported with the name of its setting, and no process is left running', async () => {
  const [port] = await freePorts(1);
  const start = async (env: Record<string, string>) => startProgram({ PORT: String(port), ...env }).ended;
  const taken = new URL(world.admin).port;
  const [one, two, own] = await Promise.all([
    start({ ADMIN_PORT: taken }),
    start({ ADMIN_PORT: taken, WEB_CONCURRENCY: '2' }),
    start({ ADMIN_PORT: String(port), ADMIN_HOST: '127.0.0.2' }),
  ]);
  const told = { code: 1, err: `ADMIN_PORT: port ${taken} is taken by another program\n` };
  expect([one, two]).toEqual([told, told]);
  expect(own).toMatchObject({ code: 1, err: expect.stringContaining('ADMIN_PORT: expected a port of its own') });
}, 100_000);

test('S130 two workers: one port reports both and their sums; while they drain it says so, and it ends with them', async () => {
  const [port, adminPort] = await freePorts(2);
  const admin = `http://127.0.0.1:${adminPort}`;
  const database = `sqlite:${join(world.directory, 'workers.sqlite')}`;
  const { child, ended } = startProgram({
    PORT: String(port),
    ADMIN_PORT: String(adminPort),
    WEB_CONCURRENCY: '2',
    DATABASE_URL: database,
  });
  const ask = async (): Promise<Told | undefined> =>
    sendRaw(`${admin}/health/ready`).then(
      ({ text }) => json(text),
      () => undefined,
    );
  const untilTold = async (what: string, isSo: (told: Told) => boolean): Promise<Told> =>
    untilFound(
      what,
      async () => {
        const told = await ask();
        return told && (isSo(told) || child.exitCode !== null) ? told : undefined;
      },
      { everyMs: 10, tell: ask },
    );
  const told = await untilTold('both workers are ready', ({ status }) => status === 'ready');
  expect(told).toMatchObject({ status: 'ready', ready: 2, expected: 2 });
  const pids = told.processes.map(({ pid }) => pid);
  expect(new Set([...pids, child.pid]).size).toBe(3);
  const [first, second] = told.processes.map(({ configuration }) => configuration.version);
  expect(first).toBe(second);
  const { text } = await sendRaw(`${admin}/metrics`);
  // Both are counted: one alone has less memory, and the flag is the lower of the two.
  expect(text).toMatch(/^common_id_config_last_reload_successful 1$/m);
  expect(text.match(/^nodejs_active_handles_total (\d+)$/m)?.[1]).toBeDefined();
  // A killed worker is missing until another one has replaced it.
  process.kill(pids[0]!, 'SIGKILL');
  const without = await untilTold('one worker is missing', ({ status }) => status === 'not ready');
  expect(without).toMatchObject({ status: 'not ready', expected: 2 });
  // A request is still being sent: that worker waits, and is reported.
  const sending = connect(port ?? 0, '127.0.0.1');
  sending.on('error', () => undefined);
  sending.write(
    'POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\na',
  );
  await once(sending, 'connect');
  await untilTold('both workers are ready again', ({ status }) => status === 'ready');
  child.kill('SIGTERM');
  const draining = await untilTold('a worker drains', ({ processes }) => processes.some((each) => each.draining));
  expect(draining.status).toBe('not ready');
  sending.destroy();
  expect(await ended).toMatchObject({ code: 0 });
  expect(await ask()).toBeUndefined();
}, 100_000);
