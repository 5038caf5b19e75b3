// How an index that stands differs from the one that is needed. Only what decides what it finds, refuses and removes is compared: servers
// add members of their own to what they list (`v`, `ns`, `background`), and leave out options that they do not have.
import type { IndexDefinition, IndexOptions } from 'mongoose';

/** As a server lists it; older ones answer 1 for true where it was made so. */
export type ListedIndex = Omit<IndexOptions, 'name'> & { name: string; key: Record<string, unknown> };

const FLAGS = ['unique', 'sparse', 'hidden'] as const;
/** Where a server has none of this, everything works nevertheless: an index is larger, and the sweep alone removes what expired. */
const NOT_EVERYWHERE = ['partialFilterExpression', 'expireAfterSeconds'] as const;

/**
 * What is told of it, each as `… where … is needed`; empty where it is as it must be.
 * @param all what the server lists of all our indexes: an option that it lists for none of them is one that it does not have
 */
export function differencesOf(
  wanted: { definition: IndexDefinition; options: IndexOptions },
  listed: ListedIndex,
  all: readonly ListedIndex[],
): string[] {
  const known = NOT_EVERYWHERE.filter((option) => all.some((index) => index[option] !== undefined));
  const compared: [what: string, found: unknown, needed: unknown][] = [['keys', listed.key, wanted.definition]];
  for (const flag of FLAGS) compared.push([flag, Boolean(listed[flag]), Boolean(wanted.options[flag])]);
  // None of ours has one: it decides which texts are the same.
  compared.push(['collation', listed.collation, undefined]);
  for (const option of known) compared.push([option, listed[option], wanted.options[option]]);
  return compared.flatMap(([what, found, needed]) =>
    // As texts, because the order of keys matters.
    tell(found) === tell(needed) ? [] : [`${what} ${tell(found)} where ${tell(needed)} is needed`],
  );
}

const tell = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));
