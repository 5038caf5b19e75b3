// On MongoDB a change is several writes without a transaction. These tests interrupt each change after every one of its writes. The next
// reader finds it complete or undone. The process that completes it may be interrupted as well.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createMongoIndexes } from '../../../src/storage/mongo/create-mongo-indexes.ts';
import { AlreadyExists } from '../../../src/storage/storage.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { eventAbout, sampleAccount, sampleDealerLink, sampleMigration } from '../conformance/samples.ts';
import { expectCounted, stepOf } from '../conformance/population.ts';
import { withMongo } from '../../support/with-mongo.ts';
import { figure } from '../../attacks/support/figure.ts';
import { cutOff } from './cut-off.ts';
import { eventsAbout, expectChain } from '../expect-whole.ts';
import { mongoServerAvailable, startMongoServer } from '../mongo-server.ts';
import type { MongoServer } from '../mongo-server.ts';
import { openPatiently, PATIENT } from '../open-patiently.ts';

jest.setTimeout(180_000);

const HOUR = 60 * 60 * 1000;
const available = mongoServerAvailable();
const suite = available === true ? describe : describe.skip;

suite(available === true ? 'on a MongoDB' : `on a MongoDB (skipped: ${available.reason})`, () => {
  let server: MongoServer;
  let url: string;
  /** The storage of a process that runs all the time. */
  let running: Storage;
  const leaving: Promise<void>[] = [];
  beforeAll(async () => {
    server = await startMongoServer();
    url = `${server.url}/test_${randomUUID().slice(0, 8)}`;
    await createMongoIndexes(url, PATIENT);
    running = await openPatiently(url);
  });
  afterAll(async () => {
    await running?.close();
    await Promise.all(leaving);
    await server.stop();
  });

  async function withStorage<T>(use: (storage: Storage) => Promise<T>, clock = Date.now): Promise<T> {
    const storage = await openPatiently(url, clock);
    try {
      return await use(storage);
    } finally {
      await storage.close();
    }
  }

  /** Interrupts a change after this number of writes. Returns false if the change has fewer. */
  async function leave(writes: number, act: (storage: Storage) => Promise<unknown>, clock = Date.now): Promise<boolean> {
    const { isCut, gone } = await cutOff({ url, clock, writes }, act);
    leaving.push(gone);
    return isCut;
  }

  type Change = {
    /** Writes the records that exist before the change. */
    prepare?: (id: string) => Promise<unknown>;
    act: (storage: Storage, id: string) => Promise<unknown>;
    /** Checks what must hold whether the change was done, undone or completed by another process. */
    check: (storage: Storage, id: string) => Promise<unknown>;
    clock?: () => number;
  };

  /**
   * Interrupts the change after one write, after two, and so on until it survives; without FULL_FIGURES=1 after every second one. It is one
   * test, because the number is not known before.
   */
  function leftHalfMade(name: string, leastWrites: number, { prepare, act, check, clock }: Change): void {
    // The ledger does most of its work after the answer.
    const actAndSettle = async (storage: Storage, id: string): Promise<void> => {
      await act(storage, id);
      await storage.ledger.settle();
    };
    test(`${name}, after each of its writes`, async () => {
      for (let times = 0; ; times++) {
        const writes = 1 + times * figure(1, 2);
        const id = `${name.replaceAll(' ', '-')}-${writes}`;
        await prepare?.(id);
        const isCut = await leave(writes, async (storage) => actAndSettle(storage, id), clock);
        // Alternately by a process that starts now, and by one that runs all the time and completes the changes that it finds.
        if (times % 2 === 0) await withStorage((storage) => check(storage, id));
        else {
          await running.ledger.settle();
          await check(running, id);
        }
        if (isCut) continue;
        expect(writes - 1).toBeGreaterThanOrEqual(leastWrites);
        await expectChain(running);
        return;
      }
    });
  }

  /** Two identifiers, which are claimed and released together. One for dead processes, because each claim of theirs is waited for. */
  const at = (email: string) => ({
    email_canonical: `${email}@example.jp`,
    ...(!email.includes('dead') && { phone_canonical: `phone of ${email}` }),
  });
  const create = (id: string, email: string) => (storage: Storage) =>
    storage.accounts.create(sampleAccount(id, at(email)), eventAbout(id));
  const changeTo = (id: string, email: string) => (storage: Storage) =>
    storage.accounts.update(sampleAccount(id, at(email)), eventAbout(id));
  const owner = async (storage: Storage, email: string) => (await storage.accounts.findByEmail(`${email}@example.jp`))?.id;

  /** Expects the account with its address and its one event; or neither, and a second account with the address. */
  async function wholeOrFree(storage: Storage, id: string, email: string): Promise<void> {
    const made = await storage.accounts.find(id);
    expect(await eventsAbout(storage, id)).toBe(made ? 1 : 0);
    expect(await owner(storage, email)).toBe(made?.id);
    const second = create(`${id}-second`, email)(storage);
    if (made) await expect(second).rejects.toThrow(AlreadyExists);
    else await second;
    expect(await owner(storage, email)).toBe(made ? id : `${id}-second`);
    expect(await eventsAbout(storage, `${id}-second`)).toBe(made ? 0 : 1);
  }

  /** The account has one of two addresses, the other is free, and it can go on to either. */
  async function hereOrThere(storage: Storage, id: string, here: string, there: string): Promise<void> {
    const account = await storage.accounts.find(id);
    if (!account) throw new Error('the account is gone');
    const isThere = account.version === 2;
    expect(account.email_canonical).toBe(at(isThere ? there : here).email_canonical);
    expect(await eventsAbout(storage, id)).toBe(account.version);
    expect(await owner(storage, here)).toBe(isThere ? undefined : id);
    expect(await owner(storage, there)).toBe(isThere ? id : undefined);
    await expect(create(`${id}-thief`, isThere ? there : here)(storage)).rejects.toThrow(AlreadyExists);
    const again = await storage.accounts.update({ ...account, ...at(there) }, eventAbout(id));
    expect(await owner(storage, there)).toBe(id);
    await create(`${id}-second`, here)(storage);
    await expect(storage.accounts.update({ ...again, ...at(here) }, eventAbout(id))).rejects.toThrow(AlreadyExists);
  }

  leftHalfMade('a registration', 5, {
    act: (storage, id) => create(id, id)(storage),
    check: (storage, id) => wholeOrFree(storage, id, id),
  });

  leftHalfMade('a registration of an address that a dead registration claimed', 6, {
    prepare: (id) => leave(1, create(`${id}-dead`, id)),
    act: (storage, id) => create(id, id)(storage),
    check: (storage, id) => wholeOrFree(storage, id, id),
  });

  leftHalfMade('a registration of an address that a dead change of address claimed', 6, {
    async prepare(id) {
      await create(`${id}-dead`, `${id}-old`)(running);
      await leave(1, changeTo(`${id}-dead`, id));
    },
    act: (storage, id) => create(id, id)(storage),
    async check(storage, id) {
      await wholeOrFree(storage, id, id);
      expect(await owner(storage, `${id}-old`)).toBe(`${id}-dead`);
      await changeTo(`${id}-dead`, `${id}-elsewhere`)(storage);
      expect(await owner(storage, `${id}-elsewhere`)).toBe(`${id}-dead`);
    },
  });

  leftHalfMade('a change of address', 6, {
    prepare: (id) => create(id, `${id}-old`)(running),
    act: (storage, id) => changeTo(id, `${id}-new`)(storage),
    check: (storage, id) => hereOrThere(storage, id, `${id}-old`, `${id}-new`),
  });

  leftHalfMade('a change to an address that a dead registration claimed', 7, {
    async prepare(id) {
      await create(id, `${id}-old`)(running);
      await leave(1, create(`${id}-dead`, `${id}-new`));
    },
    act: (storage, id) => changeTo(id, `${id}-new`)(storage),
    check: (storage, id) => hereOrThere(storage, id, `${id}-old`, `${id}-new`),
  });

  leftHalfMade('a change of an account', 3, {
    prepare: (id) => create(id, id)(running),
    act: (storage, id) => changeTo(id, id)(storage),
    async check(storage, id) {
      const account = await storage.accounts.find(id);
      expect(await eventsAbout(storage, id)).toBe(account?.version);
      expect(await owner(storage, id)).toBe(id);
    },
  });

  const linkTo = (status: 'pending' | 'active') => async (storage: Storage, id: string) =>
    status === 'pending'
      ? storage.dealerLinks.create(sampleDealerLink(id), eventAbout(id))
      : storage.dealerLinks.update(sampleDealerLink(id, { status }), eventAbout(id));
  const asManyEventsAsVersions = async (storage: Storage, id: string) => {
    const thing = (await storage.dealerLinks.find(id)) ?? (await storage.migrations.find('owners-site', id));
    expect(await eventsAbout(storage, id)).toBe(thing?.version ?? 0);
  };

  leftHalfMade('a new dealer link', 3, { act: linkTo('pending'), check: asManyEventsAsVersions });

  leftHalfMade('a change of a dealer link', 3, {
    prepare: (id) => linkTo('pending')(running, id),
    act: linkTo('active'),
    check: asManyEventsAsVersions,
  });

  /** Each change of a migration means a step of a legacy user, which is counted. */
  const migrate = (version: number) => async (storage: Storage, id: string) => {
    const step = stepOf(id, { step: version === 0 ? 'came' : 'terms' });
    await storage.migrations.put(sampleMigration(id, { version }), { ...eventAbout(id), step });
    await storage.population.settle();
  };
  const asManyStepsAsVersions = async (storage: Storage, id: string) => {
    await asManyEventsAsVersions(storage, id);
    await expectCounted(storage);
    const { version = 0 } = (await storage.migrations.find('owners-site', id)) ?? {};
    expect(Object.keys((await storage.population.find(id))?.reached ?? {})).toEqual(['came', 'terms'].slice(0, version));
  };

  leftHalfMade('a new migration', 7, { act: migrate(0), check: asManyStepsAsVersions });

  leftHalfMade('a change of a migration', 7, {
    prepare: (id) => migrate(0)(running, id),
    act: migrate(1),
    check: asManyStepsAsVersions,
  });

  leftHalfMade('a change of what was left half-made', 3, {
    prepare: (id) => leave(1, (storage) => linkTo('pending')(storage, id)),
    act: linkTo('active'),
    check: asManyEventsAsVersions,
  });

  leftHalfMade('the finishing of what was left half-made', 2, {
    async act(storage, id) {
      // Here and not in `prepare`: opening a storage completes changes, too.
      await leave(1, (other) => linkTo('pending')(other, id));
      await storage.ledger.settle();
    },
    check: asManyEventsAsVersions,
  });

  leftHalfMade('the sweep of what nobody came back to', 3, {
    async prepare(id) {
      await leave(2, create(`${id}-dead`, `${id}-claimed`));
      await leave(3, create(id, id));
    },
    act: (storage) => storage.sweep(100),
    clock: () => Date.now() + HOUR,
    async check(storage, id) {
      expect(await owner(storage, id)).toBe(id);
      expect(await eventsAbout(storage, id)).toBe(1);
      await create(`${id}-second`, `${id}-claimed`)(storage);
      expect(await owner(storage, `${id}-claimed`)).toBe(`${id}-second`);
      expect(await storage.accounts.find(`${id}-dead`)).toBeUndefined();
    },
  });

  test('after all that a sweep leaves nothing unfinished, and no address of anybody who has no account', async () => {
    await leave(1, create('never', 'never'));
    for (const later of [HOUR, 72 * HOUR]) {
      const clock = () => Date.now() + later;
      await withStorage((storage) => storage.sweep(1_000), clock);
    }
    await withMongo(url, async (connection) => {
      const collection = (name: string) => connection.collection<{ _id: string }>(name);
      for (const name of ['accounts', 'dealer_links', 'migrations']) {
        expect(await collection(name).countDocuments({ 'events.event_id': { $exists: true } })).toBe(0);
      }
      expect(await collection('population').countDocuments({ 'deltas.id': { $exists: true } })).toBe(0);
      expect(await collection('accounts').countDocuments({ version: 0 })).toBe(0);
      const keys = async (name: string, field: string) => {
        const values = (await collection(name).find({}).toArray()).map((each) => (each as Record<string, unknown>)[field]);
        return values.filter((value) => typeof value === 'string').toSorted();
      };
      expect(await collection('identifiers').countDocuments({ unsettled_at: { $exists: true } })).toBe(0);
      const carried = [...(await keys('accounts', 'email_key')), ...(await keys('accounts', 'phone_key'))];
      expect(await keys('identifiers', '_id')).toEqual(carried.toSorted());
    });
  });
});
