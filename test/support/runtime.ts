// jest's runtime, with Node as the loader of modules. jest's own loader evaluates all modules anew for each test file, in a vm context of its own.
// Node evaluates a module once for all files of a worker, takes the types off itself, and keeps compiled code on disk.
// So a module that test files share must not keep the state of one of them.
import { createRequire, enableCompileCache, flushCompileCache, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Config } from '@jest/types';
import type Environment from './environment.ts';
import { setGlobals, type Globals } from './jest-globals.ts';

const JEST_GLOBALS = new URL('jest-globals.ts', import.meta.url).href;
const TIMEOUT = Symbol.for('TEST_TIMEOUT_SYMBOL');

// A run in one process has read the setting too late for Node to see it by itself.
enableCompileCache(process.env.NODE_COMPILE_CACHE);
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@jest/globals' ? { url: JEST_GLOBALS, shortCircuit: true } : next(specifier, context),
});

const require = createRequire(import.meta.url);

/** The part of `jest-runtime` that jest-runner and jest-circus use, apart from coverage. */
// jest wants a default export here.
// oxlint-disable-next-line no-default-export
export default class Runtime {
  readonly #environment: Environment;

  constructor(_: Config.ProjectConfig, environment: Environment) {
    this.#environment = environment;
  }

  /** Loads jest-circus anew for each test file, because it keeps the tests of the file. */
  requireInternalModule(path: string): unknown {
    Reflect.deleteProperty(require.cache, path);
    return require(path);
  }

  setGlobalsForRuntime(globals: Omit<Globals, 'jest'>): void {
    const { moduleMocker, global } = this.#environment;
    const jest: Globals['jest'] = {
      setTimeout(milliseconds) {
        Reflect.set(global, TIMEOUT, milliseconds);
      },
      spyOn: moduleMocker.spyOn.bind(moduleMocker),
    };
    setGlobals({ ...globals, jest });
  }

  async unstable_importModule(path: string): Promise<unknown> {
    return import(pathToFileURL(path).href);
  }

  unstable_shouldLoadAsEsm(): boolean {
    return true;
  }

  requireModule(path: string): unknown {
    return require(path);
  }

  /** Node's stacks have the lines of the source. */
  getSourceMaps(): Map<string, string> {
    return new Map();
  }

  getAllCoverageInfoCopy(): undefined {
    return undefined;
  }

  enterTestCode(): void {}
  leaveTestCode(): void {}

  /** Keeps what this file has compiled: jest may kill a worker at the end, before Node keeps it. */
  teardown(): void {
    flushCompileCache();
  }
}
