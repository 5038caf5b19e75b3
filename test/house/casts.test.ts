// The number of casts (`as`) in each room of src/. The compiler believes a cast without a check, so a new one has to be seen.
import { expect, test } from '@jest/globals';
import { parseSync } from '@swc/core';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

/** The casts of each room. Lower a figure when a cast goes. */
const CASTS: Record<string, number> = {
  account: 3,
  apps: 2,
  authentication: 1,
  config: 9,
  domain: 9,
  http: 6,
  interaction: 3,
  'json.ts': 2,
  oidc: 29,
  profile: 1,
  storage: 19,
};

const WHAT_TO_DO =
  'More casts: let the compiler know the type instead, by a type guard, a check of the value, `satisfies`, or a more exact type where the value comes from. ' +
  'Fewer casts: write the lower figure into CASTS of test/house/casts.test.ts.';

const CAST = new Set<unknown>(['TsAsExpression', 'TsTypeAssertion']);

/** Counts the casts below a node of the syntax tree; `as unknown as Type` is two. `as const` and names in imports are not casts. */
function castsIn(node: unknown): number {
  if (typeof node !== 'object' || node === null) return 0;
  const own = 'type' in node && CAST.has(node.type) ? 1 : 0;
  return Object.values(node).reduce<number>((sum, child) => sum + castsIn(child), own);
}

const castsOf = (source: string): number => castsIn(parseSync(source, { syntax: 'typescript', target: 'es2024' }));

test('no room has a new cast', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const found: Record<string, number> = {};
  for (const file of files) {
    const [room = ''] = file.split('/');
    const casts = castsOf(readFileSync(join(SRC, file), 'utf8'));
    if (casts > 0) found[room] = (found[room] ?? 0) + casts;
  }
  expect({ casts: found, WHAT_TO_DO }).toEqual({ casts: CASTS, WHAT_TO_DO });
});

test.each([
  ['const a = b as string;', 1],
  ['const a = b as unknown as string;', 2],
  ['const a = <string>b;', 1],
  ["const a = ['b'] as const;", 0],
  ["import { a as b } from './c.ts'; export { b as d };", 0],
  ["// as string\nconst a = 'b as string';", 0],
  ['const a = b satisfies string;', 0],
])('%s has so many casts: %i', (source, casts) => {
  expect(castsOf(source)).toBe(casts);
});
