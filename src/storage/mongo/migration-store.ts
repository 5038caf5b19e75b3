// Migrations of legacy identities. The `_id` is the client and legacy id, which makes it unique.
import type { Migration } from '../../domain/migration.ts';
import { fromJson, toJson } from '../../json.ts';
import { VersionConflict } from '../storage.ts';
import type { MigrationStore } from '../storage.ts';
import { accountOf } from '../migration-account.ts';
import { nextVersion } from '../version.ts';
import { DURABLE, DURABLE_INSERT } from './collections.ts';
import type { Collections, MigrationDocument } from './collections.ts';
import { creationOrder } from './creation-order.ts';
import { isDuplicateKey } from './mongo-error.ts';
import { pending } from './pending-events.ts';
import type { PendingEvents } from './pending-events.ts';

/** Creates the store of migrations. */
export function createMigrationStore(
  { migrations }: Collections,
  clock: () => number,
  pendingEvents: PendingEvents,
): MigrationStore {
  async function listByAccountId(accountId: string): Promise<Migration[]> {
    return (await migrations.find({ account_id: accountId }).sort({ made: 1 }).lean()).map(readMigration);
  }

  return {
    async find(clientId, legacyId) {
      const found = await migrations.findOne({ _id: key(clientId, legacyId) }).lean();
      return found ? readMigration(found) : undefined;
    },
    async listByAccount(accountId) {
      return (await listByAccountId(accountId)).filter((migration) => migration.account_id === accountId);
    },
    async listByCandidate(accountId) {
      return (await listByAccountId(accountId)).filter(({ candidate }) => candidate?.account_id === accountId);
    },
    async findByCandidateChallenge(clientId, codeChallenge) {
      const found = await migrations.findOne({ code_challenge: codeChallenge, client_id: clientId }).lean();
      return found ? readMigration(found) : undefined;
    },
    async put(migration, event) {
      const next = nextVersion(migration);
      const _id = key(next.client_id, next.legacy_id);
      if (migration.version === 0) {
        const document = {
          ...fields(next),
          _id,
          client_id: next.client_id,
          made: creationOrder(clock()),
          events: [pending(event)],
        };
        try {
          await migrations.insertMany([document], DURABLE_INSERT);
        } catch (error) {
          throw isDuplicateKey(error) ? new VersionConflict() : error;
        }
        await pendingEvents.finish('migrations', document);
        return next;
      }
      const changed = await migrations
        .findOneAndUpdate(
          { _id, version: migration.version },
          { $set: fields(next), $push: { events: pending(event) } },
          { returnDocument: 'after', projection: { events: 1 }, ...DURABLE },
        )
        .lean();
      if (!changed) throw new VersionConflict();
      await pendingEvents.finish('migrations', changed);
      return next;
    },
  };
}

function key(clientId: string, legacyId: string): string {
  return JSON.stringify([clientId, legacyId]);
}

function fields(migration: Migration) {
  return {
    version: migration.version,
    account_id: accountOf(migration),
    code_challenge: migration.candidate?.code_challenge ?? null,
    document: toJson(migration),
  };
}

/** Reads the migration of a document. */
export function readMigration({ document }: Pick<MigrationDocument, 'document'>): Migration {
  return fromJson(document);
}
