// npm run admin -- storage copy: everything arrives, in its order, and may be cut off anywhere.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { copyStorage } from '../../scripts/admin/storage-copy/copy-storage.ts';
import { createAnchorKey, takeAnchor } from '../../src/storage/ledger-anchor.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { verifyLedger } from '../../src/storage/verify-ledger.ts';
import { placeOf } from '../../src/storage/sqlite/account-place.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { eventAbout, sampleAccount, sampleDealerLink, sampleMigration } from '../storage/conformance/samples.ts';
import { listedUser, stepOf } from '../storage/conformance/population.ts';
import { ODD_PAYLOADS } from '../storage/conformance/subject.ts';
import { LEDGER_KEY, ledgerOf } from '../support/ledger-of.ts';
import { withMongo } from '../support/with-mongo.ts';
import { runAdmin } from './run-admin.ts';
import { mongoServerAvailable, startMongoServer, type MongoServer } from '../storage/mongo-server.ts';

jest.setTimeout(180_000);

const mongo = mongoServerAvailable();
const silent = { write: () => true };
const END = Date.now() + 3_600_000;

let folder: string;
let server: MongoServer | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'storage-copy-'));
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await server?.stop();
  server = undefined;
});

async function withStorage<T>(url: string, use: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = await openStorage(url, Date.now, undefined, LEDGER_KEY);
  try {
    return await use(storage);
  } finally {
    await storage.close();
  }
}

async function fill(storage: Storage): Promise<void> {
  const { artifacts } = storage;
  for (const [name, payload] of ODD_PAYLOADS) await artifacts.save('Interaction', name, payload, END);
  for (let n = 0; n < 1_200; n++) await artifacts.save('Grant', `g${n}`, { accountId: 'a0', grantId: `g${n}`, n }, END);
  await artifacts.save('Client', 'endless', { n: 1 }, undefined);
  await artifacts.consume('Interaction', 'empty');
  for (let n = 0; n < 20; n++) {
    await storage.accounts.create(sampleAccount(`a${n}`, { phone_canonical: `+8190${n}` }), eventAbout(`a${n}`));
    await storage.dealerLinks.create(sampleDealerLink(`l${n}`, { account_id: 'a0', dealer: `${30 - n}` }), eventAbout(`l${n}`));
    await storage.migrations.put(sampleMigration(`m${n}`, { account_id: 'a0' }), eventAbout(`m${n}`));
    await storage.jobs.enqueue({ key: `j${n}`, kind: 'send_mail', payload: { n }, run_at: n });
    await storage.counters.add(`c${n}`, n + 1, 3_600_000);
  }
  await storage.population.list(['c', 'a', 'b'].map((id) => listedUser(id)));
  await storage.population.follow(stepOf('b'));
  // Of what has random ids several, made in another order than that of the ids.
  for (const id of ['d', 'b:c', 'b', 'a']) {
    await storage.registrationDrafts.put({ id, version: 0, expires_at: END });
    await storage.emailCodes.put({ id, code_hmac: 'h', email_canonical: 'a@b', attempts: 2, sent_at: 1, expires_at: END });
  }
  // More than are read at once.
  const facts = Array.from({ length: 1_100 }, (_, n) => ({ id: `${(n * 7_919) % 1_100}:${n}`, version: 0, expires_at: END }));
  await Promise.all(facts.map((one) => storage.interactionFacts.put(one)));
  // What has expired stays behind: MongoDB would take it out of the copy again.
  await artifacts.save('Grant', 'over', { accountId: 'a0' }, 1);
  await storage.emailCodes.put({ id: 'over', code_hmac: 'h', email_canonical: 'a@b', attempts: 0, sent_at: 1, expires_at: 1 });
  await storage.jobs.lease(1, 60_000);
  await takeAnchor(storage.ledger, createAnchorKey(LEDGER_KEY), Date.now());
}

/** Everything that the port tells. */
async function tell(storage: Storage): Promise<unknown> {
  const { artifacts, accounts, dealerLinks, migrations, population, jobs, counters } = storage;
  await population.settle();
  return {
    artifacts: await Promise.all(ODD_PAYLOADS.map(([name]) => artifacts.find('Interaction', name))),
    endless: await artifacts.find('Client', 'endless'),
    order: await artifacts.listByAccount('Grant', 'a0', 2_000),
    accounts: [await accounts.find('a7'), await accounts.findByEmail('a8@example.jp')],
    links: await dealerLinks.listByAccount('a0'),
    migrations: await migrations.listByAccount('a0'),
    population: [await population.listAfter('', 10), await population.listWaiting(END, 10), await population.counts()],
    jobs: await Promise.all(['j0', 'j1', 'j19'].map((key) => jobs.find(key))),
    counters: await counters.get('c3'),
    codes: await Promise.all(['a', 'b', 'b:c', 'd'].map((id) => storage.emailCodes.find(id))),
    drafts: await Promise.all(['a', 'b', 'b:c', 'd'].map((id) => storage.registrationDrafts.find(id))),
    ledger: await ledgerOf(storage),
    verdict: await verifyLedger(storage.ledger, [LEDGER_KEY]),
  };
}

