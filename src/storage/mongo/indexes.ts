// The indexes: made by a command, because building one on a large collection is a decision; checked at every start.
import type { Model } from 'mongoose';
import type { Collections } from './collections.ts';

/** An index that the program counts on is not there. */
export class IndexesMissing extends Error {
  override name = 'IndexesMissing';
}

/** Makes the collections and the indexes that are missing, and answers their names, as `collection.index`. */
export async function createIndexes(collections: Collections): Promise<string[]> {
  const missing: string[] = [];
  for (const model of modelsOf(collections)) {
    const names = await missingIndexes(model);
    if (names.length === 0) continue;
    await model.createIndexes();
    missing.push(...names.map((name) => `${model.modelName}.${name}`));
  }
  return missing;
}

/** @throws {IndexesMissing} with the command that makes them. */
export async function requireIndexes(collections: Collections): Promise<void> {
  const missing: string[] = [];
  for (const model of modelsOf(collections)) {
    missing.push(...(await missingIndexes(model)).map((name) => `${model.modelName}.${name}`));
  }
  if (missing.length === 0) return;
  throw new IndexesMissing(`MongoDB lacks the indexes ${missing.join(', ')}. Make them with: npm run admin -- storage indexes`);
}

function modelsOf(collections: Collections): Model<unknown>[] {
  return Object.values(collections) as unknown as Model<unknown>[];
}

async function missingIndexes(model: Model<unknown>): Promise<string[]> {
  const wanted = model.schema.indexes().map(([, options]) => String(options?.name));
  if (wanted.length === 0) return [];
  const standing = new Set(await standingIndexes(model));
  return wanted.filter((name) => !standing.has(name));
}

async function standingIndexes(model: Model<unknown>): Promise<string[]> {
  const collections = await model.db.listCollections();
  if (!collections.some(({ name }) => name === model.collection.name)) return [];
  return (await model.collection.indexes()).map(({ name }) => String(name));
}
