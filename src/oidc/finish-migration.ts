// Makes a migration final: when the client that handed the legacy identity over redeems the code of the very request.
import { errors } from 'oidc-provider';
import type { Deps } from '../deps.ts';
import { completeMigration } from '../domain/migration.ts';
import { VersionConflict } from '../storage/storage.ts';

/** What the code of a request holds. */
export type RedeemedCode = { clientId?: string | undefined; accountId?: string | undefined; codeChallenge?: string | undefined };

/**
 * Completes the migration whose candidate waits for the code that was just consumed, before any token is made. Only
 * whoever holds the PKCE verifier of the request got here, in the session that started it; a person lured into finishing
 * another one's migration never does.
 * @throws {errors.InvalidGrant} the legacy identity became another account's in the meantime, or everybody wrote at once
 */
export function createFinishMigration({ storage, clock, log }: Pick<Deps, 'storage' | 'clock' | 'log'>) {
  return async function finishMigration(code: RedeemedCode): Promise<void> {
    if (!code.codeChallenge || !code.clientId || !code.accountId) return;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const migration = await storage.migrations.findByCandidateChallenge(code.clientId, code.codeChallenge);
      if (!migration || migration.candidate?.account_id !== code.accountId || migration.account_id === code.accountId) return;
      const now = clock();
      const completed = completeMigration(migration, code.accountId, now);
      if (!completed.ok) throw new errors.InvalidGrant('the legacy identity is linked to another account');
      try {
        await storage.migrations.put(completed.migration, {
          type: 'migration.completed',
          subject: `${migration.client_id}:${migration.legacy_id}`,
          data: { account_id: code.accountId },
          at: now,
        });
        log.info({ client_id: code.clientId }, 'migration completed');
        return;
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error;
      }
    }
    throw new errors.InvalidGrant('the migration was changed by somebody else; start again');
  };
}
