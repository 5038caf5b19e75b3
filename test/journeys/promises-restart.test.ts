// Promise 1 under hard conditions: the common ID is killed after each screen, and no acknowledged data is lost. Each start takes a second of
// processor time, so the screens before which nothing was promised (① to ④, ⑩ and ⑫) have their restart with FULL_FIGURES=1 only.
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { Account } from '../../src/domain/account.ts';
import type { DealerLink } from '../../src/domain/dealer-link.ts';
import { LEASE_MS } from '../../src/jobs/keep-lease.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { documentsOf } from '../support/documents-of.ts';
import { startWorld, type World } from '../support/world.ts';
import { untilTrue } from '../support/until-true.ts';
import { createHttpDriver } from './http-driver.ts';
import { codeFor, createTraveller, NEW_PASSWORD, WORDS } from './traveller.ts';

// A limit for what hangs: seventeen starts take their time on a busy machine.
jest.setTimeout(300_000);

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
/** Running requests are finished within this time. */
const DRAINED_WITHIN_MS = 10_000;

let world: World;
let id: ChildProcess;

async function startId(): Promise<void> {
  id = spawn(process.execPath, ['--no-warnings', MAIN, 'id'], {
    env: { PATH: process.env.PATH, ...world.env, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await untilTrue('the common ID is ready', async () =>
    fetch(`${world.origins.id}/health/ready`, { signal: AbortSignal.timeout(1000) }).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
}

async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  if (id.exitCode !== null || id.signalCode !== null) return id.exitCode;
  const ended = new Promise<number | null>((resolve) => id.once('exit', (code) => resolve(code)));
  id.kill(signal);
  return ended;
}

/** Kills it without warning, or asks it to stop, in turns; and starts it again. */
let restarts = 0;
async function restart({ always = true } = {}): Promise<void> {
  if (!always && !process.env.FULL_FIGURES) return;
  restarts += 1;
  const signal = restarts % 2 ? 'SIGKILL' : 'SIGTERM';
  const began = Date.now();
  const code = await end(signal);
  if (signal === 'SIGTERM') {
    expect(code).toBe(0);
    expect(Date.now() - began).toBeLessThan(DRAINED_WITHIN_MS);
  }
  await startId();
}

/** A killed node keeps its jobs leased for a minute; this ends the minute. */
async function endLeases(kind: string): Promise<void> {
  const storage = await openStorage(world.env.DATABASE_URL ?? '', () => Date.now() + LEASE_MS);
  try {
    for (const { key, lease = '' } of await storage.jobs.lease(10, LEASE_MS, kind)) {
      await storage.jobs.retry(key, lease, Date.now(), 'its node was killed');
    }
  } finally {
    await storage.close();
  }
}

beforeAll(async () => {
  world = await startWorld({ apps: ['mailbox', 'dealer', 'owners-site', 'notebook'] });
  await startId();
}, 30_000);
afterAll(async () => {
  await end('SIGKILL');
  await world.stop();
}, 20_000);

it('Promise 1: A restart after the screens, by SIGTERM or by kill -9, loses no acknowledged data', async () => {
  const driver = createHttpDriver();
  const tanaka = createTraveller(driver, world);
  /** The current page survives, and its buttons still work. */
  const restartAndReload = async (options = {}): Promise<void> => {
    const { url, text } = driver.page();
    await restart(options);
    await tanaka.open(url);
    expect(driver.page().status).toBe(200);
    expect(headingOf(driver.page().text)).toBe(headingOf(text));
  };

  await tanaka.signInAtOwnersSite('tanaka'); // ①
  await restart({ always: false });
  await tanaka.open(`${world.origins.ownersSite}/`); // ②
  await restart({ always: false });
  await tanaka.open(`${world.origins.ownersSite}/migration`); // ③
  await restart({ always: false });
  await tanaka.press(WORDS.newId);
  await tanaka.isAt('about'); // ④
  await restartAndReload({ always: false });
  await tanaka.agree();
  await tanaka.isAt('email'); // ⑤
  await restartAndReload();
  await tanaka.askForCode('tanaka@example.jp');
  await tanaka.isAt('code'); // ⑥: the mail was promised in this moment
  await restartAndReload();
  await tanaka.fill('code', await codeFor(world, 'tanaka@example.jp'));
  await tanaka.press(WORDS.next);
  await tanaka.isAt('profile'); // ⑦
  await restartAndReload();
  await tanaka.fillProfile();
  await tanaka.press(WORDS.confirm);
  await tanaka.isAt('confirm'); // ⑧
  await restartAndReload();
  await tanaka.press(WORDS.write);
  await tanaka.isAt('complete'); // ⑨
  await restartAndReload();
  await tanaka.press(WORDS.next);
  await tanaka.isAt('dealer'); // ⑩
  await restartAndReload({ always: false });
  await tanaka.press(WORDS.link);
  await tanaka.isAt('login');
  await restartAndReload();
  await tanaka.signIn(undefined, NEW_PASSWORD);
  await tanaka.isAt('required'); // ⑪
  await restartAndReload();
  await tanaka.fillRequired();
  await tanaka.press(WORDS.confirm);
  await tanaka.isAt('requiredConfirm'); // ⑫
  await restartAndReload({ always: false });
  await tanaka.press(WORDS.write);
  await tanaka.isAt('requiredDone'); // ⑬
  await restartAndReload();
  await tanaka.press(WORDS.next);
  await tanaka.isAt('finalize'); // ⑭
  await restart();
  await tanaka.arrives();
  await restart();
  await tanaka.open(`${world.origins.ownersSite}/`);
  expect(await tanaka.text()).not.toContain('重要なお知らせ');
  await tanaka.open(`${world.origins.notebook}/login`);
  expect(driver.page().text).toContain('田中');

  await endLeases('deliver_dealer_link');
  const links = async (): Promise<DealerLink[]> =>
    (await documentsOf(world, 'dealer_links')).map((document) => JSON.parse(document) as DealerLink);
  await untilTrue(
    'the link is made',
    async () => (await links()).some(({ dealer, status }) => dealer === 'aichi-toyota' && status === 'active'),
    30_000,
  );
  // Each look opens the database again, which checks the whole SQLite file.
  const accounts = (await documentsOf(world, 'accounts')).map((document) => JSON.parse(document) as Account);
  expect(accounts.filter(({ email }) => email === 'tanaka@example.jp')).toHaveLength(1);
  expect((await world.messages('tanaka@example.jp')).filter(({ subject }) => subject.includes('認証番号'))).toHaveLength(1);
});

const headingOf = (text: string): string | undefined => /<h1[^>]*>([\s\S]*?)<\/h1>/.exec(text)?.[1];
