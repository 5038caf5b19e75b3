// The storage port on MongoDB: any number of nodes, on a standalone server, a replica set or a sharded cluster.
import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import type { EpochMilliseconds } from '../../domain/account.ts';
import { BROKEN_CLOSED_LEDGER } from '../closed-ledger.ts';
import { createLedgerChain } from '../ledger-chain.ts';
import { makeExpiringStores } from '../expiring-records.ts';
import type { Ledger, PopulationStore, Storage } from '../storage.ts';
import { createAccountIdentifiers } from './account-identifiers.ts';
import { createAccountStore } from './account-store.ts';
import { createArtifactStore } from './artifact-store.ts';
import { defineCollections, DURABLE } from './collections.ts';
import { connect } from './connect.ts';
import { createCounterStore } from './counter-store.ts';
import { createDealerLinkStore, removeErasedLinks } from './dealer-link-store.ts';
import { createEmailCodeStore } from './email-code-store.ts';
import { createExpiringStore } from './expiring-store.ts';
import { createFunnelCounter } from './count-funnel.ts';
import { createGuard } from './guard.ts';
import { requireIndexes } from './indexes.ts';
import { createJobStore } from './job-store.ts';
import { closeLedger, createLedgerReads, createLedgerWrites } from './ledger.ts';
import { createMigrationStore } from './migration-store.ts';
import { asPortError } from './mongo-error.ts';
import { createPopulationStore } from './population-store.ts';
import { createPendingEvents } from './pending-events.ts';
import { createSealer } from './seal-ledger.ts';
import { refuseOddNumbers } from '../whole-numbers.ts';
import { sweep } from './sweep.ts';
import { TIMEOUTS, type Timeouts } from './timeouts.ts';

/**
 * Connects to the database of a `mongodb://` or `mongodb+srv://` URL, and completes changes that other processes left unfinished.
 * @param options.ledgerKey the key of the ledger; defaults to a random one, with which nobody else can verify the entries
 * @param options.timeouts tests on a busy machine pass longer ones
 * @throws {IndexesUnfit} the indexes were not created, or were changed
 * @throws {StorageUnavailable} the server stopped answering while the storage was opened
 * @throws {Error} no server answers
 */
export async function openMongoStorage(options: {
  url: string;
  clock: () => EpochMilliseconds;
  ledgerKey?: KeyObject;
  log?: { warn(fields: object, message: string): void };
  timeouts?: Timeouts;
}): Promise<Storage> {
  const { url, clock, ledgerKey, log, timeouts = TIMEOUTS } = options;
  const connection = await connect(url, timeouts);
  const collections = defineCollections(connection);
  const { headOf, ...reads } = createLedgerReads(collections);
  const chain = createLedgerChain(ledgerKey ?? createSecretKey(randomBytes(32)));
  const sealer = createSealer(collections, chain, headOf, clock);
  // A process without the key leaves waiting events to other processes.
  const wake = ledgerKey ? sealer.wake : () => undefined;
  const counter = createFunnelCounter(collections);
  const legacyUsers = createPopulationStore(collections, counter.wake);
  const writes = createLedgerWrites(collections, clock, legacyUsers.follow, wake);
  const pendingEvents = createPendingEvents(collections, clock, legacyUsers.follow, wake);
  const identifiers = createAccountIdentifiers(collections, clock);
  try {
    await requireIndexes(collections);
    await closeLedger(collections);
    const { finding } = await reads.origin();
    if (finding !== null) log?.warn({ finding }, BROKEN_CLOSED_LEDGER);
    await pendingEvents.finishAll();
    wake();
  } catch (error) {
    await counter.stop();
    await sealer.stop();
    await connection.close();
    throw asPortError(error);
  }
  const { guard, underWay, closed } = createGuard(timeouts);
  return refuseOddNumbers({
    artifacts: guard(createArtifactStore(collections, clock)),
    accounts: guard(createAccountStore(collections, identifiers, pendingEvents, clock)),
    ...makeExpiringStores((entry) => guard(createExpiringStore(collections, clock, entry))),
    emailCodes: guard(createEmailCodeStore(collections, clock)),
    dealerLinks: guard(createDealerLinkStore(collections, clock, pendingEvents)),
    migrations: guard(createMigrationStore(collections, clock, pendingEvents)),
    jobs: guard(createJobStore(collections, clock)),
    counters: guard(createCounterStore(collections, clock)),
    ledger: {
      ...guard<Pick<Ledger, 'append' | 'addAnchor'>>(writes),
      ...guard<Omit<Ledger, 'append' | 'addAnchor'>>(
        {
          ...reads,
          async settle() {
            await pendingEvents.finishAll();
            await sealer.sealAll();
          },
        },
        'longCall',
      ),
    },
    population: {
      ...guard<Omit<PopulationStore, 'list' | 'settle' | 'recount'>>({
        find: legacyUsers.find,
        put: legacyUsers.put,
        follow: legacyUsers.follow,
        listAfter: legacyUsers.listAfter,
        listWaiting: legacyUsers.listWaiting,
        counts: counter.counts,
      }),
      // It takes minutes for millions; each of its steps has the driver's limits.
      recount: async (onCounted) =>
        counter.recount(onCounted).catch((error: unknown) => {
          throw asPortError(error);
        }),
      ...guard<Pick<PopulationStore, 'list' | 'settle'>>(
        {
          list: legacyUsers.list,
          async settle() {
            await pendingEvents.finishAll();
            await counter.countAll();
          },
        },
        'longCall',
      ),
    },
    ...guard<Pick<Storage, 'sweep'>>(
      {
        async sweep(limit) {
          const removed = await sweep(collections, clock(), limit);
          await identifiers.finishAbandoned();
          await pendingEvents.finishAll();
          await counter.countAll();
          await removeErasedLinks(collections);
          wake();
          return removed;
        },
      },
      'longCall',
    ),
    ...guard<Pick<Storage, 'ping'>>({
      async ping() {
        await collections.heartbeat.updateOne({ _id: 1 }, { $set: { at: clock() } }, { upsert: true, ...DURABLE });
      },
    }),
    load: async () => ({ waiting: underWay() }),
    async close() {
      await closed();
      await pendingEvents.idle();
      await counter.stop();
      await sealer.stop();
      await connection.close();
    },
  });
}
