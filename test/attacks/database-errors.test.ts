// Errors of a database that cannot be read or written now: design/security-2.md 133. The storage throws `StorageUnavailable`,
// which HTTP answers with 503, and never a fault of the program.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';
import { asPageError } from '../../src/http/error-page.ts';
import { asPortError } from '../../src/storage/mongo/mongo-error.ts';
import { openMongoStorage } from '../../src/storage/mongo/open-mongo-storage.ts';
import type { Timeouts } from '../../src/storage/mongo/timeouts.ts';
import { openDatabase } from '../../src/storage/sqlite/open-database.ts';
import { asPortError as asPortErrorOfSqlite } from '../../src/storage/sqlite/sqlite-error.ts';
import { StorageUnavailable, type Storage } from '../../src/storage/storage.ts';
import { eventAbout, sampleAccount } from '../storage/conformance/samples.ts';
import { openPatiently, PATIENT } from '../storage/open-patiently.ts';
import { nameOf, OPERATIONS, type Operation } from '../storage/same-call-operations.ts';
import { LEDGER_KEY, ledgerOf } from '../support/ledger-of.ts';
import { startMongoProxy, type MessageFault, type MongoProxy } from '../support/mongo-proxy.ts';
import { untilFound } from '../support/until-true.ts';
import { figure } from './support/figure.ts';
import { describeOnMongo } from './support/mongo-database.ts';

jest.setTimeout(600_000);

const { mongo } = mongoose;

const server = (code: number | undefined) => new mongo.MongoServerError({ message: 'said by a server', code });

/** The error that `insertMany` throws if its only write fails. */
const bulk = (cause: Error & { code?: number | string | undefined }) =>
  new mongo.MongoBulkWriteError(cause as mongoose.mongo.MongoError, { getWriteConcernError: () => undefined } as never);

const NOT_KNOWN: [string, Error][] = [
  ['a connection lost', new mongo.MongoNetworkError('connection closed')],
  ['no answer in time', new mongo.MongoNetworkTimeoutError('timed out')],
  ['a connection lost during insertMany', bulk(new mongo.MongoNetworkError('connection closed'))],
  ['a pool that is cleared', new mongo.MongoNetworkError('Connection pool was cleared')],
  ['no server', new mongo.MongoServerSelectionError('no server', {} as never)],
  ['no server that mongoose knows', new mongoose.Error.MongooseServerSelectionError('no server')],
  ['a closed client', new mongo.MongoTopologyClosedError('closed')],
  ['a client that is not connected', new mongo.MongoNotConnectedError('not connected')],
  ['a session that has expired', new mongo.MongoExpiredSessionError('expired')],
  ['a cursor that is closed', new mongo.MongoCursorExhaustedError('exhausted')],
  ['an answer that makes no sense', new mongo.MongoUnexpectedServerResponseError('nonsense')],
  ['an answer that cannot be read', new mongo.BSON.BSONError('nonsense')],
  ['an answer whose frame cannot be read', new mongo.MongoParseError('nonsense')],
  // Code 2 is also the code of a refused command.
  ...[100, 2].map((code): [string, Error] => [
    `a write on too few disks (${code})`,
    new mongo.MongoWriteConcernError({ writeConcernError: { code, errmsg: 'too few' } } as never),
  ]),
  ['a server without a code', server(undefined)],
  // Unknown write concern errors too, because the data may have been stored.
  ...[
    1, 6, 7, 24, 43, 50, 64, 79, 89, 91, 112, 133, 189, 202, 237, 262, 290, 365, 9001, 10_107, 11_600, 11_602, 13_435, 13_436,
    14_031, 99_999,
  ].map((code): [string, Error] => [`a server with code ${code}`, server(code)]),
  ...[13, 18, 391, 8_000].map((code): [string, Error] => [`a server that does not let us in any more (${code})`, server(code)]),
  ['the same during insertMany', bulk(server(91))],
];

const OUR_FAULT: [string, Error][] = [
  ...[2, 9, 14, 59, 66, 121, 10_334, 11_000].map((code): [string, Error] => [`a command refused with ${code}`, server(code)]),
  ['a document refused during insertMany', bulk(server(121))],
  ['a value of another type', new mongoose.Error.CastError('string', {}, 'path')],
  ['a field that no schema knows', new mongoose.Error.StrictModeError('path')],
  ['an option that there is not', new mongo.MongoInvalidArgumentError('no such option')],
  ['a mistake in the program', new TypeError('undefined is not a function')],
];

