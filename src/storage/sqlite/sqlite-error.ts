// Interprets SQLite's result codes (https://sqlite.org/rescode.html) in the errors of node:sqlite.
import { StorageUnavailable } from '../storage.ts';

const BUSY = 5;
const CORRUPT = 11;
const CONSTRAINT = 19;
const NOT_A_DATABASE = 26;
/** "Not now": busy, no permission, locked, out of memory, read-only, interrupted, I/O error, full, cannot open, locking failed, schema changed. */
const UNAVAILABLE = new Set([BUSY, 3, 6, 7, 8, 9, 10, 13, 14, 15, 17]);

/** Returns the primary result code, which is the low byte of the extended one; 0 if the error is not SQLite's. */
function resultCode(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return 0;
  return Number(error.errcode) & 0xff;
}

/** Whether another process holds the lock. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === BUSY;
}

/** Whether the write violates a UNIQUE, CHECK or foreign key constraint. */
export function isConstraint(error: unknown): boolean {
  return resultCode(error) === CONSTRAINT;
}

/** Whether the file is damaged. */
export function isDamage(error: unknown): error is Error {
  return resultCode(error) === CORRUPT || resultCode(error) === NOT_A_DATABASE;
}

/** Whether the error is temporary, or goes away with another disk. */
export function isUnavailable(error: unknown): error is Error {
  return UNAVAILABLE.has(resultCode(error));
}

/** Converts temporary errors to the port's `StorageUnavailable`, and returns others unchanged. */
export function asPortError(error: unknown): unknown {
  if (isClosed(error)) return new StorageUnavailable('the database is closed', { cause: error });
  if (!isUnavailable(error)) return error;
  return new StorageUnavailable(`the database cannot be read or written now: ${error.message}`, { cause: error });
}

/** Whether node:sqlite reports a closed database, for which there is no result code. */
function isClosed(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_INVALID_STATE';
}
