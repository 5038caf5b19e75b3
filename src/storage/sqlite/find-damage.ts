// The complete check of a file: every page, every row, and every index against its table.
import { DatabaseSync } from 'node:sqlite';
import { isDamage } from './sqlite-error.ts';

/**
 * Returns the first damage found in the file, or undefined. Others may use the file at the same time. It takes about 6 ms a megabyte and
 * blocks the calling thread, so do not use it in a process that serves requests.
 */
export function findDamage(path: string): string | undefined {
  const connection = new DatabaseSync(path, { readOnly: true, timeout: 10_000 });
  try {
    return firstFinding(connection, 'integrity_check');
  } catch (error) {
    if (isDamage(error)) return error.message;
    throw error;
  } finally {
    connection.close();
  }
}

/** Returns the first finding of SQLite's own check, or undefined. `quick_check` does not compare indexes with their tables. */
export function firstFinding(connection: DatabaseSync, check: 'integrity_check' | 'quick_check'): string | undefined {
  const [finding] = Object.values(connection.prepare(`PRAGMA ${check} (1)`).get() ?? {});
  return finding === 'ok' ? undefined : String(finding);
}
