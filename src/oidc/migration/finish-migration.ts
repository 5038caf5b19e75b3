// Makes a migration final: when the client that handed the legacy identity over redeems the code of the very request.
import { randomUUID } from 'node:crypto';
import { errors } from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import { completeMigration } from '../../domain/migration.ts';
import { writeAndFollow } from '../../jobs/follow-migration.ts';

/** What the code of a request holds. */
export type RedeemedCode = { clientId?: string | undefined; accountId?: string | undefined; codeChallenge?: string | undefined };

/**
 * Completes the migration whose candidate waits for the code that was just consumed, before any token is made. Only
 * whoever holds the PKCE verifier of the request got here, in the session that started it; a person lured into finishing
 * another one's migration never does. From here on the dealers are told of what was handed over.
 * @throws {errors.InvalidGrant} the legacy identity became another account's in the meantime
 */
export function createFinishMigration({ storage, clock, log, jobs }: Pick<Deps, 'storage' | 'clock' | 'log' | 'jobs'>) {
  return async function finishMigration(code: RedeemedCode): Promise<void> {
    if (!code.codeChallenge || !code.clientId || !code.accountId) return;
    const { clientId, accountId, codeChallenge } = code;
    const waiting = await storage.migrations.findByCandidateChallenge(clientId, codeChallenge);
    if (!waiting) return;
    const completion = randomUUID();
    const change = {
      client_id: clientId,
      legacy_id: waiting.legacy_id,
      account_id: accountId,
      change: 'completed' as const,
      completion,
      email: waiting.candidate?.email,
      language: waiting.candidate?.language,
    };
    const { changed } = await writeAndFollow({ jobs, clock }, change, async () =>
      storage.migrations.change(clientId, waiting.legacy_id, (standing) => {
        const { candidate } = standing ?? {};
        if (!standing || candidate?.account_id !== accountId || candidate.code_challenge !== codeChallenge) return undefined;
        const completed = completeMigration(standing, accountId, completion, clock());
        if (!completed.ok) throw new errors.InvalidGrant('the legacy identity is linked to another account');
        return { to: completed.migration, type: 'migration.completed', data: { account_id: accountId } };
      }),
    );
    if (changed) log.info({ client_id: clientId }, 'migration completed');
  };
}
