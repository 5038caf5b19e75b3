// Several real processes on one file: races have one winner, and a kill loses nothing that was acknowledged.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FIRST_PREVIOUS_HASH, ledgerHash } from '../../src/storage/ledger-hash.ts';
import { backupSqliteDatabase } from '../../src/storage/sqlite/backup-sqlite-database.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { eventAbout, sampleAccount } from './conformance/samples.ts';

const PROGRAM = join(import.meta.dirname, 'sqlite-process.ts');

// Starting a process takes its time on a busy machine.
jest.setTimeout(60_000);

let folder: string;
let path: string;
let children: ChildProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sqlite-'));
  path = join(folder, 'common-id.db');
  children = [];
});
afterEach(async () => {
  for (const child of children) await kill(child);
  await rm(folder, { recursive: true });
});

function start(...args: string[]): ChildProcess {
  const child = fork(PROGRAM, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  children.push(child);
  return child;
}

/** What a child tells next; one that ends instead of answering is an error, not a wait. */
async function next(child: ChildProcess, source: EventEmitter = child, event = 'message'): Promise<unknown> {
  const ended = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`the process ended (${String(code)}) without a word`)),
  );
  const [answer] = (await Promise.race([once(source, event), ended])) as unknown[];
  return answer;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function withStorage<T>(use: (storage: Storage) => Promise<T>, at = path): Promise<T> {
  const storage = await openSqliteStorage({ path: at, clock: Date.now });
  try {
    return await use(storage);
  } finally {
    await storage.close();
  }
}

describe('two processes', () => {
  test.each([
    ['redeem one code', 'consume', 1],
    ['see one jti', 'insert_once', 1],
    ['guess one e-mail code', 'count_attempt', 5],
    ['give one right e-mail code', 'consume_code', 1],
    ['register one address', 'account', 1],
    ['update one version', 'update', 1],
    ['finish one legacy identity', 'legacy_identity', 1],
    ['link one dealer', 'dealer_link', 1],
    ['enqueue one job', 'job', 1],
    ['lease three jobs', 'lease', 3],
    ['count to ten', 'count', 10],
  ])('that %s with 25 calls each win together as often as one would', async (_, kind, expected) => {
    const both = [start('race', kind, '25'), start('race', kind, '25')];
    // They open, and so migrate, the new file at once.
    await Promise.all(both.map((child) => next(child)));
    await withStorage(prepare);
    const results = both.map((child) => next(child));
    for (const child of both) child.send('go');
    const wins = await Promise.all(results);
    expect(wins.reduce((sum: number, n) => sum + Number(n), 0)).toBe(expected);
    await withStorage(expectChain);
  });

  async function prepare(storage: Storage): Promise<void> {
    const end = Date.now() + 3_600_000;
    await storage.artifacts.save('AuthorizationCode', 'raced', {}, end);
    const code = { code_hmac: 'hmac', email_canonical: 'a@b', attempts: 0, sent_at: 0 };
    await storage.emailCodes.put({ id: 'raced', ...code, expires_at: end });
    await storage.accounts.create(sampleAccount('standing'), eventAbout('standing'));
    for (const key of ['1', '2', '3']) await storage.jobs.enqueue({ key, kind: 'send_mail', payload: {}, run_at: 0 });
  }
});

describe('a writing process', () => {
  /** Waits until a child has acknowledged something; answers how to ask what it has by now: the whole lines that it printed. */
  async function listen(child: ChildProcess): Promise<() => string[]> {
    const { stdout } = child;
    if (!stdout) throw new Error('the process has no standard output');
    let text = '';
    stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    await next(child, stdout, 'data');
    return () => text.split('\n').slice(0, -1);
  }

  async function expectAllOf(ids: string[], storage: Storage): Promise<void> {
    for (const id of ids) {
      expect(await storage.accounts.find(id)).toEqual(sampleAccount(id));
      expect(await storage.accounts.findByEmail(`${id}@example.jp`)).toMatchObject({ id });
      expect(await storage.dealerLinks.find(id)).toBeDefined();
      expect(await storage.jobs.find(id)).toBeDefined();
      expect(await storage.artifacts.find('AccessToken', id)).toHaveProperty('consumed');
    }
  }

  test('that is killed at a random moment, ten times, has lost nothing that it acknowledged and left nothing half-made', async () => {
    const acknowledged: string[] = [];
    for (let cycle = 0; cycle < 10; cycle++) {
      const child = start('write', `cycle${cycle}`);
      const acknowledgedByNow = await listen(child);
      await sleep(Math.random() * 60);
      await kill(child);
      acknowledged.push(...acknowledgedByNow());
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(10);
    await withStorage(async (storage) => {
      await expectAllOf(acknowledged, storage);
      await expectNothingHalfMade(storage);
    });
  });

  test('does not stop for a backup, and the backup has all that was acknowledged before it', async () => {
    const child = start('write', 'backup');
    const acknowledgedByNow = await listen(child);
    await sleep(100);
    const before = acknowledgedByNow();
    const to = join(folder, 'backup.db');
    backupSqliteDatabase({ from: path, to });
    await sleep(20);
    expect(acknowledgedByNow().length).toBeGreaterThan(before.length);
    await kill(child);
    await withStorage(async (storage) => {
      await expectAllOf(before, storage);
      await expectNothingHalfMade(storage);
    }, to);
  });
});

/** The ledger is one chain; answers of whom it tells, in order. */
async function expectChain(storage: Storage): Promise<string[]> {
  const entries = await storage.ledger.read(0, 1_000_000);
  let previous = FIRST_PREVIOUS_HASH;
  for (const entry of entries) {
    expect(entry.previous_hash).toBe(previous);
    expect(entry.hash).toBe(ledgerHash(previous, entry));
    previous = entry.hash;
  }
  return entries.map(({ subject }) => subject);
}

/** Each account and each link has its event, and each event its account or link. */
async function expectNothingHalfMade(storage: Storage): Promise<void> {
  const subjects = await expectChain(storage);
  for (const id of new Set(subjects)) {
    const documents = [await storage.accounts.find(id), await storage.accounts.findByEmail(`${id}@example.jp`)];
    const link = await storage.dealerLinks.find(id);
    expect(documents[0]).toEqual(documents[1]);
    expect(subjects.filter((subject) => subject === id)).toHaveLength((documents[0] ? 1 : 0) + (link ? 1 : 0));
  }
}
