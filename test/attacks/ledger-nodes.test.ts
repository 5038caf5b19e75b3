// The ledger with many processes on MongoDB: design/security-2.md, S134 and S135.
import { beforeEach, expect, jest, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import mongoose from 'mongoose';
import type { Storage } from '../../src/storage/storage.ts';
import { eventAbout, sampleAccount } from '../storage/conformance/samples.ts';
import { expectChain } from '../storage/expect-whole.ts';
import { openPatiently } from '../storage/open-patiently.ts';
import { ledgerOf } from '../support/ledger-of.ts';
import { withMongo } from '../support/with-mongo.ts';
import { figure } from './support/figure.ts';
import { describeOnMongo } from './support/mongo-database.ts';
import { untilTrue } from '../support/until-true.ts';

jest.setTimeout(180_000);

describeOnMongo((database) => {
  let url: string;
  beforeEach(async () => {
    await database.renew();
    url = database.url();
  });

  const create = async (storage: Storage, id: string): Promise<void> =>
    storage.accounts.create(sampleAccount(id), eventAbout(id));

  test('S134 another process holds the chains: every change is acknowledged, and chained when they are free', async () => {
    await withMongo(url, async (behind) => {
      const lease = behind.collection<{ _id: string }>('ledger_lease');
      await lease.insertOne({ _id: 'sealer', holder: 'another', until: Date.now() + 3_600_000 } as never);
      const storage = await openPatiently(url);
      await Promise.all(Array.from({ length: 30 }, async (_, n) => create(storage, `a${n}`)));
      const settled = behind.collection('ledger_entries');
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect(await settled.countDocuments({})).toBe(0);
      await lease.updateOne({ _id: 'sealer' }, { $set: { until: 0 } });
      // The next process with an event chains all of them.
      await create(storage, 'last');
      await untilTrue('there are 31 entries', async () => (await settled.countDocuments({})) >= 31, {
        tell: async () => settled.countDocuments({}),
      });
      expect(await settled.countDocuments({})).toBe(31);
      await expectChain(storage);
      await storage.close();
    });
  });

  test('S134 four processes write: every change has one event, and hardly any append is thrown away', async () => {
    const perNode = figure(200, 30);
    const commands = await watch(async () => {
      const nodes = await Promise.all([1, 2, 3, 4].map(async () => openPatiently(`${url}?monitorCommands=true`)));
      await Promise.all(
        nodes.flatMap((node, n) => Array.from({ length: perNode }, async (_, m) => create(node, `node${n}-${m}`))),
      );
      // Without a reader that triggers it.
      await withMongo(url, async (behind) => {
        const count = async (): Promise<number> => behind.collection('ledger_entries').countDocuments({});
        await untilTrue(`there are ${4 * perNode} entries`, async () => (await count()) === 4 * perNode, {
          withinMs: 30_000,
          tell: count,
        });
      });
      await Promise.all(nodes.map(async (node) => node.close()));
    });
    const storage = await openPatiently(url);
    expect(await expectChain(storage)).toHaveLength(4 * perNode);
    await storage.close();
    const appends = commands.filter(({ name, collection }) => name === 'insert' && collection === 'ledger_entries');
    expect(appends.length).toBeGreaterThan(0);
    expect(appends.filter(({ refused }) => refused)).toEqual([]);
  });

  test('S135 reads that decide whether an event is chained, dropped or anchored: use the majority read concern', async () => {
    const first = await openPatiently(url);
    await create(first, 'a');
    await first.close();
    const commands = await watch(async () => {
      const storage = await openPatiently(`${url}?monitorCommands=true`);
      await storage.ledger.append(eventAbout('b'), 'once');
      await ledgerOf(storage);
      await storage.ledger.heads();
      await storage.ledger.lastAnchor();
      await storage.ledger.anchors(0, 1);
      await storage.ledger.origin();
      await storage.ledger.readClosed(0, 1);
      await storage.close();
    });
    const reads = commands.filter(({ name }) => name === 'find');
    const deciding = reads.filter(({ collection, filter }) => collection.startsWith('ledger') || 'events.event_id' in filter);
    const asked = new Set(deciding.map(({ collection }) => collection));
    expect([...asked].toSorted()).toEqual([
      'accounts',
      'dealer_links',
      'ledger',
      'ledger_anchors',
      'ledger_entries',
      'ledger_inbox',
      'ledger_origin',
      'migrations',
    ]);
    expect(deciding.filter(({ readConcern }) => readConcern !== 'majority')).toEqual([]);
  });

  type Seen = {
    name: string;
    collection: string;
    filter: Record<string, unknown>;
    readConcern: unknown;
    refused: boolean;
  };

  /** Records the commands of every driver client that connects meanwhile. */
  async function watch(act: () => Promise<void>): Promise<Seen[]> {
    const seen = new Map<string, Seen>();
    const { prototype } = mongoose.mongo.MongoClient;
    const { connect } = prototype;
    const spy = jest.spyOn(prototype, 'connect').mockImplementation(async function (this: mongoose.mongo.MongoClient) {
      const me = randomUUID();
      this.on('commandStarted', ({ requestId, commandName: name, command }) => {
        const { filter = {}, readConcern } = command as { filter?: Record<string, unknown>; readConcern?: { level: unknown } };
        const collection = String(command[name]);
        seen.set(`${me} ${requestId}`, { name, collection, filter, readConcern: readConcern?.level, refused: false });
      });
      this.on('commandSucceeded', ({ requestId, reply }) => {
        const one = seen.get(`${me} ${requestId}`);
        if (one && (reply as { writeErrors?: unknown[] }).writeErrors?.length) one.refused = true;
      });
      return connect.call(this);
    });
    try {
      await act();
    } finally {
      spy.mockRestore();
    }
    return [...seen.values()];
  }
});
