// The whole `integrity_check` of a file that is too large for a start to wait for it: behind the start, in a process of its own, which
// yields to everybody and can be ended at any moment (a thread could not: it is in SQLite until a table is done).
import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Serving } from '../serving.ts';
import { DatabaseDamaged } from './database-damaged.ts';

/** How the process ends where it found damage; it has written what it found. */
export const FOUND_DAMAGE = 3;

const PROGRAM = join(import.meta.dirname, 'complete-check-process.ts');

/** Up to this size a start waits for the whole check (measured: 6 ms a megabyte). */
const WAITED_FOR_UP_TO_BYTES = 16 * 1024 * 1024;

/** Whether the whole check is made behind the start. */
export function isCheckedBehind(path: string): boolean {
  return statSync(path).size > WAITED_FOR_UP_TO_BYTES;
}

/**
 * Begins the check.
 * @param serving.onDamage is told at most once
 * @returns what ends it; nothing is told afterwards
 */
export function checkBehind(path: string, { log, onDamage }: Serving): () => void {
  const began = performance.now();
  let ended = false;
  const child = execFile(process.execPath, ['--no-warnings', PROGRAM, path], { env: {} }, (error, finding, reason) => {
    if (ended) return;
    const seconds = Math.round((performance.now() - began) / 1000);
    if (!error) log.info({ path, seconds }, 'the database was checked completely, and is sound');
    else if (error.code === FOUND_DAMAGE) onDamage(new DatabaseDamaged(path, finding.trim()));
    else log.warn({ path, detail: reason.trim() || error.message }, 'the database was not checked completely');
  });
  // Who ends meanwhile does not wait for it.
  child.unref();
  return () => {
    ended = true;
    child.kill('SIGKILL');
  };
}
