// Versions of documents: each write of one that stands names the version that was read, and stores one more.

/** A copy (as JSON carries it) of what was read and changed, with the version that it will be stored as. */
export function nextVersion<T extends { version: number }>(value: T): T {
  return { ...(JSON.parse(JSON.stringify(value)) as T), version: value.version + 1 };
}

/** @throws {RangeError} something that is created has another version than 1. */
export function requireFirstVersion({ version }: { version: number }): void {
  if (version !== 1) throw new RangeError(`what is created has version 1, not ${version}`);
}
