// 重要なお知らせ: derives the banner from the migration's state at the common ID.
import type { CommonId } from './common-id.ts';
import type { MigrationState, MissingStep } from './migration-state.ts';
import type { Migrated, Migrations, Way } from './migrations.ts';
import type { User } from './users.ts';

export type Banner = {
  /** The steps that an unfinished migration lacks. */
  missing: MissingStep[];
  /** The way to continue with; absent if the person has to choose one at ③. */
  continues?: Way;
};

/**
 * @param state the common ID's state; absent if it did not answer
 * @param migrated the site's own record
 * @returns undefined if the migration is complete and no part of it has failed
 */
export function bannerOf(state: MigrationState | undefined, migrated: Migrated | undefined): Banner | undefined {
  // Without an answer, the site's own record counts: it redeemed a code.
  if (!state) return migrated?.completed_at === undefined ? { missing: [] } : undefined;
  // The migration is complete, but the dealer did not accept the link.
  if (state.state === 'completed') return state.missing.length ? { missing: state.missing, continues: 'existing' } : undefined;
  if (state.state === 'none') return { missing: [] };
  // The person has an ID. Signing in completes the migration, whichever way they chose first.
  if (!state.missing.includes('registration')) return { missing: state.missing, continues: 'existing' };
  return { missing: state.missing, ...(migrated ? { continues: migrated.way } : {}) };
}

/** Asks the common ID for the state. Resets the site's own record if the person has undone the migration there. */
export async function currentState(
  { commonId, migrations, clock }: { commonId: CommonId; migrations: Migrations; clock: () => number },
  user: User,
): Promise<MigrationState | undefined> {
  const asked = clock();
  const state = await commonId.migrationState(user);
  if (state && state.state !== 'completed') migrations.reopen(user.id, asked);
  return state;
}
