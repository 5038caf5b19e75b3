// The port on MongoDB: as many nodes as one likes, on a standalone server, a replica set or a sharded cluster.
import type { EpochMilliseconds } from '../../domain/account.ts';
import type { PasswordReset } from '../../domain/password-reset.ts';
import type { RegistrationDraft } from '../../domain/registration-draft.ts';
import type { InteractionFacts, Ledger, Storage, StoredLegacyProfile } from '../storage.ts';
import { createAccountIdentifiers } from './account-identifiers.ts';
import { createAccountStore } from './account-store.ts';
import { createArtifactStore } from './artifact-store.ts';
import { defineCollections, DURABLE, RECREATABLE } from './collections.ts';
import { connect } from './connect.ts';
import { createCounterStore } from './counter-store.ts';
import { createDealerLinkStore } from './dealer-link-store.ts';
import { createEmailCodeStore } from './email-code-store.ts';
import { createExpiringStore } from './expiring-store.ts';
import { createGuard } from './guard.ts';
import { requireIndexes } from './indexes.ts';
import { createJobStore } from './job-store.ts';
import { createLedgerEnd } from './ledger.ts';
import { createMigrationStore } from './migration-store.ts';
import { createPendingEvents } from './pending-events.ts';
import { sweep } from './sweep.ts';
import { WAITS, type Waits } from './waits.ts';

/**
 * Connects to the database of a `mongodb://` or `mongodb+srv://` URL, and finishes what others left half-made.
 * @param options.waits longer ones for a test that is not about time: a busy machine is no database that is away
 * @throws {IndexesUnfit} the command that makes the indexes was not run, or they were changed.
 * @throws {Error} no server answers.
 */
export async function openMongoStorage(options: {
  url: string;
  clock: () => EpochMilliseconds;
  waits?: Waits;
}): Promise<Storage> {
  const { url, clock, waits = WAITS } = options;
  const connection = await connect(url, waits);
  const collections = defineCollections(connection);
  const ledgerEnd = createLedgerEnd(collections);
  const pendingEvents = createPendingEvents(collections, ledgerEnd);
  const identifiers = createAccountIdentifiers(collections, clock);
  try {
    await requireIndexes(collections);
    await pendingEvents.finishAll();
  } catch (error) {
    await connection.close();
    throw error;
  }
  const { guard, closed } = createGuard(waits);
  return {
    artifacts: guard(createArtifactStore(collections, clock)),
    accounts: guard(createAccountStore(collections, identifiers, pendingEvents)),
    registrationDrafts: guard(
      createExpiringStore<RegistrationDraft>(collections, clock, { kind: 'registration_draft', durability: DURABLE }),
    ),
    interactionFacts: guard(
      createExpiringStore<InteractionFacts>(collections, clock, { kind: 'interaction_facts', durability: RECREATABLE }),
    ),
    legacyProfiles: guard(
      createExpiringStore<StoredLegacyProfile>(collections, clock, { kind: 'legacy_profile', durability: RECREATABLE }),
    ),
    passwordResets: guard(
      createExpiringStore<PasswordReset>(collections, clock, { kind: 'password_reset', durability: DURABLE }),
    ),
    emailCodes: guard(createEmailCodeStore(collections, clock)),
    dealerLinks: guard(createDealerLinkStore(collections, clock, pendingEvents)),
    migrations: guard(createMigrationStore(collections, clock, pendingEvents)),
    jobs: guard(createJobStore(collections, clock)),
    counters: guard(createCounterStore(collections, clock)),
    ledger: guard<Ledger>(
      {
        async read(afterSequence, limit) {
          await pendingEvents.finishAll();
          return ledgerEnd.read(afterSequence, limit);
        },
      },
      'longCall',
    ),
    ...guard<Pick<Storage, 'sweep'>>(
      {
        async sweep(limit) {
          const removed = await sweep(collections, clock(), limit);
          await identifiers.finishAbandoned();
          await pendingEvents.finishAll();
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
    async close() {
      await closed();
      await connection.close();
    },
  };
}
