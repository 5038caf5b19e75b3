// How tests run: TypeScript as native modules, types taken off by swc. Needs NODE_OPTIONS=--experimental-vm-modules; `npm test` sets it.
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

// For the processes that tests start with an environment like their own, and for jest: each program's files are compiled once, as main.js does.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/common-id', import.meta.url));

export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testEnvironment: '<rootDir>/test/support/environment.js',
  testSequencer: '<rootDir>/test/support/longest-first.js',
  globalSetup: '<rootDir>/test/support/run-start.ts',
  globalTeardown: '<rootDir>/test/support/run-end.ts',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } }],
  },
  // Journeys wait for servers and browsers a good part of the time: there are more workers than cores.
  maxWorkers: availableParallelism() * 2,
  // A limit for what hangs, not a measure of speed: starting the whole world takes seconds on a busy machine.
  testTimeout: 60_000,
};
