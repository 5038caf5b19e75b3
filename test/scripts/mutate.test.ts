// What `npm run mutate` takes out, and which tests it then asks.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { findMutants } from '../../scripts/mutate/find-mutants.ts';
import { ROOMS, stagesOf } from '../../scripts/mutate/rooms.ts';
import { sample } from '../../scripts/mutate/sample.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The mutants of a piece of code, by the operator and the code with the change. */
const mutantsOf = (source: string): string[][] => findMutants(source).map((mutant) => [mutant.operator, mutant.source]);

describe('the operators', () => {
  test('a branch is never taken, and always', () => {
    expect(mutantsOf('if (a) b;')).toEqual([
      ['skip the branch', 'if (false) b;'],
      ['always take the branch', 'if (true) b;'],
    ]);
  });

  test('the branches of a choice are swapped', () => {
    expect(mutantsOf('const x = a ? b : c;')).toEqual([['swap the branches', 'const x = !(a) ? b : c;']]);
  });

  test.each(['&&', '||'])('each part of a condition with %s is dropped', (operator) => {
    expect(mutantsOf(`x = (a ${operator} b);`)).toEqual([
      ['drop a part of the condition', 'x = (a);'],
      ['drop a part of the condition', 'x = (b);'],
    ]);
  });

  test('of three parts each one is dropped, and each pair', () => {
    expect(mutantsOf('x = a && b && c;').map(([, source]) => source)).toEqual([
      'x = a && c;',
      'x = b && c;',
      'x = a && b;',
      'x = c;',
    ]);
  });

  test.each([
    ['<', '<='],
    ['<=', '<'],
    ['>', '>='],
    ['>=', '>'],
  ])('the bound %s becomes %s', (before, after) => {
    expect(mutantsOf(`x = a ${before} b;`)).toEqual([['move the bound', `x = a ${after} b;`]]);
  });

  test.each([
    ['===', '!=='],
    ['!==', '==='],
  ])('%s becomes %s', (before, after) => {
    expect(mutantsOf(`x = a ${before} b;`)).toEqual([['swap equal and unequal', `x = a ${after} b;`]]);
  });

  test.each(['call();', 'await call();', 'void call();', 'a.call?.();'])('the statement %s is dropped', (statement) => {
    expect(mutantsOf(`async () => { ${statement} }`)).toEqual([['drop the call', 'async () => { ; }']]);
  });

  test('a statement that calls nothing stays', () => {
    expect(mutantsOf('x = 1; y += 2;')).toEqual([]);
  });

  test('undefined is returned, unless it is already', () => {
    expect(mutantsOf('function f() { return a; } function g() { return undefined; } function h() { return; }')).toEqual([
      ['return undefined', 'function f() { return undefined; } function g() { return undefined; } function h() { return; }'],
    ]);
  });

  test.each([
    ['true', 'false'],
    ['false', 'true'],
  ])('in place of %s, %s is returned', (before, after) => {
    expect(mutantsOf(`function f() { return ${before}; }`)).toEqual([
      ['return the opposite', `function f() { return ${after}; }`],
    ]);
  });

  test('each property beside a spread is dropped, and the spread; those of other literals stay', () => {
    expect(mutantsOf('x = { ...a, b: 1, c };')).toEqual([
      ['drop the property', 'x = { b: 1, c };'],
      ['drop the property', 'x = { ...a, c };'],
      ['drop the property', 'x = { ...a, b: 1,  };'],
    ]);
    expect(mutantsOf('x = { b: 1, c };')).toEqual([]);
  });

  test('a filter is dropped, with what is behind it left in place', () => {
    expect(mutantsOf('x = a.filter(Boolean).map(b);')).toEqual([['drop the filter', 'x = a.map(b);']]);
  });
});

test('a mutant names its line, and counts letters of several bytes right', () => {
  const [mutant] = findMutants('// 共通ID – 1\nconst 日 = "é"; // …\nconst x = { y: 「 === 1 };'.replace('「', '名'));
  expect(mutant).toMatchObject({ line: 3, before: '名 === 1', after: '名 !== 1' });
  expect(mutant?.source).toBe('// 共通ID – 1\nconst 日 = "é"; // …\nconst x = { y: 名 !== 1 };');
});

test('types are not mutated', () => {
  expect(mutantsOf('type A = B extends C ? D : E; const x = (y: A | undefined): y is B => y as never;')).toEqual([]);
});

describe('the sample', () => {
  const items = Array.from({ length: 100 }, (_, index) => index);

  test('the same seed draws the same ones, in their order; another seed draws others', () => {
    const drawn = sample(items, 10, 1);
    expect(drawn).toHaveLength(10);
    expect(drawn).toEqual([...new Set(drawn)].toSorted((one, other) => one - other));
    expect(sample(items, 10, 1)).toEqual(drawn);
    expect(sample(items, 10, 2)).not.toEqual(drawn);
  });

  test('where there are not so many, all are drawn', () => {
    expect(sample(items, 1000, 1)).toEqual(items);
  });
});

describe('the tests of a room', () => {
  test.each(Object.entries(ROOMS))('%s: its folder and every test of the list are there', (_, { source, tests, more }) => {
    expect(existsSync(join(ROOT, 'src', source))).toBe(true);
    const listed = [...tests, ...more.flatMap(([, stages]) => stages)].flat();
    expect(listed.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test('the test of the file itself is first, and no stage stands twice', () => {
    const stages = stagesOf(ROOT, ROOMS.domain!, 'src/domain/account.ts');
    expect(stages[0]).toEqual(['test/domain/account.test.ts']);
    expect(stages.map(String)).toEqual([...new Set(stages.map(String))]);
  });
});
