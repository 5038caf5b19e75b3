// Makes a migration final: when the client that handed the legacy identity over redeems the code of the very request.
import { errors } from 'oidc-provider';
import type { Deps } from '../deps.ts';
import { completeMigration } from '../domain/migration.ts';

/** What the code of a request holds. */
export type RedeemedCode = { clientId?: string | undefined; accountId?: string | undefined; codeChallenge?: string | undefined };

/**
 * Completes the migration whose candidate waits for the code that was just consumed, before any token is made. Only
 * whoever holds the PKCE verifier of the request got here, in the session that started it; a person lured into finishing
 * another one's migration never does.
 * @throws {errors.InvalidGrant} the legacy identity became another account's in the meantime
 */
export function createFinishMigration({ storage, clock, log }: Pick<Deps, 'storage' | 'clock' | 'log'>) {
  return async function finishMigration(code: RedeemedCode): Promise<void> {
    if (!code.codeChallenge || !code.clientId || !code.accountId) return;
    const { clientId, accountId, codeChallenge } = code;
    const waiting = await storage.migrations.findByCandidateChallenge(clientId, codeChallenge);
    if (!waiting) return;
    const { changed } = await storage.migrations.change(clientId, waiting.legacy_id, (standing) => {
      const { candidate } = standing ?? {};
      if (!standing || candidate?.account_id !== accountId || candidate.code_challenge !== codeChallenge) return undefined;
      const completed = completeMigration(standing, accountId, clock());
      if (!completed.ok) throw new errors.InvalidGrant('the legacy identity is linked to another account');
      return { to: completed.migration, type: 'migration.completed', data: { account_id: accountId } };
    });
    if (changed) log.info({ client_id: clientId }, 'migration completed');
  };
}
