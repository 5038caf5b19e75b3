// More requests than a process can answer: all connections get their turn, nobody waits for long, and what was begun can be finished.
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import type { IncomingMessage, RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createHashingLane, HashingLaneFull, type HashRefusal } from '../../src/authentication/password/hashing-lane.ts';
import { isRefused } from '../../src/http/server-busy.ts';
import { listen, type Listening } from '../../src/start/listen.ts';
import { lineOfRequest } from '../../src/start/request-lines.ts';
import { createRequestQueue, type RequestQueue, type RequestQueueOptions } from '../../src/start/request-queue.ts';
import { createBrowser, headingOf, sendRaw, type Answer } from '../support/http-browser.ts';
import { startIdInProcess, type IdInProcess } from '../support/id-in-process.ts';
import { untilTrue } from '../support/until-true.ts';
import { figure } from './support/figure.ts';

jest.setTimeout(60_000);

const HOST = '127.0.0.1';
const LONGEST_WAIT_MS = 1000;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function listenTo({ take, noteConnection }: Pick<RequestQueue, 'take' | 'noteConnection'>): Promise<Listening> {
  const listening = await listen(take, { port: 0, host: HOST, setting: 'PORT', onConnection: noteConnection });
  closing.push(async () => listening.close(0));
  return listening;
}

/** Sends the next request when an answer has come, until it is destroyed. */
function keepAsking(port: number, onAnswer: () => void): Socket {
  const socket = connect(port, HOST);
  const ask = (): boolean => socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  socket.once('connect', ask);
  socket.on('data', () => {
    onAnswer();
    ask();
  });
  socket.on('error', () => undefined);
  return socket;
}

// Node accepts one connection in each turn of its event loop. If a turn answered all connections, the last one would wait for a turn for each before it.
test('S240 many connections that ask again and again: the last one gets its first answer before any other has ten', async () => {
  const connections = figure(256, 64);
  const busyFor = (ms: number): void => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  };
  const handle: RequestListener = (_request, response) => {
    busyFor(1);
    response.end('ok');
  };
  const queue = createRequestQueue({ handle, lineOf: () => 'page', longestWaitMs: Infinity, onRefused: () => undefined });
  const { port } = await listenTo(queue);
  const answers = Array.from({ length: connections }, () => 0);
  const done = Promise.withResolvers<void>();
  const count = (index: number): void => {
    answers[index] = (answers[index] ?? 0) + 1;
    if (answers.every((number) => number > 0)) done.resolve();
  };
  const sockets = answers.map((_, index) => keepAsking(port, () => count(index)));
  await done.promise;
  for (const socket of sockets) socket.destroy();
  expect(Math.max(...answers)).toBeLessThan(10);
});

/** A queue whose time and turns are those of the test. The path is the name of the line. */
async function startQueue(options: Partial<RequestQueueOptions<string>> = {}) {
  let now = 0;
  let turn: (() => void) | undefined;
  const counts = { taken: 0, closed: 0 };
  const begun: string[] = [];
  const refused: string[] = [];
  const handle: RequestListener = (request, response) => {
    if (request.url === '/tick') return void response.end();
    begun.push(`${isRefused(request) ? 'refused ' : ''}${request.url}`);
    // Longer than a turn, so that each turn begins one request.
    now += 6;
    response.writeHead(isRefused(request) ? 503 : 200).end();
  };
  const queue = createRequestQueue<string>({
    handle,
    lineOf: ({ url }: IncomingMessage) => (url === '/health' || url === '/tick' ? undefined : url),
    longestWaitMs: LONGEST_WAIT_MS,
    onRefused: (line) => refused.push(line),
    now: () => now,
    afterEvents: (work) => (turn = work),
    ...options,
  });
  const take: RequestListener = (request, response) => {
    queue.take(request, response);
    counts.taken += 1;
    response.once('close', () => (counts.closed += 1));
  };
  // A new connection begins no turn here, because the turns are those of the test.
  const { port } = await listenTo({ take, noteConnection: () => undefined });
  return {
    port,
    begun,
    refused,
    counts,
    /** Lets the process work for so long. */
    async pass(ms: number): Promise<void> {
      for (let left = ms; left > 0; left -= 100) {
        now += Math.min(left, 100);
        await sendRaw(`http://${HOST}:${port}/tick`);
      }
    },
    /** Stops the process for so long. */
    stop: (ms: number) => void (now += ms),
    /** Sends requests, and waits until the queue has them. */
    async send(...paths: string[]): Promise<Promise<Answer>[]> {
      const before = counts.taken;
      const answers: Promise<Answer>[] = [];
      for (const path of paths) {
        answers.push(sendRaw(`http://${HOST}:${port}${path}`));
        await untilTrue('the queue has the request', () => counts.taken === before + answers.length, { everyMs: 1 });
      }
      return answers;
    },
    runTurn(): void {
      const work = turn;
      turn = undefined;
      work?.();
    },
    runTurns(): void {
      while (turn) this.runTurn();
    },
  };
}

