// Makes a migration final: when the client that handed the legacy identity over redeems the code of the very request.
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Deps } from '../deps.ts';
import { completeMigration } from '../domain/migration.ts';
import { VersionConflict } from '../storage/storage.ts';

/**
 * Completes the migration whose candidate waits for the code that was just redeemed, before the token response is sent. Only
 * whoever holds the PKCE verifier of the request got here, in the session that started it; a person lured into finishing
 * another one's migration never does.
 * @throws {errors.InvalidGrant} the legacy identity became another account's in the meantime
 */
export function createFinishMigration({ storage, clock, log }: Pick<Deps, 'storage' | 'clock' | 'log'>) {
  return async function finishMigration(ctx: KoaContextWithOIDC): Promise<void> {
    const code = ctx.oidc.entities.AuthorizationCode;
    if (ctx.status !== 200 || !code?.codeChallenge || !code.clientId || !code.accountId) return;
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
  };
}
