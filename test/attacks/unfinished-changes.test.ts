// Two processes with one unfinished change of identifiers on MongoDB: design/security-2.md 132. Each test holds one message of a
// process, lets another process act, and lets the message go. A process whose message is never let go counts as dead.
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createMongoIndexes } from '../../src/storage/mongo/create-mongo-indexes.ts';
import { openMongoStorage } from '../../src/storage/mongo/open-mongo-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { eventAbout, sampleAccount } from '../storage/conformance/samples.ts';
import { expectChain } from '../storage/expect-whole.ts';
import { mongoServerAvailable, startMongoServer, type MongoServer } from '../storage/mongo-server.ts';
import { openPatiently, PATIENT } from '../storage/open-patiently.ts';
import { nameOf } from '../storage/same-call-operations.ts';
import { LEDGER_KEY } from '../support/ledger-of.ts';
import { startMongoProxy, type MessageFault } from '../support/mongo-proxy.ts';
import { withMongo } from '../support/with-mongo.ts';

jest.setTimeout(600_000);

const HOUR = 60 * 60 * 1000;
const available = mongoServerAvailable();
const suite = available === true ? describe : describe.skip;

const addressOf = (name: string): string => `${name}@example.jp`;
const outcomeOf = async (call: Promise<unknown>): Promise<string> => call.then(() => 'done', nameOf);
const create = async (storage: Storage, id: string, name: string): Promise<string> =>
  outcomeOf(storage.accounts.create(sampleAccount(id, { email_canonical: addressOf(name) }), eventAbout(id)));
const changeTo = async (storage: Storage, id: string, name: string): Promise<string> =>
  outcomeOf(storage.accounts.update(sampleAccount(id, { email_canonical: addressOf(name) }), eventAbout(id)));

/** The ways in which a person gets an address; `write` is the message that makes it count. */
const WAYS = [
  { what: 'a registration', write: 'insert accounts', nth: 1, call: create },
  // The first one tests whether the identifiers stay the same.
  { what: 'a change of address', write: 'findAndModify accounts', nth: 2, call: changeTo, from: 'old' },
];

type Held = {
  storage: Storage;
  /** Holds or damages the n-th message with this name, from now on. */
  hold(command: string, nth?: number, fault?: MessageFault): void;
  untilHeld(): Promise<void>;
  release(): Promise<void>;
  /** The process dies; its held message never arrives. */
  die(): Promise<void>;
};

