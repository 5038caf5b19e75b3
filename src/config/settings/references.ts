// References from configuration files to the environment: `${NAME}` inside a text.
import { formatPath, isRecord } from '../problems/check-object.ts';
import { describeValue } from '../problems/describe-value.ts';
import { nearestName } from '../problems/nearest-name.ts';
import type { Problem } from '../problems/problem.ts';
import { isSecretSetting } from './secret-names.ts';

const REFERENCE = /\$\{([^}]*)\}/g;

/** Replaces a missing value, so that later checks do not report the mistake again. */
export const STAND_IN = 'https://not-set.invalid';

/** Returns the value of a name; `undefined` if it is not set; `null` if its problem is reported already. */
export type Lookup = (name: string) => string | null | undefined;

export type ReferenceContext = {
  lookup: Lookup;
  /** Known names, for suggestions. */
  known: readonly string[];
};

/** Returns every name that a value refers to, including `{"$env": "NAME"}`. */
export function referencedNames(value: unknown): string[] {
  if (typeof value === 'string') return [...value.matchAll(REFERENCE)].map((match) => match[1] ?? '');
  if (Array.isArray(value)) return value.flatMap(referencedNames);
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$env' && typeof inner === 'string' ? [inner] : referencedNames(inner),
  );
}

/** Replaces `${NAME}` in every text of a JSON value, and reports names that cannot be replaced. */
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
      const problem = isSecret(name)
        ? secretProblem(name)
        : found === undefined
          ? missingProblem(name, context.known)
          : undefined;
      if (!problem) return found ?? STAND_IN;
      problems.push({ severity: 'error', source, key: formatPath(path), found: describeValue(reference), ...problem });
      return STAND_IN;
    });
  }
  const inner = (part: unknown, key: PropertyKey): unknown => resolveReferences(part, context, source, problems, [...path, key]);
  if (Array.isArray(value)) return value.map(inner);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inner(part, key)]));
}

/** Whether a name is a secret, which must not be part of a text: texts appear in messages and on pages. */
function isSecret(name: string): boolean {
  return isSecretSetting(name) || /(SECRET|PASSWORD|TOKEN|KEYS?)$/.test(name);
}

function secretProblem(name: string): Pick<Problem, 'expected' | 'hint'> {
  return { expected: 'no secret inside a text', hint: `a client’s secret is {"client_secret": {"$env": "${name}"}}` };
}

function missingProblem(name: string, known: readonly string[]): Pick<Problem, 'expected' | 'hint'> {
  const nearest = nearestName(name, known);
  return {
    expected: 'the name of a variable that is set',
    hint: nearest === undefined ? `set ${name} in the environment` : `did you mean \${${nearest}}? Otherwise set ${name}`,
  };
}
