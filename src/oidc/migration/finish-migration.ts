// Completes a migration when the client redeems the code of the request that handed the legacy identity over.
import { randomUUID } from 'node:crypto';
import { errors } from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import { completeMigration } from '../../domain/migration.ts';
import { writeAndFollow } from '../../jobs/follow-migration.ts';

/** The members of an authorization code that matter here. */
export type RedeemedCode = { clientId?: string | undefined; accountId?: string | undefined; codeChallenge?: string | undefined };

/**
 * Makes the function that completes the migration of a redeemed code, before any token is issued. Redeeming the code proves that
 * the client holds the PKCE verifier of the request. So an attacker who lures a person into finishing the attacker's request
 * cannot complete the migration. After this the dealers get the legacy site's data.
 * The function throws `invalid_grant` if the legacy identity was linked to another account meanwhile.
 */
export function createFinishMigration({ storage, clock, jobs }: Pick<Deps, 'storage' | 'clock' | 'jobs'>) {
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
    await writeAndFollow({ jobs, clock }, change, async () =>
      storage.migrations.change(clientId, waiting.legacy_id, (standing) => {
        const { candidate } = standing ?? {};
        if (!standing || candidate?.account_id !== accountId || candidate.code_challenge !== codeChallenge) return undefined;
        const completed = completeMigration(standing, accountId, completion, clock());
        if (!completed.ok) throw new errors.InvalidGrant('the legacy identity is linked to another account');
        return { to: completed.migration, type: 'migration.completed', data: { account_id: accountId } };
      }),
    );
  };
}
