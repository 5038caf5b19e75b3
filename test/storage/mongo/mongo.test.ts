// MongoDB keeps the port's promises.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import mongoose from 'mongoose';
import { defineCollections } from '../../../src/storage/mongo/collections.ts';
import { connect } from '../../../src/storage/mongo/connect.ts';
import { createMongoIndexes } from '../../../src/storage/mongo/create-mongo-indexes.ts';
import { asPortError } from '../../../src/storage/mongo/mongo-error.ts';
import { openMongoStorage } from '../../../src/storage/mongo/open-mongo-storage.ts';
import { StorageUnavailable } from '../../../src/storage/storage.ts';
import { runAdmin } from '../../scripts/run-admin.ts';
import { CHILD_ENVIRONMENT } from '../../support/child-environment.ts';
import { runConformance } from '../conformance.ts';
import { eventAbout, sampleAccount, sampleDealerLink, sampleMigration } from '../conformance/samples.ts';
import { mongoServerAvailable, startMongoServer } from '../mongo-server.ts';
import type { MongoServer } from '../mongo-server.ts';
import { openPatiently, PATIENT } from '../open-patiently.ts';

// The first start may build the server.
jest.setTimeout(180_000);

const available = mongoServerAvailable();
const suite = available === true ? describe : describe.skip;

