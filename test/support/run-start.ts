// jest's globalSetup.
import { keepFilesInMemory } from './files-in-memory.ts';
import { takePortRange } from './port-range.ts';
import { openDesk } from './shared-mongo.ts';

/** What is to be done at the end of the run. jest loads setup and teardown apart from each other. */
export const run = globalThis as typeof globalThis & { atEnd?: (() => void | Promise<void>)[] };

// jest wants a default export here.
// oxlint-disable-next-line no-default-export
export default async function start(): Promise<void> {
  // First: what is started for the suites keeps its files there too.
  run.atEnd = [keepFilesInMemory()];
  run.atEnd.unshift(await takePortRange());
  run.atEnd.unshift(await openDesk());
}
