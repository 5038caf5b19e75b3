// Opens the database of nodes beside them.
import type { Nodes } from '../../scripts/faults/fault.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';

export async function withStorage<T>({ database }: Nodes, use: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = await openStorage(database.directUrl, Date.now);
  try {
    return await use(storage);
  } finally {
    await storage.close();
  }
}
