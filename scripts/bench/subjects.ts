// The two measured providers, each in its own process on one core.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../test/support/free-ports.ts';
import { busyMsOfAll } from './busy-time.ts';
import { makeInstallation } from './installation.ts';

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const BARE = pathOf('bare-provider.ts');
const STUB = pathOf('stub-password-check.ts');
const PROFILER = pathOf('profile-on-signal.ts');

const CORES = availableParallelism();
const CAN_PIN = process.platform === 'linux' && CORES > 1;

/** An installed provider in its own folder, which can be started repeatedly. */
export type Installed = {
  folder: string;
  program: (port: number) => string[];
  env: Record<string, string>;
  remove(): Promise<void>;
};

export type Subject = {
  port: number;
  /** The time until it accepted connections. */
  startMs: number;
  /** Its highest memory use, in MiB. */
  peakMiB(): number;
  /** The processor time since its start, in seconds. */
  busySeconds(): number;
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
};

export type StartOptions = {
  /** Compares passwords with bcrypt as in production; otherwise with a stub that takes no time. */
  realHash?: boolean;
  /** How many processes serve, on any core; one on the provider's core if left out. Ours only. */
  workers?: number;
  /** Reads the log from a pipe, as systemd and containers do, instead of having it written to a file beside the database. */
  logToPipe?: boolean;
  /** The folder for profiles, which SIGUSR2 starts and stops. */
  profileInto?: string;
};

/** Installs oidc-provider alone, with its in-memory adapter. */
export async function installBare(): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  return { folder, program: (port) => [BARE, `${port}`], env: {}, remove: removal(folder) };
}

/** Installs ours as operators do: NODE_ENV=production, SQLite on the disk, all checks on. */
export async function installOurs(): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const remove = removal(folder);
  try {
    const env = await makeInstallation(folder);
    return { folder, program: () => [...startScript(folder), 'id'], env, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Returns the arguments that `npm start` passes to Node: flags and the program's file. */
function startScript(folder: string): string[] {
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { scripts: { start: string } };
  return scripts.start.split(' ').slice(1);
}

function removal(folder: string): () => Promise<void> {
  return async () => rm(folder, { recursive: true, force: true });
}

/** @throws {Error} with the process's output if it ends instead of starting */
export async function start({ folder, program, env }: Installed, options: StartOptions = {}): Promise<Subject> {
  const [port = 0] = await freePorts(1);
  // The provider gets one core, the load the others.
  const { workers } = options;
  const command = [
    ...(workers === undefined ? onOneCore() : []),
    process.execPath,
    '--no-warnings',
    ...preloaded(options),
    ...program(port),
  ];
  const logFile = join(folder, 'log');
  const log = openSync(logFile, 'a');
  const started = performance.now();
  const child: ChildProcess = spawn(command[0] ?? '', command.slice(1), {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      PORT: `${port}`,
      PROFILE_INTO: options.profileInto,
      WEB_CONCURRENCY: workers?.toString(),
      ...env,
    },
    stdio: options.logToPipe === true ? ['ignore', 'pipe', 'pipe'] : ['ignore', log, log],
  });
  for (const stream of [child.stdout, child.stderr]) stream?.resume();
  closeSync(log);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  while (!(await takesConnections(port))) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${readFileSync(logFile, 'utf8')}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const startMs = performance.now() - started;
  return {
    port,
    startMs,
    peakMiB: () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
    busySeconds: () => busyMsOfAll(child.pid) / 1000,
    signal: (signal) => void child.kill(signal),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function preloaded({ realHash, profileInto }: StartOptions): string[] {
  return [...(realHash ? [] : ['--import', STUB]), ...(profileInto === undefined ? [] : ['--import', PROFILER])];
}

/** Returns the command prefix that pins a process to the provider's core; empty on a machine with one core. */
export function onOneCore(): string[] {
  return CAN_PIN ? ['taskset', '-c', '0'] : [];
}

/** Keeps this process, which generates the load, off the provider's core. */
export function leaveCore(): void {
  if (CAN_PIN) spawnSync('taskset', ['-a', '-c', '-p', `1-${CORES - 1}`, `${process.pid}`]);
}

async function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.end(() => resolve(true)));
    socket.once('error', () => resolve(false));
  });
}
