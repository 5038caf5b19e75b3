// Connections of a load balancer: how long they stay open (design/reality.md R52), and what they meet while the program ends (R53).
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request as httpRequest, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, jest, test } from '@jest/globals';
import { SETTINGS } from '../../src/config/settings/settings.ts';
import { listen, timeoutsOf } from '../../src/start/listen.ts';
import { CHILD_ENVIRONMENT } from '../support/child-environment.ts';
import { freePorts } from '../support/free-ports.ts';
import { untilTrue } from '../support/until-true.ts';
import { figure } from './support/figure.ts';

jest.setTimeout(180_000);

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const HOST = '127.0.0.1';

type Got = { status: number; headers: IncomingHttpHeaders };

/** One request; on the agent's connection, or on a new one. */
async function get(port: number, path: string, agent: Agent | false = false): Promise<Got> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: HOST, port, path, agent }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers }));
    });
    request.on('error', reject).end();
  });
}

test('R52 any time that idle connections stay open: a connection without a request yet stays open for longer, and a body has its time', () => {
  for (const seconds of [1, 65, 3600]) {
    const { keepAliveTimeout, headersTimeout, requestTimeout } = timeoutsOf(seconds);
    expect(keepAliveTimeout).toBe(seconds * 1000);
    expect(headersTimeout).toBeGreaterThan(keepAliveTimeout);
    expect(requestTimeout).toBeGreaterThanOrEqual(headersTimeout + 30_000);
  }
});

test('R52 R53 nothing is set: idle connections outlast the sixty seconds of load balancers, and in production there is time to notice the end', () => {
  const { KEEP_ALIVE_SECONDS: keepAlive, DRAIN_DELAY_SECONDS: drainDelay } = SETTINGS;
  for (const seconds of [keepAlive.default, keepAlive.productionDefault]) expect(Number(seconds)).toBeGreaterThan(60);
  expect(Number(drainDelay.productionDefault)).toBeGreaterThan(0);
});

// A load balancer keeps its connections for 60 seconds. The short form waits for as long as connections were kept before.
test('R52 idle for as long as a load balancer keeps its connections: used and opened ones are taken', async () => {
  const listening = await listen((_request, response) => void response.end(), {
    port: 0,
    host: HOST,
    setting: 'PORT',
    keepAliveSeconds: 65,
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const opened = connect(listening.port, HOST);
  try {
    await Promise.all([once(opened, 'connect'), get(listening.port, '/', agent)]);
    await sleep(figure(61_000, 0));
    opened.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    const [[answer], again] = await Promise.all([once(opened, 'data'), get(listening.port, '/', agent)]);
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);
    expect([again.status, again.headers['keep-alive']]).toEqual([200, 'timeout=65']);
  } finally {
    opened.destroy();
    agent.destroy();
    await listening.close(0);
  }
});

function startProgram(port: number, directory: string, env: Record<string, string>): ChildProcess {
  const own = {
    ISSUER: `http://localhost:${port}`,
    DATA_DIRECTORY: directory,
    PASSWORD_HASH_COST: '4',
    DEMO_DATA: 'false',
    HOST,
    KEEP_ALIVE_SECONDS: '90',
  };
  return spawn(process.execPath, [MAIN, 'id'], { env: { ...CHILD_ENVIRONMENT, ...own, ...env }, stdio: 'ignore' });
}

/** The status of the answer on a new connection; 0 if the connection is refused. */
async function statusOf(port: number, path: string): Promise<number> {
  return get(port, path).then(
    (got) => got.status,
    () => 0,
  );
}

test('R53 a proxy that goes on using its connection: the answer after the drain began ends it, also one in progress, and the server closes', async () => {
  const inProgress: ServerResponse[] = [];
  const listening = await listen(
    (request, response) => (request.url === '/slow' ? void inProgress.push(response) : void response.end()),
    { port: 0, host: HOST, setting: 'PORT', keepAliveSeconds: 65 },
  );
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    expect((await get(listening.port, '/', agent)).headers.connection).toBe('keep-alive');
    const first = get(listening.port, '/slow', agent);
    await untilTrue('it is in progress', () => inProgress.length === 1);
    listening.drain();
    inProgress[0]?.end();
    expect((await first).headers.connection).toBe('close');
    // New connections are accepted, for one request each.
    for (let n = 0; n < 3; n += 1)
      expect(await get(listening.port, '/', agent)).toMatchObject({ status: 200, headers: { connection: 'close' } });
    const last = get(listening.port, '/slow', agent);
    await untilTrue('it is in progress', () => inProgress.length === 2);
    const closed = listening.close(300_000);
    inProgress[1]?.end();
    expect((await last).status).toBe(200);
    await closed;
    expect(await statusOf(listening.port, '/')).toBe(0);
  } finally {
    agent.destroy();
  }
});

