// The indexes. A command creates them, because building one on a large collection needs a decision. Every start checks them.
import type { IndexDefinition, IndexOptions } from 'mongoose';
import type { Collections } from './collections.ts';
import { differencesOf, type ListedIndex } from './index-differences.ts';

const COMMAND = 'npm run admin -- storage indexes';

/** A needed index is missing or has another definition. */
export class IndexesUnfit extends Error {
  override name = 'IndexesUnfit';
}

/**
 * Creates the missing collections and indexes, and returns the names of the indexes as `collection.index`.
 * @throws {IndexesUnfit} afterwards, if an existing index has a needed name but another definition. It is not dropped, because queries may
 * need it, and building the new one may take long.
 */
export async function createIndexes(collections: Collections): Promise<string[]> {
  const { missing } = await compareIndexes(collections);
  for (const { model, definition, options } of missing) await model.collection.createIndex(definition as never, options as never);
  const names = missing.map(({ name }) => name);
  // The new indexes show which options the server supports.
  const { different } = await compareIndexes(collections);
  if (different.length === 0) return names;
  throw new IndexesUnfit(`${names.length > 0 ? `Made ${names.join(', ')}. ` : ''}${tellDifferent(different)}`);
}

/** @throws {IndexesUnfit} if any index is missing or wrong; the message names the command that creates them */
export async function requireIndexes(collections: Collections): Promise<void> {
  const { missing, different } = await compareIndexes(collections);
  const sentences = [
    ...(missing.length > 0
      ? [`MongoDB lacks the indexes ${missing.map(({ name }) => name).join(', ')}. Make them with: ${COMMAND}`]
      : []),
    ...(different.length > 0 ? [tellDifferent(different)] : []),
  ];
  if (sentences.length > 0) throw new IndexesUnfit(sentences.join('. '));
}

/** The part of a model that does not depend on the type of its documents. */
type IndexedModel = {
  modelName: string;
  collection: {
    name: string;
    indexes(): Promise<ListedIndex[]>;
    createIndex(definition: never, options: never): Promise<string>;
  };
  schema: { indexes(): [IndexDefinition, IndexOptions][] };
};

type Wanted = {
  /** The name as `collection.index`. */
  name: string;
  model: IndexedModel;
  definition: IndexDefinition;
  options: IndexOptions;
};
type Different = Wanted & { differences: string[] };

/** Returns the missing indexes, and the existing ones with another definition. */
async function compareIndexes(collections: Collections): Promise<{ missing: Wanted[]; different: Different[] }> {
  const models: IndexedModel[] = Object.values(collections);
  const standing = new Set((await collections.ledger.db.listCollections()).map(({ name }) => name));
  const pairs = await Promise.all(
    models.map(async (model) => {
      const made = standing.has(model.collection.name) ? await model.collection.indexes() : [];
      return wantedOf(model).map((wanted) => ({ wanted, listed: made.find(({ name }) => name === wanted.options.name) }));
    }),
  );
  const all = pairs.flat();
  const found = all.flatMap(({ wanted, listed }) => (listed ? [{ wanted, listed }] : []));
  return {
    missing: all.flatMap(({ wanted, listed }) => (listed ? [] : [wanted])),
    different: found.flatMap(({ wanted, listed }) => {
      const differences = differencesOf(
        wanted,
        listed,
        found.map((each) => each.listed),
      );
      return differences.length > 0 ? [{ ...wanted, differences }] : [];
    }),
  };
}

function wantedOf(model: IndexedModel): Wanted[] {
  return model.schema.indexes().map(([definition, options]) => ({
    name: `${model.modelName}.${String(options.name)}`,
    model,
    definition,
    options,
  }));
}

function tellDifferent(different: Different[]): string {
  const faults = different.map(({ name, differences }) => `${name} has ${differences.join(', ')}`).join('; ');
  const drops = different.map(({ model, options }) => `db.${model.collection.name}.dropIndex('${String(options.name)}')`);
  return (
    `MongoDB has indexes that are not as they must be: ${faults}. ` +
    `Drop each in mongosh with ${drops.join(', ')}, then make it with: ${COMMAND}`
  );
}
