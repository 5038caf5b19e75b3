// How tests run: jest finds and reports them; Node loads them, as it loads the program (test/support/runtime.ts).
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

// For the processes that tests start with an environment like their own, and for jest: each program's files are compiled once, as main.js does.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/common-id', import.meta.url));

export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testEnvironment: '<rootDir>/test/support/environment.ts',
  runtime: '<rootDir>/test/support/runtime.ts',
  testSequencer: '<rootDir>/test/support/longest-first.js',
  globalSetup: '<rootDir>/test/support/run-start.ts',
  globalTeardown: '<rootDir>/test/support/run-end.ts',
  // Node loads the test files.
  transform: {},
  // Journeys wait for servers and browsers a good part of the time: there are more workers than cores.
  maxWorkers: availableParallelism() * 2,
  // A limit for what hangs, not a measure of speed: starting the whole world takes seconds on a busy machine.
  testTimeout: 60_000,
};
