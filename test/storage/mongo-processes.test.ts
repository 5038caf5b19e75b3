// Several real processes on one MongoDB, and processes that die between any two writes of one change.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createMongoIndexes } from '../../src/storage/mongo/create-mongo-indexes.ts';
import { openMongoStorage } from '../../src/storage/mongo/open-mongo-storage.ts';
import { AlreadyExists } from '../../src/storage/storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { eventAbout, sampleAccount, sampleDealerLink, sampleMigration } from './conformance/samples.ts';
import { expectChain } from './expect-whole.ts';
import { mongoServerAvailable, startMongoServer } from './mongo-server.ts';
import type { MongoServer } from './mongo-server.ts';
import { runProcesses } from './processes.ts';

const PROGRAM = join(import.meta.dirname, 'mongo-half-made.ts');
const DAY = 24 * 60 * 60 * 1000;

jest.setTimeout(180_000);

const available = mongoServerAvailable();
const suite = available === true ? describe : describe.skip;

suite(available === true ? 'on a MongoDB' : `on a MongoDB (skipped: ${available.reason})`, () => {
  let server: MongoServer;
  beforeAll(async () => {
    server = await startMongoServer();
  });
  afterAll(() => server.stop());

  async function makeDatabase() {
    const url = `${server.url}/test_${randomUUID().slice(0, 8)}`;
    await createMongoIndexes(url);
    return { url, dispose: async () => undefined };
  }

  runProcesses('MongoDB', makeDatabase);

  describe('a change of several writes', () => {
    async function withStorage<T>(url: string, use: (storage: Storage) => Promise<T>, clock = Date.now): Promise<T> {
      const storage = await openMongoStorage({ url, clock });
      try {
        return await use(storage);
      } finally {
        await storage.close();
      }
    }

    /** Runs one change in a process that dies after its `writes`-th write; answers whether it died, or was done before. */
    async function dieAfter(url: string, change: string, writes: number): Promise<boolean> {
      return new Promise((resolve, reject) => {
        execFile(process.execPath, ['--no-warnings', PROGRAM, url, change, `${writes}`], (error, _, stderr) => {
          if (error && error.signal !== 'SIGKILL') reject(new Error(stderr));
          else resolve(error !== null);
        });
      });
    }

    /** For each number of writes, until the change survives. Answers how many writes it has. */
    async function leaveHalfMade(change: string, check: (storage: Storage, url: string) => Promise<void>): Promise<number> {
      for (let writes = 1; ; writes++) {
        const { url } = await makeDatabase();
        await withStorage(url, prepare);
        const died = await dieAfter(url, change, writes);
        await withStorage(url, (storage) => check(storage, url));
        if (!died) return writes - 1;
      }
    }

    async function prepare(storage: Storage): Promise<void> {
      await storage.accounts.create(sampleAccount('a', { email_canonical: 'old@example.jp' }), eventAbout('a'));
      await storage.dealerLinks.create(sampleDealerLink('l'), eventAbout('l'));
      await storage.migrations.put(sampleMigration('m'), eventAbout('m'));
    }

    const eventsAbout = async (storage: Storage, subject: string) =>
      (await expectChain(storage)).filter((about) => about === subject).length;

    test('a registration is whole or undone, and its address is never lost', async () => {
      const count = await leaveHalfMade('create', async (storage) => {
        const made = await storage.accounts.find('n');
        expect(await eventsAbout(storage, 'n')).toBe(made ? 1 : 0);
        expect(await storage.accounts.findByEmail('new@example.jp')).toEqual(made);
        const again = sampleAccount('other', { email_canonical: 'new@example.jp' });
        const second = storage.accounts.create(again, eventAbout('other'));
        if (made) await expect(second).rejects.toThrow(AlreadyExists);
        else await second;
        expect(await storage.accounts.findByEmail('new@example.jp')).toMatchObject({ id: made ? 'n' : 'other' });
        expect(await eventsAbout(storage, 'other')).toBe(made ? 0 : 1);
      });
      expect(count).toBeGreaterThanOrEqual(4);
    });

    test('a change of address has happened or not, and each address has the owner that it says', async () => {
      const count = await leaveHalfMade('change_email', async (storage) => {
        const account = await storage.accounts.find('a');
        const changed = account?.version === 2;
        expect(account?.email_canonical).toBe(changed ? 'new@example.jp' : 'old@example.jp');
        expect(await eventsAbout(storage, 'a')).toBe(changed ? 2 : 1);
        expect(await storage.accounts.findByEmail('old@example.jp')).toEqual(changed ? undefined : account);
        expect(await storage.accounts.findByEmail('new@example.jp')).toEqual(changed ? account : undefined);
        const [free, taken] = changed ? ['old', 'new'] : ['new', 'old'];
        await storage.accounts.create(sampleAccount('o', { email_canonical: `${free}@example.jp` }), eventAbout('o'));
        const doubled = sampleAccount('p', { email_canonical: `${taken}@example.jp` });
        await expect(storage.accounts.create(doubled, eventAbout('p'))).rejects.toThrow(AlreadyExists);
        // The account itself goes on, back to where it came from or on to somewhere else.
        if (account) await storage.accounts.update({ ...account, email_canonical: 'third@example.jp' }, eventAbout('a'));
        expect(await storage.accounts.findByEmail('third@example.jp')).toMatchObject({ id: 'a' });
      });
      expect(count).toBeGreaterThanOrEqual(5);
    });

    test('a change of address that died can be made again by the account itself, and taken back', async () => {
      await leaveHalfMade('change_email', async (storage) => {
        const account = await storage.accounts.find('a');
        if (!account) throw new Error('the account stands');
        const there = await storage.accounts.update({ ...account, email_canonical: 'new@example.jp' }, eventAbout('a'));
        const back = await storage.accounts.update({ ...there, email_canonical: 'old@example.jp' }, eventAbout('a'));
        expect(await storage.accounts.findByEmail('old@example.jp')).toEqual(back);
        expect(await storage.accounts.findByEmail('new@example.jp')).toBeUndefined();
      });
    });

    test.each([
      ['link_update', 'l'],
      ['link_create', 'k'],
      ['migration_update', 'm'],
      ['migration_create', 'k'],
    ])('%s leaves as many events as versions', async (change, id) => {
      const count = await leaveHalfMade(change, async (storage) => {
        const thing = change.startsWith('link')
          ? await storage.dealerLinks.find(id)
          : await storage.migrations.find('owners-site', id);
        expect(await eventsAbout(storage, id)).toBe(thing?.version ?? 0);
      });
      expect(count).toBeGreaterThanOrEqual(3);
    });

    test('what nobody looks for is undone by the sweep: a claim without an account keeps no personal data', async () => {
      await leaveHalfMade('create', async (storage, url) => {
        const made = (await storage.accounts.find('n')) !== undefined;
        await withStorage(
          url,
          (later) => later.sweep(100),
          () => Date.now() + DAY,
        );
        const { default: mongoose } = await import('mongoose');
        const connection = await mongoose.createConnection(url).asPromise();
        const identifiers = await connection.collection('identifiers').find({ account_id: 'n' }).toArray();
        expect(identifiers).toHaveLength(made ? 1 : 0);
        expect(identifiers.every((identifier) => !('unsettled_at' in identifier))).toBe(true);
        await connection.close();
      });
    });
  });
});