suite(available === true ? 'on a MongoDB' : `on a MongoDB (skipped: ${available.reason})`, () => {
  let server: MongoServer;
  beforeAll(async () => {
    server = await startMongoServer();
  });
  afterAll(() => server.stop());

  const emptyDatabase = () => `${server.url}/test_${randomUUID().slice(0, 8)}`;

  describe('with one database, emptied after each test', () => {
    let url: string;
    let behind: mongoose.Connection;
    beforeAll(async () => {
      url = emptyDatabase();
      await createMongoIndexes(url, PATIENT);
      behind = await mongoose.createConnection(url).asPromise();
    });
    afterAll(() => behind.close());

    runConformance('MongoDB', async (clock) => {
      const openAnother = () => openPatiently(url, clock);
      return { storage: await openAnother(), openAnother, dispose: empty, large: 600 };
    });

    async function empty(): Promise<void> {
      const collections = await behind.listCollections();
      await Promise.all(collections.map(async ({ name }) => behind.collection(name).deleteMany({})));
    }
  });

  test('a database whose indexes were not made is refused, with the command that makes them', async () => {
    const url = emptyDatabase();
    await expect(openPatiently(url)).rejects.toMatchObject({
      name: 'IndexesUnfit',
      message: expect.stringMatching(/artifacts\.by_uid.*npm run admin -- storage indexes/),
    });
    const made = await createMongoIndexes(url, PATIENT);
    expect(made).toContain('jobs.by_state_and_time');
    expect(await createMongoIndexes(url, PATIENT)).toEqual([]);
    await (await openPatiently(url)).close();
  });

  test('a migration that an earlier version wrote is found by its candidate after the command of the upgrade', async () => {
    const url = emptyDatabase();
    await createMongoIndexes(url, PATIENT);
    const storage = await openPatiently(url);
    const candidate = { account_id: 'a', code_challenge: 'x', at: 1 };
    await storage.migrations.put(sampleMigration('m', { candidate }), eventAbout('m'));
    await storage.migrations.put(sampleMigration('n'), eventAbout('n'));
    const behind = await mongoose.createConnection(url).asPromise();
    await behind.collection('migrations').updateMany({}, { $set: { account_id: null } });
    expect(await storage.migrations.listByCandidate('a')).toEqual([]);
    expect(await createMongoIndexes(url, PATIENT)).toEqual([]);
    expect(await storage.migrations.listByCandidate('a')).toMatchObject([{ legacy_id: 'm' }]);
    await behind.close();
    await storage.close();
  });

  describe('a database whose indexes somebody else made', () => {
    let url: string;
    let behind: mongoose.Connection;
    beforeEach(async () => {
      url = emptyDatabase();
      behind = await connect(url, PATIENT);
    });
    afterEach(() => behind.close());

    const FILTER = { partialFilterExpression: { uid: { $gt: '' } } };

    test.each([
      ['artifacts', 'by_uid', { model: 1, uid: 1 }, FILTER, 'keys {"model":1,"uid":1} where {"uid":1,"model":1} is needed'],
      ['artifacts', 'by_uid', { uid: 1, model: 1 }, {}, 'partialFilterExpression none where {"uid":{"$gt":""}} is needed'],
      ['artifacts', 'by_uid', { uid: 1, model: 1 }, { ...FILTER, unique: true }, 'unique true where false is needed'],
      ['counters', 'by_expiry', { expires_at: 1 }, { expireAfterSeconds: 5 }, 'expireAfterSeconds 5 where 3600 is needed'],
      ['counters', 'by_expiry', { expires_at: 1 }, {}, 'expireAfterSeconds none where 3600 is needed'],
      [
        'counters',
        'by_expiry',
        { expires_at: 1 },
        { expireAfterSeconds: 3_600, collation: { locale: 'ja' } },
        'collation {"locale":"ja"} where none is needed',
      ],
      ['identifiers', 'by_unsettled', { unsettled_at: 1 }, {}, 'sparse false where true is needed'],
    ] as const)(
      '%s.%s is told, at the start and by the command, with what to drop: %j %j',
      async (name, index, key, options, told) => {
        await behind.collection(name).createIndex(key, { name: index, ...options });
        const sentence =
          `MongoDB has indexes that are not as they must be: ${name}.${index} has ${told}. Drop each in mongosh with ` +
          `db.${name}.dropIndex('${index}'), then make it with: npm run admin -- storage indexes`;
        const making: unknown = await createMongoIndexes(url, PATIENT).catch((error: unknown) => error);
        expect(String(making)).toMatch(/^IndexesUnfit: Made .*jobs\.by_state_and_time/);
        expect(String(making)).toContain(`. ${sentence}`);
        const opening: unknown = await openPatiently(url).catch((error: unknown) => error);
        expect(String(opening)).toBe(`IndexesUnfit: ${sentence}`);
        await behind.collection(name).dropIndex(index);
        expect(await createMongoIndexes(url, PATIENT)).toContain(`${name}.${index}`);
        await (await openPatiently(url)).close();
      },
    );

    test('on a server that lacks an option, and so lists it nowhere, is one to work with', async () => {
      for (const { schema, collection } of Object.values(defineCollections(behind))) {
        for (const [key, { name = '', sparse = false }] of schema.indexes())
          await collection.createIndex(key as never, { name, sparse });
      }
      expect(await createMongoIndexes(url, PATIENT)).toEqual([]);
      await (await openPatiently(url)).close();
    });
  });

  test('what must last asks for the disks of a majority, and only what a login makes again for less', async () => {
    const url = emptyDatabase();
    await createMongoIndexes(url, PATIENT);
    const asked = await watchWrites(async () => {
      const storage = await openPatiently(`${url}?monitorCommands=true`);
      const end = Date.now() + 60_000;
      await storage.accounts.create(sampleAccount('a'), eventAbout('a'));
      await storage.accounts.update(sampleAccount('a', { email_canonical: 'b@example.jp' }), eventAbout('a'));
      await storage.dealerLinks.create(sampleDealerLink('l'), eventAbout('l'));
      await storage.migrations.put(sampleMigration('m'), eventAbout('m'));
      await storage.jobs.enqueue({ key: 'k', kind: 'send_mail', payload: {}, run_at: 0 });
      await storage.artifacts.insertOnce('ReplayDetection', 'jti', {}, end);
      await storage.artifacts.save('AuthorizationCode', 'c', {}, end);
      await storage.artifacts.consume('AuthorizationCode', 'c');
      await storage.artifacts.destroy('AuthorizationCode', 'c');
      await storage.counters.add('n', 1, 1_000);
      await storage.ledger.append(eventAbout('a'), 'once');
      await storage.ledger.settle();
      await storage.ledger.addAnchor({ sequence: 1, document: 'x' });
      await storage.close();
    });
    const kinds = (w: unknown) => new Set(asked.filter(({ concern }) => concern.w === w).map(({ collection }) => collection));
    expect(asked.every(({ concern }) => (concern.w === 'majority' ? concern.j === true : concern.w === 1))).toBe(true);
    expect([...kinds('majority')].toSorted()).toEqual([
      'accounts',
      'artifacts',
      'dealer_links',
      'identifiers',
      'jobs',
      'ledger_anchors',
      'ledger_entries',
      'ledger_inbox',
      'migrations',
    ]);
    // Writes that mark a change as finished; without them it is finished a second time. And the event of a sign-in, which is written with its session.
    expect([...kinds(1)].toSorted()).toEqual(
      ['accounts', 'artifacts', 'counters', 'dealer_links', 'identifiers', 'ledger_inbox', 'migrations'].toSorted(),
    );
  });

  test('callers that come together for jobs part, instead of all writing at the same ones', async () => {
    const url = emptyDatabase();
    await createMongoIndexes(url, PATIENT);
    const asked = await watchWrites(async () => {
      const storage = await openPatiently(`${url}?monitorCommands=true`);
      const enqueue = (n: number) => storage.jobs.enqueue({ key: `k${n}`, kind: 'send_mail', payload: {}, run_at: 0 });
      await Promise.all(Array.from({ length: 40 }, (_, n) => enqueue(n)));
      const leased = await Promise.all(Array.from({ length: 20 }, () => storage.jobs.lease(3, 60_000)));
      expect(leased.flat()).toHaveLength(40);
      await storage.close();
    });
    // 40 writes enqueue, 40 lease, and some meet the lease of another process. If all began with the first job, there would be more than 300.
    expect(asked.length).toBeLessThan(240);
  });

  describe('that does not let us in', () => {
    const REFUSAL =
      /^DATABASE_URL: MongoDB does not let us in \((.*)\): look at its user, password and authSource, and at that user's roles\n?$/;

    test('the start says so, and a command too, and ends; the password is not told', async () => {
      const named = new URL(emptyDatabase());
      Object.assign(named, { username: 'common-id', password: 's3cret' });
      const url = named.href;
      await expect(openPatiently(url)).rejects.toThrow(REFUSAL);
      const ended = await runAdmin(['storage', 'indexes'], { env: { ...CHILD_ENVIRONMENT, DATABASE_URL: url } });
      expect(ended).toMatchObject({ code: 1, out: '', err: expect.stringMatching(REFUSAL) });
      expect(ended.err).not.toContain('s3cret');
    });

    test('nor do anything there: of the command that it refuses nothing is told but that', async () => {
      const message = 'not authorized on x to execute command { listCollections: 1, $db: "x" }';
      const refuse = async () => Promise.reject(new mongoose.mongo.MongoServerError({ message, code: 13 }));
      const spy = jest.spyOn(mongoose.mongo.Db.prototype, 'listCollections').mockReturnValue({ toArray: refuse } as never);
      try {
        const opening = openPatiently(emptyDatabase());
        await expect(opening).rejects.toMatchObject({ message: expect.stringMatching(REFUSAL) });
        await expect(opening).rejects.toThrow('(not authorized on x)');
      } finally {
        spy.mockRestore();
      }
    });
  });

  describe('asked with what no schema knows', () => {
    let connection: mongoose.Connection;
    beforeAll(async () => {
      connection = await connect(emptyDatabase(), PATIENT);
    });
    afterAll(() => connection.close());

    test('a field is neither stored nor looked for, and what came in is never taken for an operator', async () => {
      const { counters } = defineCollections(connection);
      const counter = { _id: 'a', points: 1, expires_at: new Date() };
      await counters.insertMany([counter]);
      const strange = { ...counter, _id: 'b', unheard_of: 1 } as never;
      for (const refused of [
        () => counters.insertMany([strange]),
        () => counters.replaceOne({ _id: 'a' }, strange),
        () => counters.updateOne({ _id: 'a' }, { $set: { unheard_of: 1 } } as never),
        () => counters.findOneAndUpdate({ _id: 'a' }, { $set: { unheard_of: 1 } } as never),
        () => counters.findOne({ unheard_of: 1 } as never),
      ]) {
        await expect(refused()).rejects.toMatchObject({ name: 'StrictModeError' });
      }
      const anything = { _id: { $ne: 'nobody' } } as never;
      await expect(counters.findOne(anything)).rejects.toMatchObject({ name: 'CastError' });
      await expect(counters.deleteMany(anything)).rejects.toMatchObject({ name: 'CastError' });
      expect(await counters.find({}).lean()).toEqual([counter]);
    });
  });

  type Asked = { collection: string; concern: { w?: unknown; j?: unknown } };

  /** Returns the write concerns of all writes that `act` sends. */
  async function watchWrites(act: () => Promise<void>): Promise<Asked[]> {
    const seen: Asked[] = [];
    const { prototype } = mongoose.mongo.MongoClient;
    const { connect } = prototype;
    const spy = jest.spyOn(prototype, 'connect').mockImplementation(async function (this: mongoose.mongo.MongoClient) {
      this.on('commandStarted', ({ commandName, command }) => {
        if (!['insert', 'update', 'delete', 'findAndModify'].includes(commandName)) return;
        seen.push({ collection: String(command[commandName]), concern: (command.writeConcern ?? {}) as Asked['concern'] });
      });
      return connect.call(this);
    });
    try {
      await act();
    } finally {
      spy.mockRestore();
    }
    return seen;
  }
});

