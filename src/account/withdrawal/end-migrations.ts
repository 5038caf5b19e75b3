// Frees the legacy identities of a withdrawn account, so that they can migrate again.
import type { Deps } from '../../deps.ts';
import { withdrawMigration } from '../../domain/withdrawal.ts';
import { forgetRegistration } from '../../jobs/follow-migration.ts';

/**
 * Frees every legacy identity that has migrated to the account, or was about to, and drops what was handed over. It is idempotent. The
 * dealers need not be told of it: their links have ended.
 */
export async function endMigrations({ storage, clock }: Pick<Deps, 'storage' | 'clock'>, accountId: string): Promise<void> {
  const { migrations } = storage;
  const all = [...(await migrations.listByAccount(accountId)), ...(await migrations.listByCandidate(accountId))];
  for (const { client_id: clientId, legacy_id: legacyId } of all) {
    // First, because a freed migration is no longer found by its account.
    await forgetRegistration(storage, { client_id: clientId, legacy_id: legacyId, account_id: accountId });
    await migrations.change(clientId, legacyId, (standing) => {
      const next = standing && withdrawMigration(standing, accountId, clock());
      return next && { to: next, type: 'migration.withdrawn', data: { account_id: accountId } };
    });
  }
}