test('R53 SIGTERM: readiness turns first, connections are accepted for DRAIN_DELAY_SECONDS more; a second signal ends at once', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'connections-'));
  const [port = 0] = await freePorts(1);
  const agent = new Agent({ keepAlive: true });
  const start = (drainDelaySeconds: string) => startProgram(port, directory, { DRAIN_DELAY_SECONDS: drainDelaySeconds });
  const status = async (path: string): Promise<number> => statusOf(port, path);
  // Longer than the test may take.
  let program = start('300');
  try {
    await untilTrue('the program is ready', async () => (await status('/health/ready')) === 200);
    const first = await get(port, '/', agent);
    expect([first.status, first.headers['keep-alive']]).toEqual([200, 'timeout=90']);
    let ended = once(program, 'exit');
    program.kill('SIGTERM');
    await untilTrue('readiness turns', async () => (await status('/health/ready')) === 503);
    // A connection that was open before, too, ends with its next answer.
    for (let n = 0; n < 20; n += 1)
      expect(await get(port, '/terms', agent)).toMatchObject({ status: 200, headers: { connection: 'close' } });
    expect(await status('/health/live')).toBe(200);
    expect(program.exitCode).toBeNull();
    program.kill('SIGTERM');
    expect(await ended).toEqual([1, null]);

    // It ends by itself after the delay, and without one after the signal of a terminal.
    const ends: [string, NodeJS.Signals][] = [
      ['1', 'SIGTERM'],
      ['300', 'SIGINT'],
    ];
    for (const [delay, signal] of ends.slice(0, figure(2, 1))) {
      program = start(delay);
      await untilTrue('the program is ready', async () => (await status('/health/ready')) === 200);
      ended = once(program, 'exit');
      program.kill(signal);
      expect(await ended).toEqual([0, null]);
    }
  } finally {
    agent.destroy();
    program.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }
});

test('R51 R53 two workers: after SIGTERM the readiness of both turns, both stay and take connections, and a second signal ends them all', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'connections-'));
  const [port = 0, adminPort = 0] = await freePorts(2);
  const program = startProgram(port, directory, {
    WEB_CONCURRENCY: '2',
    ADMIN_PORT: String(adminPort),
    DRAIN_DELAY_SECONDS: '300',
  });
  /** What the operators' port says of the workers. */
  const workers = async (): Promise<{ pid: number; draining: boolean }[]> => {
    const told = await fetch(`http://${HOST}:${adminPort}/health/ready`).catch(() => undefined);
    return told ? ((await told.json()) as { processes: { pid: number; draining: boolean }[] }).processes : [];
  };
  const both = async (draining: boolean): Promise<boolean> =>
    (await workers()).filter((worker) => worker.draining === draining).length === 2;
  /** Whether the process has ended. In a container, nobody may collect it. */
  const isGone = (pid: number): boolean =>
    /^(Z|$)/.test(spawnSync('ps', ['-o', 'stat=', '-p', `${pid}`], { encoding: 'utf8' }).stdout.trim());
  try {
    await untilTrue('both workers serve', async () => both(false));
    const pids = (await workers()).map(({ pid }) => pid);
    const ended = once(program, 'exit');
    program.kill('SIGTERM');
    await untilTrue('both workers drain', async () => both(true));
    for (let n = 0; n < 10; n += 1)
      expect([await statusOf(port, '/health/ready'), await statusOf(port, '/terms')]).toEqual([503, 200]);
    // No worker has ended, and none was replaced.
    expect(new Set((await workers()).map(({ pid }) => pid))).toEqual(new Set(pids));
    program.kill('SIGTERM');
    expect(await ended).toEqual([1, null]);
    await untilTrue('the workers are gone', async () => pids.every(isGone));
  } finally {
    program.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }
});