const statuses = async (answers: Promise<Answer>[]): Promise<number[]> =>
  Promise.all(answers.map(async (answer) => (await answer).status));

test('S241 more than can be answered in time: nobody begins after the longest wait, newcomers are refused as soon as the first one has waited half of it, and the next ones are answered again', async () => {
  const queue = await startQueue();
  const early = await queue.send('/a', '/a');
  await queue.pass(LONGEST_WAIT_MS / 2 + 1);
  const newcomer = await queue.send('/a');
  queue.runTurns();
  expect(await statuses([...early, ...newcomer])).toEqual([200, 200, 503]);

  const late = await queue.send('/a', '/a');
  await queue.pass(LONGEST_WAIT_MS + 1);
  queue.runTurns();
  expect(await statuses(late)).toEqual([503, 503]);
  expect(queue.refused).toEqual(['/a', '/a', '/a']);

  const afterwards = await queue.send('/a');
  queue.runTurns();
  expect(await statuses(afterwards)).toEqual([200]);
});

test('S241 a process that was stopped for seconds: what waited is answered, and newcomers are not refused', async () => {
  const queue = await startQueue();
  const early = await queue.send('/a', '/a');
  queue.stop(5 * LONGEST_WAIT_MS);
  const newcomer = await queue.send('/a');
  queue.runTurns();
  expect(await statuses([...early, ...newcomer])).toEqual([200, 200, 200]);
});

test('S241 so many that even the refusals wait for too long: the next one is refused without the application, and says when to come again', async () => {
  const queue = await startQueue();
  const first = await queue.send('/a');
  await queue.pass(LONGEST_WAIT_MS / 2 + 1);
  const second = await queue.send('/a');
  await queue.pass(LONGEST_WAIT_MS / 2 + 1);
  const third = await queue.send('/a');
  const short = await third[0];
  expect(queue.begun).toEqual([]);
  expect([short?.status, short?.text]).toEqual([503, '503 busy\n']);
  expect(Number(short?.headers['retry-after'])).toBeGreaterThan(0);
  queue.runTurns();
  expect(await statuses([...first, ...second])).toEqual([503, 503]);
});

test('S242 a flood at one endpoint: the others have their turns, newcomers there are not refused, and the health check does not wait', async () => {
  const queue = await startQueue();
  const flood = await queue.send(...Array.from({ length: 6 }, () => '/me'));
  const others = await queue.send('/token', '/page', '/token');
  const health = await queue.send('/health');
  expect(queue.begun).toEqual(['/health']);
  // Requests that have begun go on after each of the others, and not after all of them.
  queue.runTurn();
  expect(queue.begun).toHaveLength(2);
  queue.runTurns();
  expect(queue.begun.slice(1, 7).toSorted()).toEqual(['/me', '/me', '/me', '/page', '/token', '/token']);
  expect(await statuses([...flood, ...others, ...health])).toEqual(Array.from({ length: 10 }, () => 200));

  const more = await queue.send('/me');
  await queue.pass(LONGEST_WAIT_MS / 2 + 1);
  const answers = [...more, ...(await queue.send('/me', '/token'))];
  queue.runTurns();
  expect(await statuses(answers)).toEqual([200, 503, 200]);
});

test('S242 a client that has gone while it waited: its request is not begun', async () => {
  const queue = await startQueue();
  const socket = connect(queue.port, HOST);
  socket.once('connect', () => socket.write(`GET /a HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`));
  await untilTrue('the queue has the request', () => queue.counts.taken === 1);
  socket.destroy();
  await untilTrue('the client has gone', () => queue.counts.closed === 1);
  queue.runTurns();
  expect(queue.begun).toEqual([]);
});