describe('errors of the driver', () => {
  test('S133 an unknown outcome, in each error class of the driver: "not now", with 503', () => {
    for (const [what, error] of NOT_KNOWN) {
      const told = asPortError(error);
      expect([what, nameOf(told)]).toEqual([what, 'StorageUnavailable']);
      expect(asPageError(told).status).toBe(503);
    }
  });

  test('S133 a command that always fails: reported as a fault of the program', () => {
    for (const [what, error] of OUR_FAULT) expect([what, asPortError(error)]).toEqual([what, error]);
  });
});

describe('SQLite', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'database-errors-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const fill = 'INSERT INTO counters (key, points, expires_at) VALUES (?, 1, 1)';

  test('S133 a file that is full, read-only, locked or closed: every call throws "not now"', async () => {
    const path = join(folder, 'common-id.db');
    const database = await openDatabase({ path });
    const write = async (key: string = randomUUID()) => database.write(() => database.run(fill, key));
    await write();
    const { page_count: pages = 0 } = database.get<{ page_count: number }>('PRAGMA page_count') ?? {};
    database.get(`PRAGMA max_page_count = ${pages}`);
    await expect(write('x'.repeat(1_000_000))).rejects.toBeInstanceOf(StorageUnavailable);
    database.get('PRAGMA max_page_count = 1000000');
    database.all('PRAGMA query_only = ON');
    await expect(write()).rejects.toBeInstanceOf(StorageUnavailable);
    database.all('PRAGMA query_only = OFF');
    const somebody = new DatabaseSync(path);
    somebody.exec('BEGIN IMMEDIATE');
    await expect(write()).rejects.toBeInstanceOf(StorageUnavailable);
    somebody.close();
    await write();
    await database.close();
    await expect(write()).rejects.toBeInstanceOf(StorageUnavailable);
    expect(() => database.get('SELECT 1')).toThrow(StorageUnavailable);
  });

  test('S133 each result code of SQLite that time or another disk may heal: "not now"', () => {
    const withCode = (errcode: number) => Object.assign(new Error('said by SQLite'), { code: 'ERR_SQLITE_ERROR', errcode });
    // Extended result codes too: 266 is IOERR_READ, 1032 READONLY_DBMOVED, 2570 IOERR_SHORT_READ.
    for (const code of [3, 5, 6, 7, 8, 9, 10, 13, 14, 15, 17, 266, 517, 1032, 2570]) {
      expect([code, nameOf(asPortErrorOfSqlite(withCode(code)))]).toEqual([code, 'StorageUnavailable']);
    }
    for (const code of [1, 11, 19, 20, 26]) expect(nameOf(asPortErrorOfSqlite(withCode(code)))).toBe('Error');
  });
});

