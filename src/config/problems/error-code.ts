// Reads the code of a system error.

/** Returns the `code` of an error (`ENOENT`, `EEXIST`, …); `undefined` if it has none. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
