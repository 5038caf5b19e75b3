// The complete check of a file: every page, every row, and each index against its table.
import { DatabaseSync } from 'node:sqlite';
import { isDamage } from './sqlite-error.ts';

/**
 * Answers what is wrong with the file first of all, or nothing where it is sound. Others may use the file meanwhile. Measured, 6 ms a
 * megabyte; it works in the calling thread until it is done, so it belongs into a process that serves nobody.
 */
export function findDamage(path: string): string | undefined {
  const connection = new DatabaseSync(path, { readOnly: true, timeout: 10_000 });
  try {
    return firstFinding(connection, 'integrity_check');
  } catch (error) {
    if (isDamage(error)) return (error as Error).message;
    throw error;
  } finally {
    connection.close();
  }
}

/** What SQLite's own check finds first, or nothing. `quick_check` does not hold the indexes against their tables. */
export function firstFinding(connection: DatabaseSync, check: 'integrity_check' | 'quick_check'): string | undefined {
  const [finding] = Object.values(connection.prepare(`PRAGMA ${check} (1)`).get() ?? {});
  return finding === 'ok' ? undefined : String(finding);
}
