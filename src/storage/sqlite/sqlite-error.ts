// Reads SQLite's result codes (https://sqlite.org/rescode.html) off the errors of node:sqlite.
import { StorageUnavailable } from '../storage.ts';

const BUSY = 5;
const CORRUPT = 11;
const CONSTRAINT = 19;
const NOT_A_DATABASE = 26;
/** "Not now": busy, no permission, locked, out of memory, read-only, interrupted, I/O error, full, cannot open, locking failed, schema changed. */
const UNAVAILABLE = new Set([BUSY, 3, 6, 7, 8, 9, 10, 13, 14, 15, 17]);

/** The primary result code: the low byte of the extended one. 0 where the error is not SQLite's. */
function resultCode(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return 0;
  return Number(error.errcode) & 0xff;
}

/** Another process holds the lock. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === BUSY;
}

/** What was written breaks a UNIQUE, CHECK or foreign key. */
export function isConstraint(error: unknown): boolean {
  return resultCode(error) === CONSTRAINT;
}

/** The file is not what SQLite wrote. */
export function isDamage(error: unknown): boolean {
  return resultCode(error) === CORRUPT || resultCode(error) === NOT_A_DATABASE;
}

/** "Not now": what another disk, or time, may heal. */
export function isUnavailable(error: unknown): error is Error {
  return UNAVAILABLE.has(resultCode(error));
}

/** The error as the port names it, where it means "not now"; else the error itself. */
export function asPortError(error: unknown): unknown {
  if (isClosed(error)) return new StorageUnavailable('the database is closed', { cause: error });
  if (!isUnavailable(error)) return error;
  return new StorageUnavailable(`the database cannot be read or written now: ${error.message}`, { cause: error });
}

/** Of node:sqlite, which has no result code for it. */
function isClosed(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_INVALID_STATE';
}
