// All rows of a collection as they are copied: whichever database it is.
import { openSide } from '../../scripts/admin/storage-copy/copy-storage.ts';
import type { CollectionName, Rows } from '../../scripts/admin/storage-copy/rows.ts';

/** In the order in which they were made, or, where that does not matter, of their ids. */
export async function rowsOf<Name extends CollectionName>(url: string, collection: Name): Promise<Rows[Name][]> {
  const side = await openSide(url);
  try {
    const rows: Rows[Name][] = [];
    for await (const { row } of side.read(collection, undefined)) rows.push(row);
    return rows;
  } finally {
    await side.close();
  }
}
