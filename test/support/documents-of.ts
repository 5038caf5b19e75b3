// What stands in the database of a test world, of either kind, as it is stored: JSON.
import { openSide } from '../../scripts/admin/storage-copy/copy-storage.ts';
import type { World } from './world.ts';

/** In the order in which they were made; accounts by their ids. */
export async function documentsOf(
  { env }: Pick<World, 'env'>,
  collection: 'accounts' | 'dealer_links' | 'migrations',
): Promise<string[]> {
  const side = await openSide(env.DATABASE_URL ?? '');
  try {
    const documents: string[] = [];
    for await (const { row } of side.read(collection, undefined)) documents.push(row.document);
    return documents;
  } finally {
    await side.close();
  }
}
