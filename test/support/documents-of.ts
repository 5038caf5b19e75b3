// What stands in the database of a test world, of either kind, as it is stored: JSON.
import { rowsOf } from './rows-of.ts';
import type { World } from './world.ts';

/** In the order in which they were made; accounts by their ids. */
export async function documentsOf(
  { env }: Pick<World, 'env'>,
  collection: 'accounts' | 'dealer_links' | 'migrations',
): Promise<string[]> {
  return (await rowsOf(env.DATABASE_URL ?? '', collection)).map(({ document }) => document);
}
