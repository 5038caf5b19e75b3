// The environment of a test file: the worker's process itself, because Node loads the tests (runtime.ts). Puts back what a file may leave
// changed there.
import { ModuleMocker } from 'jest-mock';

/** More lines of a stack say nothing, and each error that is made would take longer. */
const STACK_LINES = 20;
/** What jest.setTimeout sets, and where jest-circus keeps its state. */
const OF_ONE_FILE = /^(TEST_TIMEOUT_SYMBOL|EVENT_HANDLERS|JEST_STATE_SYMBOL|RETRY_TIMES_SETTER)$/;

// jest wants a default export here.
// oxlint-disable-next-line no-default-export
export default class Environment {
  readonly global = globalThis;
  readonly moduleMocker = new ModuleMocker(globalThis);
  readonly #console = globalThis.console;
  readonly #env = { ...process.env };
  // jest replaces it by one that says which test file ended the process.
  readonly #exit = process.exit;

  async setup(): Promise<void> {
    Error.stackTraceLimit = STACK_LINES;
  }

  async teardown(): Promise<void> {
    this.moduleMocker.restoreAllMocks();
    globalThis.console = this.#console;
    process.exit = this.#exit;
    for (const name of Object.keys(process.env)) if (!(name in this.#env)) delete process.env[name];
    Object.assign(process.env, this.#env);
    const symbols = Object.getOwnPropertySymbols(globalThis).filter(({ description = '' }) => OF_ONE_FILE.test(description));
    for (const symbol of symbols) Reflect.deleteProperty(globalThis, symbol);
  }

  /** jest asks for it, and uses it for what runtime.ts does without. */
  getVmContext(): null {
    return null;
  }
}
