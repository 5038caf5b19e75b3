// Starts the program: loads the configuration, starts the apps, and shuts down on a signal. Only this file ends the process.
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { AppName, Config } from '../config/config.ts';
import { ConfigError } from '../config/problems/config-error.ts';
import { createConfigSource } from '../config/config-source.ts';
import { formatProblem } from '../config/problems/problem.ts';
import { startApps, type RunningApps } from './start-apps.ts';
import { startWorkers, type ReportAnswer, type WorkerMessage } from './start-workers.ts';
import { stopWithNpm } from './stop-with-npm.ts';
import { createLog } from '../telemetry/log.ts';
import { welcome } from './welcome.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ALL: AppName[] = ['mailbox', 'dealer', 'id', 'owners-site', 'notebook', 'demo-clients', 'console'];

async function start(named: string[]): Promise<void> {
  const unknown = named.filter((name) => !ALL.some((known) => known === name));
  const names = named.length ? named.flatMap((name) => ALL.filter((known) => known === name)) : ALL;
  if (unknown.length) throw new Error(`unknown app: ${unknown.join(', ')}; there are ${ALL.join(', ')}`);
  const source = createConfigSource(process.env, ROOT, names);
  const config = source.load();
  if (cluster.isWorker) {
    const starting = startApps(config, names, Date.now, source);
    stopOnFault(starting, config, names);
    return obey(starting, config);
  }
  for (const warning of config.warnings) process.stderr.write(`warning: ${formatProblem(warning)}\n`);
  // The other apps are examples and run in one process.
  const isMany = config.workers > 1 && names.every((name) => name === 'id');
  const starting = isMany
    ? startWorkers(config.workers, config.admin, (message) => process.stderr.write(`${message}\n`))
    : startApps(config, names, Date.now, source);
  stopOnFault(starting, config, names);
  const apps = await starting;
  stopOnSignal(apps, config);
  stopWithNpm('start');
  // A closing terminal also sends SIGHUP, and there the program should end.
  if (!process.stdin.isTTY) process.on('SIGHUP', () => void apps.reload());
  process.stdout.write(welcome(config, names));
}

/**
 * The first signal shuts down gracefully, a second one ends the process immediately. SIGTERM, which supervisors send, first gives the load
 * balancer time to notice.
 */
function stopOnSignal(apps: Pick<RunningApps, 'stop'>, { drainDelaySeconds }: Config): void {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      end(apps, 0, signal === 'SIGTERM' ? drainDelaySeconds * 1000 : 0);
    });
  }
}

/**
 * After an uncaught error or an unhandled rejection, the state of the process is unknown. So the error is logged, running requests are
 * finished, and the process ends. Its supervisor (for workers, the first process) starts a new one.
 */
function stopOnFault(starting: Promise<Pick<RunningApps, 'stop'>>, { logLevel }: Config, names: readonly AppName[]): void {
  const log = createLog(names.length === 1 ? String(names[0]) : 'all', logLevel);
  let stopping = false;
  process.on('uncaughtException', (fault: unknown) => {
    const fields = fault instanceof Error ? { detail: fault.message, stack: fault.stack } : { detail: String(fault) };
    log.error(fields, 'uncaught error; this process ends');
    if (stopping) process.exit(1);
    stopping = true;
    starting.then(
      (apps) => end(apps, 1),
      () => process.exit(1),
    );
  });
}

/**
 * Makes a worker follow the first process's messages. It listens from the very start, because a message without a listener is lost. Signals
 * that a terminal sends to all processes are handled by the first process.
 */
async function obey(starting: Promise<RunningApps>, { drainDelaySeconds }: Config): Promise<void> {
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
  let stopping = false;
  const stop = (delayMs: number): void => {
    if (stopping) return;
    stopping = true;
    void starting.then((apps) => end(apps, 0, delayMs));
  };
  const drain = (): void => stop(drainDelaySeconds * 1000);
  process.on('SIGTERM', drain);
  process.on('disconnect', () => stop(0));
  process.on('message', (message: WorkerMessage) => {
    if (message === 'stop') stop(0);
    else if (message === 'drain') drain();
    else if (message === 'reload') void starting.then((apps) => apps.reload());
    else void starting.then((apps) => report(apps, message.report));
  });
  await starting;
}

/** Sends the report to the first process. A worker that is ending, or has no report yet, sends nothing and is left out. */
async function report(apps: RunningApps, number: number): Promise<void> {
  const [said] = await apps.reports();
  const answer: ReportAnswer | undefined = said && { report: number, said };
  if (answer && process.connected) process.send?.(answer, undefined, undefined, () => undefined);
}

function end(apps: Pick<RunningApps, 'stop'>, code = 0, delayMs = 0): void {
  apps.stop(delayMs).then(
    () => process.exit(code),
    (error: unknown) => {
      process.stderr.write(`the shutdown was incomplete: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    },
  );
}

/**
 * Runs the program.
 * @param named the apps to start; all if empty
 */
export async function run(named: string[]): Promise<void> {
  try {
    await start(named);
  } catch (error) {
    if (error instanceof ConfigError) process.stderr.write(error.format());
    else process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
