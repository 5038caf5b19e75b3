// A thread of hashing-threads.ts. It runs one hash at a time, with a lower priority than the event loop.
import { getPriority, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import bcrypt from 'bcrypt';
import type { HashTask } from './hashing-threads.ts';

/** Added to the nice value. Beside a busy event loop, a hash then gets a tenth of a core; an idle core runs it at full speed. */
const NICER_BY = 10;
const NICEST = 19;

lowerPriority();
parentPort?.on('message', (task: HashTask) => {
  const { password } = task;
  parentPort?.postMessage('hash' in task ? bcrypt.compareSync(password, task.hash) : bcrypt.hashSync(password, task.cost));
});

/** On Linux, this changes the thread that calls it. Elsewhere it would change the whole process. */
function lowerPriority(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(Math.min(getPriority() + NICER_BY, NICEST));
  } catch {
    // A sandbox forbids the call.
  }
}
