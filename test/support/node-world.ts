// The world with several nodes of the common ID: each a process of its own, started as operators start it, on one database.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHILD_ENVIRONMENT } from './child-environment.ts';
import { freePorts } from './free-ports.ts';
import { startRoundRobin, type RoundRobin } from './round-robin.ts';
import { STOP_FILE } from './stop-file.ts';
import { startWorld, type World } from './world.ts';

/** The program of today. */
export const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const START_TIMEOUT_MS = 30_000;

export type Node = {
  readonly port: number;
  readonly pid: number | undefined;
  log(): string;
  /** Starts it again, after `stop` or `kill`; answers after how many milliseconds it was ready. @param program the main file of another version, from now on */
  start(program?: string): Promise<number>;
  /** Asks it to end, and answers with its exit code. */
  stop(): Promise<number | null>;
  /** As a power cut would. */
  kill(): Promise<void>;
  /** Answers when it has ended, by itself or by anybody. */
  ended(): Promise<void>;
};

export type NodeWorld = {
  world: World;
  nodes: Node[];
  proxy: RoundRobin;
  directory: string;
  /** Where a node that stops at steps is told at which one. */
  stopFile: string;
  stop(): Promise<void>;
};

/**
 * @param count of nodes
 * @param databaseUrl given the nodes' directory; the one of a world where it is left out
 * @param flags for Node itself, of the nodes
 * @param program the main file of another version
 */
export async function startNodeWorld(
  count: number,
  databaseUrl?: (directory: string) => string,
  env: Record<string, string> = {},
  flags: string[] = [],
  program: string = MAIN,
): Promise<NodeWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'common-id-nodes-'));
  const [smtp, ...ports] = await freePorts(count + 1);
  const shared = {
    DATA_DIRECTORY: join(directory, 'data'),
    SMTP_URL: `smtp://127.0.0.1:${smtp}`,
    PASSWORD_HASH_COST: '4',
    ...(databaseUrl && { DATABASE_URL: databaseUrl(directory) }),
    ...env,
  };
  const world = await startWorld({ apps: ['mailbox', 'dealer', 'owners-site', 'notebook'], env: shared });
  const stopFile = join(directory, 'stop-at');
  const proxy = await startRoundRobin(Number(new URL(world.origins.id).port), ports);
  const nodes = ports.map((port) =>
    createNode(port, flags, {
      ...world.env,
      LOG_LEVEL: 'warn',
      TRUST_PROXY: 'true',
      [STOP_FILE]: stopFile,
      PORT: `${port}`,
      // Of several nodes none has it: they would take it from one another.
      ADMIN_PORT: count === 1 ? (world.env.ADMIN_PORT ?? '') : '',
    }),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
    await proxy.close();
    await world.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    // The first one makes keys and demo data.
    for (const node of nodes) await node.start(program);
  } catch (error) {
    await stop();
    throw error;
  }
  return { world, nodes, proxy, directory, stopFile, stop };
}

/** A node that is not started yet. @param flags for Node itself */
export function createNode(port: number, flags: string[], env: Record<string, string>): Node {
  let child: ChildProcess | undefined;
  let main = MAIN;
  let written = '';

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (!child) return null;
    const ending = child;
    child = undefined;
    if (ending.exitCode !== null || ending.signalCode !== null) return ending.exitCode;
    const gone = new Promise<number | null>((resolve) => ending.once('exit', (code) => resolve(code)));
    ending.kill(signal);
    return gone;
  }

  return {
    port,
    get pid() {
      return child?.pid;
    },
    log: () => written,
    async start(program = main) {
      main = program;
      const started = performance.now();
      const starting = spawn(process.execPath, ['--no-warnings', ...flags, main, 'id'], {
        env: { ...CHILD_ENVIRONMENT, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = starting;
      for (const stream of [starting.stdout, starting.stderr])
        stream.on('data', (chunk: Buffer) => (written += chunk.toString()));
      while (performance.now() - started < START_TIMEOUT_MS) {
        if (starting.exitCode !== null) throw new Error(`the node ended with ${starting.exitCode}: ${written}`);
        if (await isReady(port)) return performance.now() - started;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      throw new Error(`the node did not become ready: ${written.slice(-2_000)}`);
    },
    stop: () => end('SIGTERM'),
    async kill() {
      await end('SIGKILL');
    },
    async ended() {
      const ending = child;
      if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
      await new Promise((resolve) => ending.once('exit', resolve));
    },
  };
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/health/ready`)).status === 200;
  } catch {
    return false;
  }
}
