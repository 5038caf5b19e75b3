// jest's globalSetup.
import { keepFilesInMemory } from './files-in-memory.ts';
import { takePortRange } from './port-range.ts';
import { openDesk } from './shared-mongo.ts';

/** The functions to call at the end of the run. They are global because jest loads setup and teardown separately. */
export const run = globalThis as typeof globalThis & { atEnd?: (() => void | Promise<void>)[] };

// jest wants a default export here.
// oxlint-disable-next-line no-default-export
export default async function start(): Promise<void> {
  // First, because the servers for the suites keep their files there, too.
  run.atEnd = [keepFilesInMemory()];
  run.atEnd.unshift(await takePortRange());
  run.atEnd.unshift(await openDesk());
}