describeOnMongo(({ url }) => {
  let direct: Storage;
  beforeAll(async () => {
    direct = await openPatiently(url());
  });
  afterAll(async () => direct.close());

  /** A process whose messages can be damaged. */
  async function openBehindProxy(timeouts: Partial<Timeouts>): Promise<{ proxy: MongoProxy; storage: Storage }> {
    const proxy = await startMongoProxy(url());
    const options = { url: proxy.url, clock: Date.now, ledgerKey: LEDGER_KEY, timeouts: { ...PATIENT, ...timeouts } };
    // Until then no message is damaged. A busy machine may take longer than a short timeout allows.
    const storage = await untilFound('the storage opens', async () => openMongoStorage(options).catch(() => undefined));
    return { proxy, storage };
  }

  const READS: Operation[] = [
    {
      name: 'many are read, with a cursor',
      async prepare(storage) {
        const end = Date.now() + 3_600_000;
        if (await storage.artifacts.find('Grant', 'g0')) return;
        await Promise.all(
          Array.from({ length: 250 }, (_, n) => storage.artifacts.save('Grant', `g${n}`, { accountId: 'a' }, end)),
        );
      },
      call: async (storage) => {
        expect(await storage.artifacts.listAfter('Grant', '', 1_000)).toHaveLength(250);
      },
      isDone: async () => undefined,
    },
    { name: 'the expired is swept', call: (storage) => storage.sweep(100), isDone: async () => undefined },
    { name: 'the ledger is read', call: (storage) => ledgerOf(storage), isDone: async () => undefined },
    { name: 'the database is asked how it is', call: (storage) => storage.ping(), isDone: async () => undefined },
  ];

  const HARM = ['lost', 'unanswered', 'garbled', 'misnumbered', 'held', 'on too few disks'] as const satisfies MessageFault[];

  /** Returns the result of a call whose n-th message is damaged; `undefined` if it has fewer messages. */
  async function told({ call }: Operation, id: string, n: number, fault: MessageFault): Promise<string | undefined> {
    // The driver gives up a held message. An answer with a too large length field is waited for as long.
    const isWaitedFor = fault === 'held' || fault === 'misnumbered';
    const { proxy, storage } = await openBehindProxy({ server: 2_000, ...(isWaitedFor && { socket: 300 }) });
    try {
      proxy.harm(n, fault);
      const outcome = await call(storage, id).then(() => 'done', nameOf);
      return proxy.struck() === undefined ? undefined : outcome;
    } finally {
      await proxy.close();
      await storage.close();
    }
  }

  test('S133 each message of each call is cut, damaged, misnumbered, held or written to too few disks: the call succeeds, or throws "not now"', async () => {
    const step = figure(1, 4);
    let tried = 0;
    for (const [at, operation] of [...OPERATIONS, ...READS].entries()) {
      // The short form tries each operation with one fault, each fault with some operations, and only every n-th message.
      for (const fault of HARM.filter((_, index) => figure(1, 0) || at % HARM.length === index)) {
        for (let n = 1; ; n += step) {
          const id = `${operation.name}, ${fault} at ${n}`;
          await operation.prepare?.(direct, id);
          const outcome = await told(operation, id, n, fault);
          if (outcome === undefined) break;
          tried += 1;
          expect([id, ['done', 'StorageUnavailable', operation.refusal].includes(outcome) || outcome]).toEqual([id, true]);
        }
      }
    }
    expect(tried).toBeGreaterThan(figure(200, 2));
  });

  test('S133 the server goes away at each message while a storage is opened: it is not opened, with a sentence for the operator', async () => {
    let tried = 0;
    for (let n = 1; ; n += figure(1, 3)) {
      const proxy = await startMongoProxy(url());
      proxy.harm(n, 'killed before');
      const timeouts = { ...PATIENT, server: 300 };
      const opened = await openMongoStorage({ url: proxy.url, clock: Date.now, ledgerKey: LEDGER_KEY, timeouts }).catch(
        (error: unknown) => error as Error,
      );
      await proxy.close();
      if (!(opened instanceof Error)) {
        await opened.close();
        break;
      }
      tried += 1;
      expect(opened.message).toMatch(/^DATABASE_URL: MongoDB|^the database cannot be read or written now/);
    }
    expect(tried).toBeGreaterThan(figure(5, 1));
  });

  test('S133 one connection is lost during fifty calls, which clears the pool: each succeeds, or throws "not now"', async () => {
    const { proxy, storage } = await openBehindProxy({ server: 2_000 });
    for (const fault of ['lost', 'unanswered'] as const) {
      proxy.harm(60, fault);
      const calls = Array.from({ length: 50 }, async (_, n) => {
        const id = `pool ${fault} ${n}`;
        return storage.accounts.create(sampleAccount(id), eventAbout(id)).then(() => 'done', nameOf);
      });
      const outcomes = new Set(await Promise.all(calls));
      expect(proxy.struck()).toBeDefined();
      outcomes.delete('done');
      expect([...outcomes].filter((outcome) => outcome !== 'StorageUnavailable')).toEqual([]);
    }
    await proxy.close();
    await storage.close();
  });

  test('S133 no server is found, and a storage is closed during calls: each succeeds, or throws "not now"', async () => {
    const { proxy, storage } = await openBehindProxy({ server: 300 });
    const create = async (id: string) => storage.accounts.create(sampleAccount(id), eventAbout(id)).then(() => 'done', nameOf);
    proxy.harm(1, 'killed before');
    expect(await create('gone 1')).toBe('StorageUnavailable');
    expect(await create('gone 2')).toBe('StorageUnavailable');
    await proxy.close();
    const underWay = create('gone 3');
    await sleep(10);
    const closing = storage.close();
    expect(await create('gone 4')).toBe('StorageUnavailable');
    expect(await underWay).toBe('StorageUnavailable');
    await closing;
    expect(await create('gone 5')).toBe('StorageUnavailable');
  });
});
