// Several processes of the common ID on one port: `WEB_CONCURRENCY=n`. This one serves nobody; it starts the workers, starts one anew
// where it died, and passes on what it is told. Workers share nothing but the database.
import cluster, { type Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningApps } from './start-apps.ts';

/** What the first process tells a worker. */
export type WorkerMessage = 'stop' | 'reload';

/** A worker that dies at once, again and again, must not keep a processor busy. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** Who has lived so long did not die of its start. */
const LONG_ENOUGH_MS = 60_000;

/**
 * Starts `count` workers of this very program, and answers when all listen. The first one alone, because it makes what is missing: the
 * database, and in development keys and secrets.
 * @param tell is told where a worker ended unasked
 * @throws where one ends before it listens; it has written why
 */
export async function startWorkers(count: number, tell: (message: string) => void): Promise<RunningApps> {
  let stopping = false;
  let pause = FIRST_PAUSE_MS;

  async function replace(): Promise<void> {
    await sleep(pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    if (!stopping) watch(cluster.fork());
  }

  function watch(worker: Worker): void {
    const started = performance.now();
    worker.once('exit', (code, signal) => {
      if (stopping) return;
      if (performance.now() - started > LONG_ENOUGH_MS) pause = FIRST_PAUSE_MS;
      tell(`worker ${worker.process.pid} ended (${signal || code}); another one is started`);
      void replace();
    });
  }

  async function stop(): Promise<void> {
    stopping = true;
    await Promise.all(workers().map(stopOne));
  }

  try {
    await startOne().then(watch);
    await Promise.all(Array.from({ length: count - 1 }, async () => watch(await startOne())));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    stop,
    async reload() {
      for (const worker of workers()) tellWorker(worker, 'reload');
    },
  };
}

function workers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
}

async function startOne(): Promise<Worker> {
  const worker = cluster.fork();
  await new Promise<void>((resolve, reject) => {
    worker.once('listening', () => resolve());
    worker.once('exit', () => reject(new Error('a worker could not start')));
  });
  return worker;
}

/** One that is about to end hears nothing, which is no fault of ours. */
function tellWorker(worker: Worker, message: WorkerMessage): void {
  if (worker.isConnected()) worker.send(message, () => undefined);
}

async function stopOne(worker: Worker): Promise<void> {
  if (worker.isDead()) return;
  const gone = new Promise((resolve) => worker.once('exit', resolve));
  tellWorker(worker, 'stop');
  await gone;
}
