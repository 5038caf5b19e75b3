// The account by which both backends find a migration.
import type { Migration } from '../domain/migration.ts';

/** Returns the account of a migration, or of its candidate if it is not final; null if it has neither. */
export function accountOf({ account_id, candidate }: Pick<Migration, 'account_id' | 'candidate'>): string | null {
  return account_id ?? candidate?.account_id ?? null;
}
