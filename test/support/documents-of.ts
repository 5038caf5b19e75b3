// Reads documents of a test world's database, SQLite or MongoDB, as JSON.
import { rowsOf } from './rows-of.ts';
import type { World } from './world.ts';

/** Returns documents in the order of their creation; accounts by their ids. */
export async function documentsOf(
  { env }: Pick<World, 'env'>,
  collection: 'accounts' | 'dealer_links' | 'migrations',
): Promise<string[]> {
  return (await rowsOf(env.DATABASE_URL ?? '', collection)).map(({ document }) => document);
}
