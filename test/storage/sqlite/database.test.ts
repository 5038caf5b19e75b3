// Group commit and durability: when a write is answered, and what a failure takes along.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Database } from '../../../src/storage/sqlite/database.ts';
import { openDatabase } from '../../../src/storage/sqlite/open-database.ts';
import { StorageUnavailable } from '../../../src/storage/storage.ts';
import { answered, thrown } from '../conformance/subject.ts';
import { untilTrue } from '../../support/until-true.ts';

let folder: string;
let connection: DatabaseSync;
let database: Database;
/** The requested syncs; a test completes them. */
let syncs: { resolve: () => void; reject: (error: Error) => void }[];
let syncByItself: boolean;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sqlite-'));
  connection = new DatabaseSync(join(folder, 'test.db'));
  connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE t (id TEXT PRIMARY KEY, blob BLOB)');
  syncs = [];
  syncByItself = false;
  const sync = () => (syncByItself ? Promise.resolve() : new Promise<void>((resolve, reject) => syncs.push({ resolve, reject })));
  database = new Database(connection, { sync, close: () => undefined }, { wrote: () => undefined, close: async () => undefined });
});

afterEach(async () => {
  syncByItself = true;
  for (const { resolve } of syncs) resolve();
  await database.close();
  await rm(folder, { recursive: true });
});

const insert = (id: string) => () => database.run('INSERT INTO t (id) VALUES (?)', id);
const ids = () => database.all<{ id: string }>('SELECT id FROM t ORDER BY id').map(({ id }) => id);
const failSync = () => syncs.shift()?.reject(new Error('EIO: i/o error, fdatasync'));

test('the writes of one turn share one transaction and one sync', async () => {
  let transactions = 0;
  connection.setAuthorizer((action, operation) => {
    if (action === 22 && operation === 'COMMIT') transactions++;
    return 0;
  });
  const writes = Promise.all(Array.from({ length: 20 }, (_, n) => database.write(insert(`${n}`))));
  await nextTurn();
  await nextTurn();
  expect(ids()).toHaveLength(20);
  expect(syncs).toHaveLength(1);
  expect(transactions).toBe(1);
  syncs[0]?.resolve();
  expect(await writes).toEqual(Array(20).fill(1));
});

test('a durable write is answered after the sync, a recreatable one at the commit', async () => {
  const told: string[] = [];
  const durable = database.write(insert('durable')).then(() => told.push('durable'));
  await database.write(insert('recreatable'), 'recreatable').then(() => told.push('recreatable'));
  await nextTurn();
  expect(told).toEqual(['recreatable']);
  syncs[0]?.resolve();
  await durable;
  expect(told).toEqual(['recreatable', 'durable']);
});

test('a write that fails takes nothing of its neighbours along, and nothing of itself stays', async () => {
  syncByItself = true;
  const results = await Promise.allSettled([
    database.write(insert('a')),
    database.write(() => {
      database.run('INSERT INTO t (id) VALUES (?)', 'half');
      throw new Error('changed its mind');
    }),
    database.write(insert('a')),
    database.write(insert('b')),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  expect(ids()).toEqual(['a', 'b']);
});

test('on a full disk the writes are refused as unavailable, nothing is half-written, and later ones work again', async () => {
  syncByItself = true;
  connection.exec('PRAGMA max_page_count = 20');
  const large = () => database.run('INSERT INTO t (id, blob) VALUES (?, zeroblob(200000))', 'large');
  const results = await Promise.allSettled([database.write(insert('a')), database.write(large), database.write(insert('b'))]);
  expect(thrown(results).length).toBeGreaterThan(0);
  expect(thrown(results).every((error) => error instanceof StorageUnavailable)).toBe(true);
  expect(ids()).toHaveLength(answered(results).length);
  connection.exec('PRAGMA max_page_count = 1000');
  await database.write(insert('later'));
  await database.write(large);
  expect(ids()).toContain('large');
});

test('where the sync fails, durable writes are refused, and the log is closed up before anything more is acknowledged', async () => {
  const refused = database.write(insert('refused'));
  await nextTurn();
  await nextTurn();
  failSync();
  await expect(refused).rejects.toThrow(StorageUnavailable);

  // An open reader of the old log prevents that it is closed: no write succeeds.
  const reader = new DatabaseSync(join(folder, 'test.db'));
  reader.exec('BEGIN; SELECT * FROM t');
  await expect(database.write(insert('too early'))).rejects.toThrow(StorageUnavailable);
  reader.exec('COMMIT');
  reader.close();

  syncByItself = true;
  await database.write(insert('later'));
  expect(ids()).not.toContain('too early');
  expect(ids()).toContain('later');
});

test('more writes than a batch holds are all written', async () => {
  syncByItself = true;
  await Promise.all(Array.from({ length: 1_000 }, (_, n) => database.write(insert(`${n}`))));
  expect(ids()).toHaveLength(1_000);
});

test('a queue that grows too long refuses at once', async () => {
  syncByItself = true;
  const results = await Promise.allSettled(Array.from({ length: 10_010 }, (_, n) => database.write(insert(`${n}`))));
  expect(thrown(results)).toHaveLength(10);
  expect(ids()).toHaveLength(10_000);
});

test('the log is brought into the file on another thread, which lets go of it at the end', async () => {
  const path = join(folder, 'long-log.sqlite');
  const opened = await openDatabase({ path });
  try {
    const before = statSync(path).size;
    const beat = (at: number) => () =>
      opened.run('INSERT INTO counters (key, points, expires_at) VALUES (?, 1, ?)', `${at}`.padEnd(200), at);
    for (let n = 0; n < 2_000; n += 200) {
      await Promise.all(Array.from({ length: 200 }, (_, at) => opened.write(beat(n + at), 'recreatable')));
    }
    // The connection that writes would do it at 64 MiB; this is one.
    await untilTrue('the database file grows', () => statSync(path).size > before, {
      everyMs: 10,
      tell: () => ({ before, now: statSync(path).size }),
    });
    expect(statSync(`${path}-wal`).size).toBeLessThan(10 * 1024 * 1024);
  } finally {
    await opened.close();
  }
  expect(existsSync(`${path}-wal`)).toBe(false);
});
