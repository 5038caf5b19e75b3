// Undoes a finished migration with the link in its mails. The token is enough; it needs no session.
import type { Deps } from '../../deps.ts';
import { undoMigration, type Migration } from '../../domain/migration.ts';
import {
  digestOfUndoToken,
  forgetRegistration,
  UNDO_MODEL,
  writeAndFollow,
  type UndoToken,
} from '../../jobs/follow-migration.ts';

type UndoDeps = Pick<Deps, 'storage' | 'clock' | 'jobs'>;

/**
 * A migration that a token can undo (`isFinal`) or has undone. A later migration of the same legacy identity does not count as
 * this one.
 */
export type UndoableMigration = { migration: Migration; completion: string; isFinal: boolean };

/** Finds the migration of a token. @returns `undefined` if the token is unknown or has expired */
export async function findUndoable({ storage }: Pick<Deps, 'storage'>, token: string): Promise<UndoableMigration | undefined> {
  const known = (await storage.artifacts.find(UNDO_MODEL, digestOfUndoToken(token))) as UndoToken | undefined;
  const migration = known && (await storage.migrations.find(known.client_id, known.legacy_id));
  if (!migration) return undefined;
  const { completion } = known;
  return { migration, completion, isFinal: migration.account_id !== undefined && migration.completion === completion };
}

/**
 * Undoes the migration, so that the legacy identity can migrate again. The account's dealers are told to drop the data that was
 * handed over. Idempotent.
 * @returns the migration as it is now; `undefined` if the token is unknown or has expired
 */
export async function undoByToken(deps: UndoDeps, token: string): Promise<UndoableMigration | undefined> {
  const { storage, clock } = deps;
  const found = await findUndoable(deps, token);
  if (!found?.isFinal) return found;
  const { client_id: clientId, legacy_id: legacyId, account_id: accountId = '' } = found.migration;
  const { completion } = found;
  const change = { client_id: clientId, legacy_id: legacyId, account_id: accountId, completion, change: 'undone' as const };
  await writeAndFollow(deps, change, async () =>
    storage.migrations.change(clientId, legacyId, (standing) => {
      const next = standing && undoMigration(standing, completion, clock());
      return next && { to: next, type: 'migration.undone', data: { account_id: accountId } };
    }),
  );
  // The job also does this later. Doing it here lets the person continue at once.
  await forgetRegistration(storage, change);
  return findUndoable(deps, token);
}