/** The second node refuses everything that waits: no wait is short enough for it. */
let id: IdInProcess;
beforeAll(async () => {
  id = await startIdInProcess({
    env: { ADMIN_PORT: '0' },
    nodes: [(config) => config, (config) => ({ ...config, longestWaitMs: 0 })],
  });
});
afterAll(async () => id?.close());

test('S243 a person sends a form to a busy process: the page of the refusal keeps what was typed, says when to come again, and its form is taken as soon as there is time', async () => {
  const browser = createBrowser();
  await browser.open(`${id.issuer}/password/forgotten`);
  const busy = browser.copy({ port: id.ports[1] as number });
  const refused = await busy.post('/password/forgotten', { email: 'tanaka@example.jp' }, { mayFail: true });
  expect([refused.status, headingOf(refused)]).toEqual([503, 'ただいま混み合っています']);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  browser.page = refused;
  const again = browser.form('/password/forgotten');
  expect(again.fields).toMatchObject({ email: 'tanaka@example.jp' });
  expect((await browser.submit(again)).status).toBe(200);
  // A form of another site is refused, and is not shown.
  const foreign = await busy.send(`${id.issuer}/password/forgotten`, {
    method: 'POST',
    body: new URLSearchParams({ email: 'evil@example.jp' }),
    mayFail: true,
  });
  expect([foreign.status, foreign.text.includes('evil@example.jp')]).toEqual([503, false]);
  expect((await busy.send(`${id.issuer}/password/forgotten`, { mayFail: true })).status).toBe(503);
});

test('S243 a program asks a busy process: the answer is JSON with temporarily_unavailable and Retry-After, the health check is answered, and the refusals are counted', async () => {
  const port = id.ports[1] as number;
  const refused = await sendRaw(`${id.issuer}/token`, { port, method: 'POST', body: new URLSearchParams({ grant_type: 'x' }) });
  expect(refused.status).toBe(503);
  expect(JSON.parse(refused.text)).toMatchObject({
    error: 'temporarily_unavailable',
    request_id: refused.headers['x-request-id'],
  });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  for (const path of ['/health/live', '/health/ready', '/assets/base.css'])
    expect([path, (await sendRaw(`${id.issuer}${path}`, { port })).status]).toEqual([path, 200]);
  expect(await id.metrics(1)).toContain('common_id_request_refused_total{line="token"} 1');
});

test('S243 every endpoint of the discovery document has its line', async () => {
  const { text } = await sendRaw(`${id.issuer}/.well-known/openid-configuration`);
  const document = JSON.parse(text) as Record<string, unknown>;
  const lines = Object.entries(document).flatMap(([name, value]) =>
    typeof value === 'string' && /_endpoint$|^jwks_uri$/.test(name) && value.startsWith(id.issuer)
      ? [[name, lineOfRequest({ url: `${value.slice(id.issuer.length)}?a=b` })]]
      : [],
  );
  expect(Object.fromEntries(lines)).toEqual({
    authorization_endpoint: 'beginning',
    pushed_authorization_request_endpoint: 'beginning',
    device_authorization_endpoint: 'beginning',
    token_endpoint: 'token',
    introspection_endpoint: 'program',
    revocation_endpoint: 'program',
    userinfo_endpoint: 'program',
    jwks_uri: 'program',
    end_session_endpoint: 'page',
  });
});

test('S244 a password whose hash does not get its turn in time: it is refused without another wait, and gives its place up', async () => {
  const reasons: HashRefusal[] = [];
  const lane = createHashingLane({
    concurrency: 1,
    queueLimit: 8,
    longestWaitMs: 10,
    perMinute: { address: 100, account: 100, draft: 100 },
    clock: Date.now,
    onRefused: (reason) => reasons.push(reason),
    // Longer than the test may take.
    refusalDelayMs: 600_000,
  });
  const asker = { network: '192.0.2', source: '192.0.2.1' };
  const running = Promise.withResolvers<string>();
  const first = lane(asker, async () => running.promise);
  await expect(lane(asker, async () => 'late')).rejects.toBeInstanceOf(HashingLaneFull);
  expect(reasons).toEqual(['late']);
  running.resolve('first');
  expect(await first).toBe('first');
  // The place is free, because the refused one does not hold it.
  expect(await lane(asker, async () => 'next')).toBe('next');
});
