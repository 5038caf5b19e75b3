// A client that is down at the moment of a logout (design/reality.md R33). The common ID runs in this process, with a clock that the test moves, and its
// client is a real server that answers as the test says.
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/config.ts';
import type { Job } from '../../src/storage/storage.ts';
import { listen, type Listening } from '../../src/start/listen.ts';
import type { RunningApp } from '../../src/start/running-app.ts';
import { startCommonId } from '../../src/start/start-common-id.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { freePorts } from '../support/free-ports.ts';
import { createBrowser, type Answer, type Browser } from '../support/http-browser.ts';
import { rowsOf } from '../support/rows-of.ts';
import { untilFound, untilTrue } from '../support/until-true.ts';
import { CALLBACK, DEMO_PASSWORD, makeProject, makeTestKey, WEB_SECRET } from './support/attack-world.ts';
import { authorizationUrl, makePkce, requestParams } from './support/client.ts';

const HOUR_MS = 60 * 60 * 1000;
const EMAIL = 'sato@example.jp';

let ahead = 0;
const clock = (): number => Date.now() + ahead;
let site: Server;
let siteUrl: string;
/** What the client's server does with a logout token. */
let answerWith: (response: ServerResponse) => void;
const accept = (response: ServerResponse): void => void response.end();
const refuse = (status: number) => (response: ServerResponse) => void response.writeHead(status).end();
let tokens: string[];

let directory: string;
let config: Config;
let running: RunningApp;
let listening: Listening;

async function start(changes: Partial<Config> = {}): Promise<void> {
  running = await startCommonId({ ...config, ...changes }, clock, createLog('common-id', 'silent'));
  listening = await listen(running.handler, { port: Number(new URL(config.issuer).port), host: '127.0.0.1', setting: 'PORT' });
}

async function stop(): Promise<void> {
  running.drain();
  await listening.close(0);
  await running.close();
}

