// References from configuration files to the environment: `${NAME}` inside a text.
import { formatPath, isRecord } from './check-object.ts';
import { nearestName } from './nearest-name.ts';
import type { Problem } from './problem.ts';

const REFERENCE = /\$\{([^}]*)\}/g;

/** Stands for a value that could not be put in, so that one mistake is not told twice. */
const STAND_IN = 'https://not-set.invalid';

/** What a name stands for: a value; `undefined` where nobody knows the name; `null` where its setting is a problem already. */
export type Lookup = (name: string) => string | null | undefined;

export type ReferenceContext = {
  lookup: Lookup;
  /** The names that are known, to suggest one. */
  known: readonly string[];
};

/** Every name that a value refers to, `{"$env": "NAME"}` included. */
export function referencedNames(value: unknown): string[] {
  if (typeof value === 'string') return [...value.matchAll(REFERENCE)].map((match) => match[1] ?? '');
  if (Array.isArray(value)) return value.flatMap(referencedNames);
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$env' && typeof inner === 'string' ? [inner] : referencedNames(inner),
  );
}

/** Puts the values of `${NAME}` into every text of a JSON value, and says which names nobody knows. */
export function resolveReferences(
  value: unknown,
  context: ReferenceContext,
  source: string,
  problems: Problem[],
  path: readonly PropertyKey[] = [],
): unknown {
  if (typeof value === 'string') {
    return value.replace(REFERENCE, (reference: string, name: string) => {
      const found = context.lookup(name);
      if (found === undefined) problems.push(unknownName(source, path, reference, name, context.known));
      return found ?? STAND_IN;
    });
  }
  const inner = (part: unknown, key: PropertyKey): unknown => resolveReferences(part, context, source, problems, [...path, key]);
  if (Array.isArray(value)) return value.map(inner);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inner(part, key)]));
}

function unknownName(
  source: string,
  path: readonly PropertyKey[],
  reference: string,
  name: string,
  known: readonly string[],
): Problem {
  const nearest = nearestName(name, known);
  return {
    severity: 'error',
    source,
    key: formatPath(path),
    expected: 'the name of a variable that is set',
    found: reference,
    mend: nearest === undefined ? `set ${name} in the environment` : `did you mean \${${nearest}}?`,
  };
}
