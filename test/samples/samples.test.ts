// The recipes in JavaScript (samples/clients/), each with its library and the file that `clients new --library` writes, against the real ID.
// npm run interop runs the others.
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { libraries, type LibraryId } from '../../samples/clients/libraries.ts';
import { clientFileOf, environmentOf, listens, sampleOf, type Sample } from '../../scripts/interop/samples.ts';
import { collectExamples, EXAMPLE_CLIENT, storedExamples } from '../../scripts/generate/client-pages/examples.ts';
import { walk } from '../../scripts/interop/walk.ts';
import { walkInChromium } from '../../scripts/interop/walk-in-chromium.ts';
import { DEMO_PASSWORD } from '../journeys/traveller.ts';
import { CHILD_ENVIRONMENT } from '../support/child-environment.ts';
import { freePorts } from '../support/free-ports.ts';
import { createBrowser, type Browser } from '../support/http-browser.ts';
import { untilTrue } from '../support/until-true.ts';
import { startWorld, type World } from '../support/world.ts';

const PROCESS = fileURLToPath(new URL('samples-process.ts', import.meta.url));
const HERE = libraries().filter(([, { runsIn }]) => runsIn === 'test');
const EMAIL = 'sato@example.jp';

let world: World;
let apps: ChildProcess;
const samples = new Map<string, Sample>();
const sampleFor = (id: LibraryId): Sample => samples.get(id) as Sample;

beforeAll(async () => {
  const ports = await freePorts(HERE.length);
  HERE.forEach(([id, library], index) => samples.set(id, sampleOf(id, library, ports[index] ?? 0)));
  const clients = Object.fromEntries([...samples.values()].map((sample) => [sample.clientId, clientFileOf(sample)]));
  world = await startWorld({ apps: ['id', 'dealer'], clients: { ...clients, [EXAMPLE_CLIENT.id]: EXAMPLE_CLIENT.file } });
  const started = [...samples].map(([id, sample]) => ({
    // The last file of a single-page app is its server.
    file: fileURLToPath(new URL(`../../samples/clients/${id}/${sample.library.start.split(' ').at(-1)}`, import.meta.url)),
    env: environmentOf(sample, world.origins.id),
  }));
  apps = fork(PROCESS, [JSON.stringify(started)], {
    env: CHILD_ENVIRONMENT,
    execArgv: ['--no-warnings'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await new Promise<void>((resolve, reject) => {
    apps.once('message', () => resolve());
    apps.once('exit', (code) => reject(new Error(`the samples ended with ${code}`)));
  });
  for (const { port } of samples.values()) await untilTrue(`a sample listens on ${port}`, async () => listens(port));
});
afterAll(async () => {
  apps.kill();
  await world.stop();
});

test.each(HERE.filter(([, { kind }]) => kind === 'web'))('%s: login, claims, refresh, logout', async (id, library) => {
  const done = await walk(world, library, sampleFor(id as LibraryId));
  expect(done).toEqual(['login', 'claims', ...(library.paths.refresh === undefined ? [] : ['refresh']), 'logout']);
});

test('oidc-client-ts: login, claims, refresh, logout in Chromium', async () => {
  const done = await walkInChromium(world, sampleFor('oidc-client-ts'));
  expect(done).toEqual(['login', 'claims', 'refresh', 'logout']);
});

test('the examples in docs/clients/ are what the program answers; npm run generate writes them', async () => {
  expect(await collectExamples(world)).toEqual(storedExamples());
});

describe('the receiver of back-channel logout', () => {
  /** Signs in at one app, with the session of the browser if there is one. */
  async function signIn(browser: Browser, { origin }: Sample): Promise<void> {
    await browser.open(`${origin}/login`);
    if (browser.page.text.includes('name="login_id"'))
      await browser.submit('/login', { login_id: EMAIL, password: DEMO_PASSWORD });
    if (browser.page.text.includes('name="decision"')) await browser.submit('/consent', { decision: 'allow' });
    expect(browser.page.text).toContain(EMAIL);
  }

  test('ends its session when the person logs out at another app', async () => {
    const [receiver, other] = [sampleFor('backchannel-logout'), sampleFor('openid-client')];
    const browser = createBrowser();
    await signIn(browser, receiver);
    await signIn(browser, other);
    await browser.open(`${other.origin}/logout`);
    await browser.submit('/session/end/confirm', { logout: 'yes' });
    await untilTrue('the receiver has ended its session', async () => {
      await browser.open(`${receiver.origin}/`);
      return !browser.page.text.includes(EMAIL);
    });
  });

  test('refuses a token that the common ID did not sign', async () => {
    const body = new URLSearchParams({ logout_token: 'e30.e30.c2ln' });
    const answer = await fetch(`${sampleFor('backchannel-logout').origin}/backchannel-logout`, { method: 'POST', body });
    expect(answer.status).toBe(400);
  });
});
