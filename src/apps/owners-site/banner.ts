// 重要なお知らせ: what the banner says, from the migration's state at the common ID.
import type { CommonId } from './common-id.ts';
import type { MigrationState, MissingStep } from './migration-state.ts';
import type { Migrated, Migrations, Way } from './migrations.ts';
import type { User } from './users.ts';

export type Banner = {
  /** What is missing, where a migration is under way. */
  missing: MissingStep[];
  /** The way on from where it was left; absent where the person has to choose one at ③. */
  continues?: Way;
};

/**
 * @param state as the common ID has it; absent where it did not answer
 * @param migrated what the site remembers itself
 * @returns nothing where the migration is done and nothing of it has failed
 */
export function bannerOf(state: MigrationState | undefined, migrated: Migrated | undefined): Banner | undefined {
  // Without an answer the last fact counts: a code that was redeemed here.
  if (!state) return migrated?.completed_at === undefined ? { missing: [] } : undefined;
  // Migrated, and yet something failed afterwards: the dealer did not accept the link.
  if (state.state === 'completed') return state.missing.length ? { missing: state.missing, continues: 'existing' } : undefined;
  if (state.state === 'none') return { missing: [] };
  // An ID exists: whichever way was chosen, the rest is done by signing in.
  if (!state.missing.includes('registration')) return { missing: state.missing, continues: 'existing' };
  return { missing: state.missing, ...(migrated ? { continues: migrated.way } : {}) };
}

/** Asks the common ID, and forgets what the site remembers where a person has undone the migration there. */
export async function currentState(
  { commonId, migrations, clock }: { commonId: CommonId; migrations: Migrations; clock: () => number },
  user: User,
): Promise<MigrationState | undefined> {
  const asked = clock();
  const state = await commonId.migrationState(user);
  if (state && state.state !== 'completed') migrations.reopen(user.id, asked);
  return state;
}
