// What tests import as `@jest/globals` (runtime.ts). jest makes these anew for each test file. The exports are those of the file that runs, also for
// modules that several files share.
import type { Jest } from '@jest/environment';

type JestGlobals = typeof import('@jest/globals');
/** What tests use of the object `jest`. */
export type JestObject = { setTimeout(milliseconds: number): void; spyOn: Jest['spyOn'] };
export type Globals = Omit<JestGlobals, 'jest'> & { jest: JestObject };

export let afterAll: JestGlobals['afterAll'];
export let afterEach: JestGlobals['afterEach'];
export let beforeAll: JestGlobals['beforeAll'];
export let beforeEach: JestGlobals['beforeEach'];
export let describe: JestGlobals['describe'];
export let expect: JestGlobals['expect'];
export let it: JestGlobals['it'];
export let jest: JestObject;
export let test: JestGlobals['test'];

/** Called before each test file. */
export function setGlobals(globals: Globals): void {
  ({ afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest, test } = globals);
}