beforeAll(async () => {
  site = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      tokens.push(new URLSearchParams(body).get('logout_token') ?? '');
      answerWith(response);
    });
  });
  await new Promise<void>((resolve) => {
    site.listen(0, '127.0.0.1', resolve);
  });
  siteUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}/told`;
  const told = (name: string): object => ({
    client_name: name,
    application_type: 'web',
    token_endpoint_auth_method: 'client_secret_basic',
    client_secret: { $env: 'ATTACK_WEB_SECRET' },
    redirect_uris: [CALLBACK],
    backchannel_logout_uri: `${siteUrl}?client=${name}`,
    backchannel_logout_session_required: true,
    scope: 'openid',
    common_id: { first_party: true, contact: 'attacks' },
  });
  directory = await makeProject({ clients: { 'told-1': told('1'), 'told-2': told('2') } }, await makeTestKey());
  const [port = 0] = await freePorts(1);
  const env = {
    ISSUER: `http://127.0.0.1:${port}`,
    DATA_DIRECTORY: join(directory, 'data'),
    PASSWORD_HASH_COST: '4',
    ATTACK_WEB_SECRET: WEB_SECRET,
  };
  const loaded = loadConfig({ directory, apps: ['id'], env });
  config = { ...loaded, clients: loaded.clients.filter(({ metadata }) => metadata.client_id.startsWith('told-')) };
  await start();
});
afterAll(async () => {
  await stop();
  site.closeAllConnections();
  site.close();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => {
  // A client that kept failing in an earlier test is called again.
  ahead += HOUR_MS;
  answerWith = accept;
  tokens = [];
});

/** A browser with a session in which both clients were used. */
async function signedIn(): Promise<Browser> {
  const browser = createBrowser();
  for (const client of ['told-1', 'told-2']) {
    await browser.open(authorizationUrl(config.issuer, requestParams(client, makePkce(), { scope: 'openid' })), CALLBACK);
    if (browser.page.location === undefined)
      await browser.submit('/login', { login_id: EMAIL, password: DEMO_PASSWORD }, CALLBACK);
  }
  return browser;
}

async function logOut(browser: Browser): Promise<Answer> {
  await browser.open(`${config.issuer}/session/end`);
  return browser.post('/session/end/confirm', { logout: 'yes' });
}

async function jobs(): Promise<Pick<Job, 'state' | 'attempts'>[]> {
  const rows = await rowsOf(config.databaseUrl, 'jobs');
  return rows.filter(({ kind }) => kind === 'backchannel_logout') as never;
}
const endedJobs = async (state: Job['state']): Promise<number> => (await jobs()).filter((job) => job.state === state).length;

/** Lets time pass, too, because a client that kept failing is called by one job at a time. */
async function nothingWaits(): Promise<boolean> {
  ahead += 60_000;
  return (await endedJobs('waiting')) === 0;
}

const audiences = (): string[] => [...new Set(tokens.map((token) => String(decodeJwt(token).aud)))].toSorted();

test('R33 a client that does not answer: the person is logged out at once, and the client is told when it answers again', async () => {
  const held: ServerResponse[] = [];
  answerWith = (response) => void held.push(response);
  const browser = await signedIn();
  const done = await endedJobs('done');
  // The answer comes while both calls are held.
  expect((await logOut(browser)).status).toBe(303);
  expect((await browser.open(`${config.issuer}/account`)).text).toContain('name="login_id"');
  await untilTrue('both clients are called', () => held.length === 2);
  expect(await endedJobs('done')).toBe(done);
  answerWith = accept;
  for (const response of held) response.destroy();
  await untilTrue('both jobs are done', async () => (await endedJobs('done')) === done + 2);
  expect(tokens).toHaveLength(4);
  expect(audiences()).toEqual(['told-1', 'told-2']);
  expect(tokens.map((token) => decodeJwt(token).sid)).toEqual(tokens.map(() => expect.stringMatching(/./)));
});

test('R33 a client that is down while the common ID restarts: told after the restart, with a token of that moment', async () => {
  answerWith = refuse(503);
  const browser = await signedIn();
  const done = await endedJobs('done');
  await logOut(browser);
  await untilTrue('both clients were called', () => audiences().length === 2);
  await stop();
  tokens = [];
  answerWith = accept;
  ahead += HOUR_MS;
  await start();
  await untilTrue('both jobs are done', async () => (await endedJobs('done')) === done + 2);
  expect(audiences()).toEqual(['told-1', 'told-2']);
});

test('R33 other browsers signed out, and one service ended, on the account page: durable as well', async () => {
  answerWith = refuse(503);
  const [other, own] = [await signedIn(), await signedIn()];
  const waiting = await endedJobs('waiting');
  await own.open(`${config.issuer}/account/sessions/end-others`);
  if (own.page.text.includes('name="password"')) await own.submit('/login', { password: DEMO_PASSWORD });
  await own.submit('/account/sessions/end-others');
  expect(await endedJobs('waiting')).toBe(waiting + 2);
  expect((await other.open(`${config.issuer}/account`)).text).toContain('name="login_id"');
  await own.open(`${config.issuer}/account/services/told-1/end`);
  await own.submit('/account/services/told-1/end');
  expect(await endedJobs('waiting')).toBe(waiting + 3);
  answerWith = accept;
  await untilTrue('all are told', nothingWaits);
});

test('R33 a client that is removed while it is down: told with its last address', async () => {
  answerWith = refuse(503);
  await signedIn();
  const waiting = await endedJobs('waiting');
  await stop();
  await start({ clients: config.clients.filter(({ metadata }) => metadata.client_id !== 'told-1') });
  await untilTrue('the jobs are written', async () => (await endedJobs('waiting')) > waiting);
  tokens = [];
  answerWith = accept;
  await untilTrue('it is told', nothingWaits);
  expect(audiences()).toContain('told-1');
  await stop();
  await start();
});

test('R33 a client that stays down: tried for a day, and no longer', async () => {
  answerWith = refuse(503);
  const [browser, dead] = [await signedIn(), await endedJobs('dead')];
  await logOut(browser);
  await untilTrue(
    'both were tried',
    async () => (await jobs()).filter(({ state, attempts }) => state === 'waiting' && attempts > 0).length === 2,
  );
  ahead += 23 * HOUR_MS;
  const before = tokens.length;
  await untilTrue('both are tried again', () => tokens.length >= before + 2);
  expect(await endedJobs('dead')).toBe(dead);
  ahead += 2 * HOUR_MS;
  await untilTrue('both are given up', async () => (await endedJobs('dead')) === dead + 2);
  expect(await endedJobs('waiting')).toBe(0);
});

test('R33 a client that refuses the token: tried for ten minutes, because it may be in an update', async () => {
  answerWith = refuse(400);
  const [browser, dead] = [await signedIn(), await endedJobs('dead')];
  await logOut(browser);
  await untilFound('a second attempt', async () =>
    (await jobs()).find(({ state, attempts }) => state === 'waiting' && attempts > 1),
  );
  expect(await endedJobs('dead')).toBe(dead);
  ahead += 11 * 60_000;
  await untilTrue('both are given up', async () => (await endedJobs('dead')) === dead + 2);
});