/** Answers the signal that ended it. */
async function copyAndDie(from: string, to: string, stateFile: string, times: number): Promise<NodeJS.Signals | undefined> {
  const args = ['--no-warnings', join(import.meta.dirname, 'copy-and-die.ts'), from, to, stateFile, `${times}`];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, (error, _, stderr) => {
      if (error && error.signal === null) reject(new Error(stderr));
      else resolve(error?.signal ?? undefined);
    });
  });
}

const sqlite = (name: string) => `sqlite:${join(folder, name)}`;

test('a database is copied whole, in its order, and the copy goes on working', async () => {
  const [from, to] = [sqlite('from.db'), sqlite('to.db')];
  await withStorage(from, fill);
  const result = await copyStorage({ from, to, stateFile: join(folder, 'state.json'), out: silent });
  expect(Object.fromEntries(result.map(({ name, count }) => [name, count]))).toEqual({
    artifacts: 1_201 + ODD_PAYLOADS.length,
    accounts: 20,
    expiring_documents: 1_104,
    email_codes: 4,
    dealer_links: 20,
    migrations: 20,
    population: 3,
    jobs: 20,
    counters: 20,
    ledger_origin: 0,
    ledger: 0,
    ledger_entries: 60,
    ledger_anchors: 1,
  });
  expect(await withStorage(to, tell)).toEqual(await withStorage(from, tell));
  expect(await withStorage(to, tell)).toMatchObject({ verdict: { sound: true, count: { entries: 60, anchors: 1 } } });
  expect(existsSync(join(folder, 'state.json'))).toBe(false);
  // A login finds them at once.
  const copied = new DatabaseSync(join(folder, 'to.db'), { readOnly: true });
  const places = copied.prepare("SELECT place, document ->> 'email_canonical' AS email FROM accounts").all();
  copied.close();
  expect(places.map(({ place }) => place)).toEqual(places.map(({ email }) => placeOf(String(email))));
  await withStorage(to, async (storage) => {
    await storage.accounts.create(sampleAccount('new'), eventAbout('new'));
    const doubled = sampleAccount('p', { email_canonical: 'a3@example.jp' });
    await expect(storage.accounts.create(doubled, eventAbout('p'))).rejects.toMatchObject({ what: 'email' });
    await storage.artifacts.save('Grant', 'newest', { accountId: 'a0' }, END);
    expect(await storage.artifacts.listByAccount('Grant', 'a0', 1)).toEqual(['newest']);
  });
});

test('a target that is not empty is refused; one side that changed meanwhile is noticed', async () => {
  const [from, to] = [sqlite('from.db'), sqlite('to.db')];
  await withStorage(from, (storage) => storage.accounts.create(sampleAccount('a'), eventAbout('a')));
  await withStorage(to, (storage) => storage.counters.add('mine', 1, 1_000));
  const stateFile = join(folder, 'state.json');
  await expect(copyStorage({ from, to, stateFile, out: silent })).rejects.toThrow('the target is not empty: it has counters');
  writeFileSync(stateFile, '{}');
  await expect(copyStorage({ from, to, stateFile, out: silent })).rejects.toThrow(
    /^counters: the two sides differ .*empty database/,
  );
  // Which works as it says, also under the same name.
  for (const end of ['', '-wal', '-shm']) rmSync(`${to.slice('sqlite:'.length)}${end}`, { force: true });
  await copyStorage({ from, to, stateFile, out: silent });
  expect(await withStorage(to, (storage) => storage.accounts.find('a'))).toEqual(sampleAccount('a'));
});

test('a target that was made anew while a copy rested is filled from the beginning', async () => {
  const [from, to] = [sqlite('from.db'), sqlite('to.db')];
  await withStorage(from, (storage) => storage.accounts.create(sampleAccount('a'), eventAbout('a')));
  const stateFile = join(folder, 'state.json');
  writeFileSync(stateFile, JSON.stringify({ accounts: 'a' }));
  await copyStorage({ from, to, stateFile, out: silent });
  expect(await withStorage(to, (storage) => storage.accounts.find('a'))).toEqual(sampleAccount('a'));
});

test('an address that is wrong is told by its option, and makes nothing', async () => {
  const copy = async (from: string, to: string) => copyStorage({ from, to, stateFile: join(folder, 'state.json'), out: silent });
  await withStorage(sqlite('empty.db'), (storage) => storage.ping());
  await withStorage(sqlite('from.db'), (storage) => storage.counters.add('mine', 1, 1_000));
  await expect(copy(sqlite('mistyped.db'), sqlite('to.db'))).rejects.toThrow(/^--from: .*mistyped.db does not exist/);
  await expect(copy(sqlite('empty.db'), sqlite('to.db'))).rejects.toThrow('--from: there is nothing to copy');
  await expect(copy('mongodb://127.0.0.1:1/x', sqlite('to.db'))).rejects.toThrow(/^--from: MongoDB does not answer/);
  expect(readdirSync(folder).toSorted()).toEqual(['empty.db', 'from.db']);
  await expect(copy(sqlite('from.db'), `sqlite:${folder}`)).rejects.toThrow(/^--to: .*EISDIR/);
});

