// Runs several processes of the common ID on one port: `WEB_CONCURRENCY=n`. The first process serves no requests. It starts the workers,
// replaces dead ones, forwards signals, and reports on all of them to operators. Workers share only the database.
import cluster, { type Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import { listenForOperators, type RunningApps } from './start-apps.ts';
import type { ProcessReport } from '../telemetry/admin-handler.ts';

/** A message from the first process to a worker. `drain` stops after DRAIN_DELAY_SECONDS. */
export type WorkerMessage = 'stop' | 'drain' | 'reload' | ReportRequest;

/** Asks a worker for its report; it answers with the same number. */
type ReportRequest = { report: number };
export type ReportAnswer = { report: number; said: ProcessReport };

/** A worker that keeps crashing immediately must not keep a core busy. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** A worker that takes longer is left out of the report to operators. */
const REPORT_WITHIN_MS = 2_000;
/** A worker that ran this long did not crash on startup; reset the back-off. */
const LONG_ENOUGH_MS = 60_000;

/**
 * Starts `count` workers of this program, and resolves when all listen. The first worker starts alone, because it creates what is missing: the
 * database, and in development keys and secrets.
 * @param admin the listener for operators
 * @param tell is called when a worker ends unexpectedly
 * @throws {Error} if a worker ends before it listens; the worker has reported the reason
 */
export async function startWorkers(
  count: number,
  admin: Config['admin'],
  tell: (message: string) => void,
): Promise<Pick<RunningApps, 'stop' | 'reload'>> {
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
      tell(`worker ${worker.process.pid} ended (${signal || code}); starting a new one`);
      void replace();
    });
  }

  const reports = async (): Promise<ProcessReport[]> =>
    (await Promise.all(workers().map(askOne))).filter((report) => report !== undefined);
  const operators = admin && (await listenForOperators(admin, { reports, processes: count }));

  async function stop(delayMs = 0): Promise<void> {
    stopping = true;
    await Promise.all(workers().map(async (worker) => stopOne(worker, delayMs > 0 ? 'drain' : 'stop')));
    await operators?.listening.close(0);
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

/** Sends a message. A worker that is ending may not receive it, which is not an error. */
function tellWorker(worker: Worker, message: WorkerMessage): void {
  if (worker.isConnected()) worker.send(message, () => undefined);
}

let asked = 0;

/** @returns a worker's report; `undefined` if it does not answer in time */
async function askOne(worker: Worker): Promise<ProcessReport | undefined> {
  asked += 1;
  const number = asked;
  const { promise, resolve } = Promise.withResolvers<ProcessReport | undefined>();
  const hear = (answer: ReportAnswer): void => {
    if (answer.report === number) resolve(answer.said);
  };
  worker.on('message', hear);
  const timer = setTimeout(resolve, REPORT_WITHIN_MS, undefined);
  tellWorker(worker, { report: number });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    worker.off('message', hear);
  }
}

async function stopOne(worker: Worker, message: 'stop' | 'drain'): Promise<void> {
  if (worker.isDead()) return;
  const gone = new Promise((resolve) => worker.once('exit', resolve));
  tellWorker(worker, message);
  await gone;
}
