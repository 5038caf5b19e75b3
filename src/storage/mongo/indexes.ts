// The indexes: made by a command, because building one on a large collection is a decision; checked at every start.
import type { Model } from 'mongoose';
import type { Collections } from './collections.ts';

/** An index that the program counts on is not there. */
export class IndexesMissing extends Error {
  override name = 'IndexesMissing';
}

/** Makes the collections and the indexes that are missing, and answers their names, as `collection.index`. */
export async function createIndexes(collections: Collections): Promise<string[]> {
  const missing = await missingIndexes(collections);
  for (const { model } of missing) await model.createIndexes();
  return missing.flatMap(({ names }) => names);
}

/** @throws {IndexesMissing} with the command that makes them. */
export async function requireIndexes(collections: Collections): Promise<void> {
  const missing = await missingIndexes(collections);
  if (missing.length === 0) return;
  const names = missing.flatMap((each) => each.names).join(', ');
  throw new IndexesMissing(`MongoDB lacks the indexes ${names}. Make them with: npm run admin -- storage indexes`);
}

type Missing = { model: Model<unknown>; names: string[] };

/** The collections that lack indexes; each name as `collection.index`. */
async function missingIndexes(collections: Collections): Promise<Missing[]> {
  const models = Object.values(collections) as unknown as Model<unknown>[];
  const standing = new Set((await collections.ledger.db.listCollections()).map(({ name }) => name));
  const missing = models.map(async (model): Promise<Missing> => {
    const wanted = model.schema.indexes().map(([, options]) => String(options?.name));
    const made = standing.has(model.collection.name) ? (await model.collection.indexes()).map(({ name }) => String(name)) : [];
    const names = wanted.filter((name) => !made.includes(name)).map((name) => `${model.modelName}.${name}`);
    return { model, names };
  });
  return (await Promise.all(missing)).filter(({ names }) => names.length > 0);
}
