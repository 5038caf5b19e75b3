// Runs checkpoints, which copy the write-ahead log into the file, on a separate thread. A checkpoint waits for the disk twice and writes
// thousands of pages, which would block the event loop, especially with a slow disk.
import { Worker } from 'node:worker_threads';

/** About 16 MiB of log. A larger log means less work, because a page that was written several times is copied once. */
const ROWS_BETWEEN = 800;

export type Checkpointer = {
  /** Reports the number of rows that a commit changed. */
  wrote(rows: number): void;
  /** Resolves when the thread has closed the file. */
  close(): Promise<void>;
};

/** Creates the checkpointer. Its thread starts with the first checkpoint, so a program that writes little has none. */
export function createCheckpointer(path: string): Checkpointer {
  let rows = 0;
  let thread: Worker | undefined;
  let isBusy = false;

  function start(): Worker {
    const started = new Worker(new URL('checkpoint-thread.ts', import.meta.url), {
      workerData: { path },
      // The thread needs little memory, because it only copies between files.
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 16 },
    });
    started.on('message', () => (isBusy = false));
    // If the thread fails, the writing connection runs a checkpoint itself once the log is too long, and the next thread is tried.
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
        // The system cannot start a thread now; handled like a thread that fails later.
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
