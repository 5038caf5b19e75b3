// Compares an existing index with the needed one. Only options that affect what it finds, refuses and removes are compared, because servers
// list additional members (`v`, `ns`, `background`) and leave out options that they do not support.
import type { IndexDefinition, IndexOptions } from 'mongoose';

/** As listed by a server; older ones return 1 instead of true if it was created that way. */
const FLAGS = ['unique', 'sparse', 'hidden'] as const;
/** Everything also works on servers without these options: an index is larger, and only the sweep removes expired documents. */
const NOT_EVERYWHERE = ['partialFilterExpression', 'expireAfterSeconds'] as const;

/** An index as the server lists it. */
export type ListedIndex = {
  name?: string | undefined;
  key: Record<string, unknown>;
  collation?: unknown;
} & { [Option in (typeof FLAGS)[number] | (typeof NOT_EVERYWHERE)[number]]?: unknown };

/**
 * Returns the differences, as `… where … is needed`; empty if the index is correct.
 * @param all the server's list of all our indexes; an option that it lists for none of them is not supported
 */
export function differencesOf(
  wanted: { definition: IndexDefinition; options: IndexOptions },
  listed: ListedIndex,
  all: readonly ListedIndex[],
): string[] {
  const known = NOT_EVERYWHERE.filter((option) => all.some((index) => index[option] !== undefined));
  const compared: [what: string, found: unknown, needed: unknown][] = [['keys', listed.key, wanted.definition]];
  for (const flag of FLAGS) compared.push([flag, Boolean(listed[flag]), Boolean(wanted.options[flag])]);
  // None of our indexes has a collation, which would change which texts are equal.
  compared.push(['collation', listed.collation, undefined]);
  for (const option of known) compared.push([option, listed[option], wanted.options[option]]);
  return compared.flatMap(([what, found, needed]) =>
    // Compared as JSON texts, because the order of keys matters.
    tell(found) === tell(needed) ? [] : [`${what} ${tell(found)} where ${tell(needed)} is needed`],
  );
}

const tell = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));