suite(available === true ? 'on MongoDB' : `on MongoDB (skipped: ${available.reason})`, () => {
  let server: MongoServer;
  let url: string;
  let one: Storage;
  let later: Storage;
  let alive: Held[] = [];

  beforeAll(async () => {
    server = await startMongoServer();
    url = await makeDatabase();
    one = await openPatiently(url);
    later = await openPatiently(url, () => Date.now() + HOUR);
  });
  afterEach(async () => {
    for (const held of alive) await held.die();
    alive = [];
  });
  afterAll(async () => {
    await one.close();
    await later.close();
    await server.stop();
  });

  async function makeDatabase(): Promise<string> {
    const made = `${server.url}/test_${randomUUID().slice(0, 8)}`;
    await createMongoIndexes(made, PATIENT);
    return made;
  }

  async function open({ at = url, clock = Date.now, ledgerKey = true } = {}): Promise<Held> {
    const proxy = await startMongoProxy(at);
    const timeouts = { ...PATIENT, server: 1_000 };
    const storage = await openMongoStorage({ url: proxy.url, clock, timeouts, ...(ledgerKey && { ledgerKey: LEDGER_KEY }) });
    const held: Held = {
      storage,
      hold: (command, nth = 1, fault = 'held') => proxy.harm(nth, fault, (sent) => sent === command),
      untilHeld: () => proxy.untilStruck(),
      release: () => proxy.release(),
      async die() {
        await proxy.close();
        await storage.close();
      },
    };
    alive.push(held);
    return held;
  }

  /** The address belongs to this account, finds it, and nobody else gets it. */
  async function expectOwner(storage: Storage, name: string, id: string): Promise<void> {
    expect((await storage.accounts.findByEmail(addressOf(name)))?.id).toBe(id);
    expect(await create(storage, `thief of ${name} ${randomUUID()}`, name)).toBe('AlreadyExists email');
  }

  const eventsAbout = async (storage: Storage, id: string): Promise<number> =>
    (await expectChain(storage)).filter((subject) => subject === id).length;

  describe.each(WAYS)('$what', ({ what, write, nth, call, from }) => {
    /** The process that claimed an address, and is held at the write that makes it count. */
    async function beginSlowly(id: string, name: string) {
      if (from) await create(one, id, `${from} of ${name}`);
      const slow = await open();
      slow.hold(write, nth);
      const first = call(slow.storage, id, name);
      await slow.untilHeld();
      return { slow, first };
    }

    test(`S132 ${what} continues after another person took its address: refused, and the address has one owner`, async () => {
      const [id, name] = [`slow ${what}`, `taken ${what}`];
      const { slow, first } = await beginSlowly(id, name);
      expect(await create(one, `quick ${what}`, name)).toBe('done');
      await slow.release();
      expect(await first).toBe('AlreadyExists email');
      await expectOwner(one, name, `quick ${what}`);
      expect((await one.accounts.find(id))?.email_canonical).toBe(from && addressOf(`${from} of ${name}`));
    });

    test(`S132 ${what} continues after the sweep freed its address, and another person has it: refused`, async () => {
      const [id, name] = [`swept ${what}`, `freed ${what}`];
      const { slow, first } = await beginSlowly(id, name);
      await later.sweep(1_000);
      expect(await create(one, `next ${what}`, name)).toBe('done');
      await slow.release();
      expect(await first).toBe('AlreadyExists email');
      await expectOwner(one, name, `next ${what}`);
    });

    test(`S132 ${what} finishes just when the sweep would free its address: it keeps it`, async () => {
      const [id, name] = [`kept ${what}`, `kept ${what}`];
      const { slow, first } = await beginSlowly(id, name);
      const sweeper = await open({ clock: () => Date.now() + HOUR });
      sweeper.hold('update accounts');
      const sweep = sweeper.storage.sweep(1_000);
      await sweeper.untilHeld();
      await slow.release();
      expect(await first).toBe('done');
      await sweeper.release();
      await sweep;
      await expectOwner(one, name, id);
    });

    test(`S132 ${what} is repeated while the sweep frees its address: it keeps it`, async () => {
      const [id, name] = [`again ${what}`, `again ${what}`];
      await beginSlowly(id, name);
      const sweeper = await open({ clock: () => Date.now() + HOUR });
      sweeper.hold('delete identifiers');
      const sweep = sweeper.storage.sweep(1_000);
      await sweeper.untilHeld();
      expect(await call(one, id, name)).toBe('done');
      await sweeper.release();
      await sweep;
      await expectOwner(one, name, id);
    });
  });

  test('S132 two people take over the claim of a dead registration: the second write is refused', async () => {
    const dead = await open();
    dead.hold('insert accounts');
    const died = create(dead.storage, 'dead', 'inherited');
    await dead.untilHeld();
    const slow = await open();
    slow.hold('update identifiers');
    const second = create(slow.storage, 'second heir', 'inherited');
    await slow.untilHeld();
    expect(await create(one, 'first heir', 'inherited')).toBe('done');
    await slow.release();
    expect(await second).toBe('AlreadyExists email');
    await expectOwner(one, 'inherited', 'first heir');
    await dead.die();
    expect(await died).toBe('StorageUnavailable');
  });

  test('S132 a process dies between a change of address and its end: the sweep removes all of the old address', async () => {
    await create(one, 'mover', 'left behind');
    const dead = await open();
    dead.hold('delete identifiers');
    void changeTo(dead.storage, 'mover', 'moved into');
    await dead.untilHeld();
    await later.sweep(1_000);
    await withMongo(url, async (connection) => {
      const kept = connection.collection<{ _id: string }>('identifiers').find({ account_id: 'mover' });
      expect((await kept.toArray()).map(({ _id }) => _id)).toEqual([`email:${addressOf('moved into')}`]);
    });
    await later.ledger.settle();
    expect(await eventsAbout(one, 'mover')).toBe(2);
  });

  test('S132 an address is freed late, after another person took it: that person keeps it', async () => {
    await create(one, 'giver', 'given');
    const slow = await open();
    slow.hold('delete identifiers');
    const change = changeTo(slow.storage, 'giver', 'elsewhere');
    await slow.untilHeld();
    expect(await create(one, 'taker', 'given')).toBe('done');
    await slow.release();
    expect(await change).toBe('done');
    await expectOwner(one, 'given', 'taker');
  });

  test('S132 a change while another process brings the event of the previous change to the ledger: both events arrive', async () => {
    // All processes start first, because a starting process brings waiting events.
    const [dead, slow, alsoDead] = [await open(), await open(), await open()];
    dead.hold('insert ledger_inbox');
    expect(await create(dead.storage, 'changed', 'changed')).toBe('done');
    await dead.untilHeld();
    slow.hold('update accounts');
    const settled = slow.storage.ledger.settle();
    await slow.untilHeld();
    alsoDead.hold('insert ledger_inbox');
    expect(await changeTo(alsoDead.storage, 'changed', 'changed')).toBe('done');
    await alsoDead.untilHeld();
    await slow.release();
    await settled;
    await one.ledger.settle();
    expect(await eventsAbout(one, 'changed')).toBe(2);
  });

  test('S132 the inbox already has some events of dead processes: the next start brings all, each once', async () => {
    // A database in which no other process chains events. All processes start first, as above.
    const at = await makeDatabase();
    const other = { at, ledgerKey: false };
    const [dead, bringer, alsoDead] = [await open(other), await open(other), await open(other)];
    // They are found in a random order. Among this many, an event that is already there comes before one that is not.
    const many = (name: string): string[] => Array.from({ length: 5 }, (_, n) => `${name} ${n}`);
    const [brought, waiting] = [many('brought'), many('waiting')];
    dead.hold('insert ledger_inbox');
    await Promise.all(brought.map(async (id) => expect(await create(dead.storage, id, id)).toBe('done')));
    bringer.hold('update accounts');
    void bringer.storage.ledger.settle().catch(() => undefined);
    await bringer.untilHeld();
    alsoDead.hold('insert ledger_inbox');
    await Promise.all(waiting.map(async (id) => expect(await create(alsoDead.storage, id, id)).toBe('done')));
    const next = await open({ at });
    await next.storage.ledger.settle();
    expect((await expectChain(next.storage)).toSorted()).toEqual([...brought, ...waiting]);
    await withMongo(at, async (connection) => {
      expect(await connection.collection('accounts').countDocuments({ 'events.0': { $exists: true } })).toBe(0);
    });
  });

  test('S132 an event is lost on its way into the inbox: it stays in its document, and the next event brings it', async () => {
    const [dead, next] = [await open(), await open()];
    dead.hold('insert ledger_inbox');
    expect(await create(dead.storage, 'unlucky', 'unlucky')).toBe('done');
    await dead.untilHeld();
    next.hold('insert ledger_inbox', 1, 'lost');
    expect(['StorageUnavailable', 'done']).toContain(await outcomeOf(next.storage.ledger.settle()));
    await next.untilHeld();
    await one.ledger.settle();
    expect(await eventsAbout(one, 'unlucky')).toBe(1);
  });
});
