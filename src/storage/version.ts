// Versions of documents: each write of a stored document names the version that was read, and stores the next one.

/** Returns a JSON copy of a changed document, with the next version. */
export function nextVersion<T extends { version: number }>(value: T): T {
  return { ...(JSON.parse(JSON.stringify(value)) as T), version: value.version + 1 };
}

/** @throws {RangeError} if the version of a new record is not 1 */
export function requireFirstVersion({ version }: { version: number }): void {
  if (version !== 1) throw new RangeError(`the version of a new record must be 1, not ${version}`);
}
