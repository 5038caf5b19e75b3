// The two that are measured, each in a process of its own on one core.
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../test/support/free-ports.ts';
import { BENCH_CLIENT, STUB_HASH_COST } from './bench-client.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BARE = fileURLToPath(new URL('bare-provider.ts', import.meta.url));
const OURS = fileURLToPath(new URL('../../test/support/world-process.ts', import.meta.url));

export type Subject = {
  name: string;
  issuer: string;
  /** Until it was ready. */
  startMs: number;
  /** Now, in MiB. */
  memoryMiB(): number;
  stop(): Promise<void>;
};

export async function startBare(): Promise<Subject> {
  const [port = 0] = await freePorts(1);
  return start('bare oidc-provider, in memory', [BARE, `${port}`], `http://localhost:${port}`, {});
}

/**
 * Ours: SQLite on the disk, every guard on.
 * @param options of Node
 */
export async function startOurs(options: string[] = []): Promise<Subject> {
  const [port = 0] = await freePorts(1);
  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  await cp(join(ROOT, 'config'), join(directory, 'config'), { recursive: true });
  const client = {
    client_id: BENCH_CLIENT.client_id,
    client_name: 'Bench',
    application_type: 'web',
    token_endpoint_auth_method: 'client_secret_basic',
    client_secret: { $env: 'BENCH_CLIENT_SECRET' },
    redirect_uris: [BENCH_CLIENT.redirect_uri],
    grant_types: ['authorization_code', 'refresh_token'],
    scope: BENCH_CLIENT.scope,
    common_id: { first_party: true, contact: 'bench' },
  };
  await writeFile(join(directory, 'config/clients/bench.json'), JSON.stringify(client));
  const issuer = `http://localhost:${port}`;
  const subject = await start('common ID, SQLite', [...options, OURS, directory, 'id'], issuer, {
    ISSUER: issuer,
    BENCH_CLIENT_SECRET: BENCH_CLIENT.client_secret,
    DATA_DIRECTORY: join(directory, 'data'),
    PASSWORD_HASH_COST: `${STUB_HASH_COST}`,
    LOG_LEVEL: 'error',
  });
  return {
    ...subject,
    async stop() {
      await subject.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function start(name: string, args: string[], issuer: string, env: Record<string, string>): Promise<Subject> {
  const started = performance.now();
  const command = [process.execPath, '--no-warnings', ...args];
  // One core for the provider; the load comes from the others.
  const pinned = process.platform === 'linux' && availableParallelism() > 1 ? ['taskset', '-c', '0', ...command] : command;
  const [program = '', ...rest] = pinned;
  const child: ChildProcess = spawn(program, rest, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)));
  });
  return {
    name,
    issuer,
    startMs: performance.now() - started,
    memoryMiB: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    },
  };
}
