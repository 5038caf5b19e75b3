// Undoes a finished migration, out of the mails that told of its end. The token of the mail alone decides: nobody has to be signed in.
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

/** A migration that a token can undo (`isFinal`), or has undone; a later migration of the same legacy identity does not change that. */
export type UndoableMigration = { migration: Migration; completion: string; isFinal: boolean };

/** @returns `undefined` if the token is unknown or has expired */
export async function findUndoable({ storage }: Pick<Deps, 'storage'>, token: string): Promise<UndoableMigration | undefined> {
  const known = (await storage.artifacts.find(UNDO_MODEL, digestOfUndoToken(token))) as UndoToken | undefined;
  const migration = known && (await storage.migrations.find(known.client_id, known.legacy_id));
  if (!migration) return undefined;
  const { completion } = known;
  return { migration, completion, isFinal: migration.account_id !== undefined && migration.completion === completion };
}

/**
 * Frees the legacy identity, which can migrate again then. The dealers of the account are told that what was handed over is not theirs.
 * Idempotent.
 * @returns how it is now; `undefined` as of `findUndoable`
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
  // The job does the same later; doing it here lets the person continue at once.
  await forgetRegistration(storage, change);
  return findUndoable(deps, token);
}
