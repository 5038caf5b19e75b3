// The figures of the limits that run are those that docs/limits.md derives: design/security-2.md S113 and S125.
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { policyValues } from '../../src/config/files/policy-schema.ts';
import { MAX_REQUEST_BYTES, PUSHED, UNFINISHED } from '../../src/oidc/endpoints/request-bounds.ts';

const ROOT = new URL('../../', import.meta.url);
const textOf = (file: string): string => readFileSync(new URL(file, ROOT), 'utf8');

/** The rows of every table of docs/limits.md whose first cell is a name in code: the name, the figure, the reason. */
const rows = textOf('docs/limits.md')
  .split('\n')
  .flatMap((line) => {
    const [, name, figure = '', because = ''] = /^\| `([\w.]+)` +\| ([^|]*)\| ([^|]*)\|$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, figure: figure.trim(), because }];
  });

const policy = JSON.parse(textOf('config/policy.json')) as Record<string, unknown>;
const figureAt = (path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], policy);
const LIMITS = policyValues()
  .map(({ path }) => path)
  .filter(([section]) => section === 'rate_limits' || section === 'password_hash');

test('S125 every limit of config/policy.json: has the figure that docs/limits.md derives', () => {
  const derived = LIMITS.map((path) => {
    const name = path.join('.');
    // Two sections may have a limit of the same name. The row of one of them then names its section.
    const [row] = rows
      .filter((one) => name === one.name || name.endsWith(`.${one.name}`))
      .toSorted((a, b) => b.name.length - a.name.length);
    return [name, row === undefined ? 'add a row to docs/limits.md' : Number(row.figure.replaceAll(',', ''))];
  });
  expect(derived).toEqual(LIMITS.map((path) => [path.join('.'), figureAt(path)]));
  expect(derived.length).toBeGreaterThan(10);
});

test('S113 the limits of stored authorization requests: have the figures that docs/limits.md derives', () => {
  const figureOf = (name: string): string | undefined => rows.find((row) => row.name === name)?.figure;
  const inWords = ({ points, windowSeconds }: typeof PUSHED): string =>
    `${points.toLocaleString('en')} in ${windowSeconds} seconds`;
  expect(figureOf('UNFINISHED')).toBe(inWords(UNFINISHED));
  expect(figureOf('PUSHED')).toBe(inWords(PUSHED));
  expect(figureOf('MAX_REQUEST_BYTES')).toBe(MAX_REQUEST_BYTES.toLocaleString('en'));
});
