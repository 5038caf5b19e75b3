// The two that are measured, each in a process of its own on one core.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../test/support/free-ports.ts';
import { makeInstallation } from './installation.ts';

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const BARE = pathOf('bare-provider.ts');
const STUB = pathOf('stub-password-check.ts');
const PROFILER = pathOf('profile-on-signal.ts');

const CORES = availableParallelism();
const CAN_PIN = process.platform === 'linux' && CORES > 1;

/** Something that can be started, again and again; in a folder of its own. */
export type Installed = {
  folder: string;
  program: (port: number) => string[];
  env: Record<string, string>;
  remove(): Promise<void>;
};

export type Subject = {
  port: number;
  /** Until it took connections. */
  startMs: number;
  /** The most that it has held at once, in MiB. */
  peakMiB(): number;
  /** Seconds of processor time, since its start. */
  busySeconds(): number;
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
};

export type StartOptions = {
  /** Passwords are compared as in production; else in no time, in both. */
  realHash?: boolean;
  /** At SIGUSR2 a profile begins, or ends and is written into this folder. */
  profileInto?: string;
};

/** oidc-provider alone, in memory. */
export async function installBare(): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  return { folder, program: (port) => [BARE, `${port}`], env: {}, remove: removal(folder) };
}

/** Ours as operators start it: NODE_ENV=production, SQLite on the disk, every guard on. */
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

/** What `npm start` gives to Node: flags, and the program's file. */
function startScript(folder: string): string[] {
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { scripts: { start: string } };
  return scripts.start.split(' ').slice(1);
}

function removal(folder: string): () => Promise<void> {
  return async () => rm(folder, { recursive: true, force: true });
}

/** @throws where it ends instead, with what it wrote */
export async function start({ folder, program, env }: Installed, options: StartOptions = {}): Promise<Subject> {
  const [port = 0] = await freePorts(1);
  // One core for the provider, the other for the load.
  const command = [...onOneCore(), process.execPath, '--no-warnings', ...preloaded(options), ...program(port)];
  const logFile = join(folder, 'log');
  const log = openSync(logFile, 'a');
  const started = performance.now();
  const child: ChildProcess = spawn(command[0] ?? '', command.slice(1), {
    cwd: folder,
    env: { PATH: process.env.PATH, NODE_ENV: 'production', PORT: `${port}`, PROFILE_INTO: options.profileInto, ...env },
    stdio: ['ignore', log, log],
  });
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
    busySeconds() {
      // proc(5): behind the name in parentheses comes field 3; fields 14 and 15 are hundredths of a second.
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
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

/** What stands in front of a command to keep it on the provider's core; nothing where there is no other one. */
export function onOneCore(): string[] {
  return CAN_PIN ? ['taskset', '-c', '0'] : [];
}

/** Keeps this process, which makes the load, away from the provider's core. */
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
