// Runs bcrypt on threads of its own with a low priority, so that hashing does not delay the requests of other people. libuv's threads
// cannot do that: they have the event loop's priority, and they also sign, read files and flush the database.
import { Worker } from 'node:worker_threads';
import bcrypt from 'bcrypt';

/** Compares a password with a hash, or hashes it at a cost. */
export type HashTask = { password: string } & ({ hash: string } | { cost: number });

type Thread = { run(task: HashTask): Promise<boolean | string> };

/** A cheaper hash takes less than 20 ms, which is not worth a thread. Production uses at least 10. */
const LOWEST_COST_OF_A_THREAD = 10;
/** The threads that have no work. The hashing lane bounds how many have work. */
const idle: Thread[] = [];

/** bcrypt, with expensive hashes on threads of low priority. They start when they are needed, and the whole process shares them. */
export const bcryptOnThreads = {
  async hash(password: string, cost: number): Promise<string> {
    const onPool = async (): Promise<string> => bcrypt.hash(password, cost);
    return cost < LOWEST_COST_OF_A_THREAD ? onPool() : runTask({ password, cost }).then(String, onPool);
  },
  async compare(password: string, hash: string): Promise<boolean> {
    const onPool = async (): Promise<boolean> => bcrypt.compare(password, hash);
    if (bcrypt.getRounds(hash) < LOWEST_COST_OF_A_THREAD) return onPool();
    return runTask({ password, hash }).then((isRight) => isRight === true, onPool);
  },
};

/** @throws {Error} if the system cannot start a thread or gives it no memory */
async function runTask(task: HashTask): Promise<boolean | string> {
  const thread = idle.pop() ?? startThread();
  const result = await thread.run(task);
  idle.push(thread);
  return result;
}

function startThread(): Thread {
  const worker = new Worker(new URL('hashing-thread.ts', import.meta.url), {
    // bcrypt needs four kilobytes.
    resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 },
  });
  let task: PromiseWithResolvers<boolean | string> | undefined;
  worker.on('message', (result: boolean | string) => task?.resolve(result));
  worker.on('error', (error) => task?.reject(error));
  return {
    async run(asked) {
      task = Promise.withResolvers();
      // The process waits for the task, but not for an idle thread.
      worker.ref();
      worker.postMessage(asked);
      return task.promise.finally(() => worker.unref());
    },
  };
}