test.each([
  [18, 'Authentication failed.', 'Authentication failed'],
  [13, 'not authorized on x to execute command { insert: "accounts", documents: [ "a person" ] }', 'not authorized on x'],
])(
  'a server that stops to let us in while we run (%d) cannot be used now, which is said without our command',
  (code, message, told) => {
    const error = asPortError(new mongoose.mongo.MongoServerError({ message, code }));
    expect(error).toBeInstanceOf(StorageUnavailable);
    expect(String(error)).toBe(`StorageUnavailable: the database cannot be read or written now: ${told}`);
  },
);

test.each([
  ['mongodb://user:secret@127.0.0.1:1/x', /: connect ECONNREFUSED 127\.0\.0\.1:1$/],
  ['mongodb://user:secret@127.0.0.1:1/x?nonsense=1', /: option nonsense is not supported$/],
  ['mongodb://user:s@cret@127.0.0.1:1/x', /: an @ that is part of a name or password is written %40$/],
  ['mongodb://user:secret@127.0.0.1:port/x', /./],
])('where no server answers, the start says why, and soon, without showing the URL: %s', async (url, reason) => {
  const started = performance.now();
  const error: unknown = await openMongoStorage({ url, clock: Date.now }).catch((failure: unknown) => failure);
  expect(String(error)).toMatch(/DATABASE_URL: MongoDB does not answer/);
  expect(String(error)).toMatch(reason);
  expect(String(error)).not.toContain('cret');
  expect(performance.now() - started).toBeLessThan(10_000);
});
