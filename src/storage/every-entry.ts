// Iterates over a list of the storage page by page, in constant memory, so that requests are answered in between.

/**
 * Yields all entries, in the order of their cursors. Entries that are written meanwhile may or may not be among them.
 * @param read returns the entries after a cursor, at most `limit`
 * @param start a cursor before the first entry
 * @param limit how many are read at once
 */
export async function* everyEntry<Entry, Cursor>(
  read: (after: Cursor, limit: number) => Promise<Entry[]>,
  cursorOf: (entry: Entry) => Cursor,
  start: Cursor,
  limit: number,
): AsyncGenerator<Entry> {
  for (let after = start; ;) {
    const page = await read(after, limit);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < limit) return;
    after = cursorOf(last);
  }
}
