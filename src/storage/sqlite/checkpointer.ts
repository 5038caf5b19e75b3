// Brings the write-ahead log into the file (SQLite: "checkpoint") on a thread of its own. It waits for the disk twice and writes thousands of
// pages between; on the event loop everybody would wait with it, and on a slow disk for long.
import { Worker } from 'node:worker_threads';

/** About 16 MiB of log. A page that was written again and again is brought over once, so that a larger log means less work. */
const ROWS_BETWEEN = 800;

export type Checkpointer = {
  /** Told how many rows were changed by what is committed. */
  wrote(rows: number): void;
  /** Resolves when the thread has let the file go. */
  close(): Promise<void>;
};

/** The thread begins with the first checkpoint: a program that writes little has none. */
export function createCheckpointer(path: string): Checkpointer {
  let rows = 0;
  let thread: Worker | undefined;
  let isBusy = false;

  function start(): Worker {
    const started = new Worker(new URL('checkpoint-thread.ts', import.meta.url), {
      workerData: { path },
      // It keeps nothing: what it reads goes from file to file.
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 16 },
    });
    started.on('message', () => (isBusy = false));
    // Should it fail: the connection that writes brings the log over by itself when it has grown too long, and the next one is tried.
    started.on('error', () => undefined);
    started.on('exit', () => {
      thread = undefined;
      isBusy = false;
    });
    started.unref();
    return started;
  }

  return {
    wrote(changed) {
      rows += changed;
      if (rows < ROWS_BETWEEN || isBusy) return;
      rows = 0;
      try {
        thread ??= start();
      } catch {
        // The system gives no thread now. As for one that fails later.
        return;
      }
      isBusy = true;
      thread.postMessage('checkpoint');
    },
    async close() {
      const closing = thread;
      if (!closing) return;
      const ended = new Promise((resolve) => closing.once('exit', resolve));
      closing.ref();
      closing.postMessage('close');
      await ended;
    },
  };
}