test('a copy that was cut off goes on, and nothing comes twice', async () => {
  const [from, to] = [sqlite('from.db'), sqlite('to.db')];
  await withStorage(from, fill);
  const stateFile = join(folder, 'state.json');
  for (const lives of [1, 2, 5]) {
    let writes = 0;
    const out = {
      isTTY: true,
      write(text: string) {
        if (text.includes('█') && ++writes > lives) throw new Error('cut off');
        return true;
      },
    };
    await expect(copyStorage({ from, to, stateFile, out })).rejects.toThrow('cut off');
  }
  await copyStorage({ from, to, stateFile, out: silent });
  expect(await withStorage(to, tell)).toEqual(await withStorage(from, tell));
});

describe('between SQLite and MongoDB', () => {
  const onBoth = (title: string, act: () => Promise<void>): void =>
    mongo === true ? test(title, act) : test.skip(`${title} (skipped: ${mongo.reason})`, act);

  onBoth('a source that was mistyped is refused, and gets no index', async () => {
    server = await startMongoServer();
    const url = `${server.url}/mistyped_${randomUUID().slice(0, 8)}`;
    await withMongo(url, async (behind) => {
      const sentence = `--from: the database ${behind.name} of this MongoDB is not a database of the common ID`;
      const copying = copyStorage({ from: url, to: sqlite('to.db'), out: silent });
      await expect(copying).rejects.toThrow(sentence);
      expect(await behind.listCollections()).toEqual([]);
      // Somebody else's. As a process, which has to end by itself.
      await behind.collection('things').insertOne({ a: 1 });
      const ended = await runAdmin(['storage', 'copy', '--from', url, '--to', sqlite('to.db')], { cwd: folder });
      expect(ended).toEqual({ code: 1, out: '', err: `${sentence}\n` });
      expect((await behind.listCollections()).map(({ name }) => name)).toEqual(['things']);
      expect(readdirSync(folder)).toEqual([]);
    });
  });

  onBoth('marks of JWTs whose end an earlier version kept in microseconds are copied, there and back', async () => {
    server = await startMongoServer();
    const url = `${server.url}/test_${randomUUID().slice(0, 8)}`;
    await withStorage(sqlite('from.db'), async ({ artifacts }) => artifacts.insertOnce('ReplayDetection', 'used', {}, END));
    const database = new DatabaseSync(join(folder, 'from.db'));
    const { changes } = database.prepare('UPDATE artifacts SET expires_at = ?').run(1_790_000_000_000_000_000n);
    database.close();
    expect(changes).toBe(1);
    for (const [from, to] of [
      [sqlite('from.db'), url],
      [url, sqlite('back.db')],
    ] as const) {
      await copyStorage({ from, to, stateFile: join(folder, 'state.json'), out: silent });
      expect(await withStorage(to, async ({ artifacts }) => artifacts.insertOnce('ReplayDetection', 'used', {}, END))).toBe(
        false,
      );
    }
  });

  onBoth('there, killed on the way twice, and back again', async () => {
    server = await startMongoServer();
    const url = `${server.url}/test_${randomUUID().slice(0, 8)}`;
    const [from, back] = [sqlite('from.db'), sqlite('back.db')];
    await withStorage(from, fill);
    const stateFile = join(folder, 'there.json');
    // Killed among the artifacts, and, having gone on, among what comes behind them.
    for (const times of [3, 4]) {
      expect(await copyAndDie(from, url, stateFile, times)).toBe('SIGKILL');
      expect(existsSync(stateFile)).toBe(true);
    }
    const there = await copyStorage({ from, to: url, stateFile, out: silent });
    expect(await withStorage(url, tell)).toEqual(await withStorage(from, tell));
    await withStorage(url, async (storage) => {
      const doubled = sampleAccount('p', { email_canonical: 'a3@example.jp' });
      await expect(storage.accounts.create(doubled, eventAbout('p'))).rejects.toMatchObject({ what: 'email' });
      const doubledPhone = sampleAccount('p', { phone_canonical: '+81903' });
      await expect(storage.accounts.create(doubledPhone, eventAbout('p'))).rejects.toMatchObject({ what: 'phone' });
    });
    const again = await copyStorage({ from: url, to: back, stateFile: join(folder, 'back.json'), out: silent });
    expect(again).toEqual(there);
    expect(await withStorage(back, tell)).toEqual(await withStorage(from, tell));
    // An event that waits for its place in the ledger is not left behind.
    await withStorage(url, (storage) => storage.ledger.append(eventAbout('signed in'), 'once'));
    const once = { from: url, to: sqlite('once.db'), stateFile: join(folder, 'once.json'), out: silent };
    await expect(copyStorage(once)).rejects.toThrow('set LEDGER_KEY');
    await copyStorage({ ...once, ledgerKey: () => LEDGER_KEY });
    expect(await withStorage(once.to, tell)).toMatchObject({ verdict: { sound: true, count: { entries: 61 } } });
  });
});
