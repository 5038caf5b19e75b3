// Versions of documents: each write of a stored document names the version that was read, and stores the next one.
import { fromJson, toJson } from '../json.ts';

/** Returns a JSON copy of a changed document, with the next version. */
export function nextVersion<T extends { version: number }>(value: T): T {
  return { ...fromJson(toJson(value)), version: value.version + 1 };
}

/** @throws {RangeError} if the version of a new record is not 1 */
export function requireFirstVersion({ version }: { version: number }): void {
  if (version !== 1) throw new RangeError(`the version of a new record must be 1, not ${version}`);
}
