// Starts the sample clients of samples/clients/ against a running common ID.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Library, Need } from '../../samples/clients/libraries.ts';
import { digestOf } from '../../src/config/clients/check-client-secrets.ts';
import { untilTrue } from '../../test/support/until-true.ts';
import { findChromium } from '../find-chromium.ts';
import { fileForLibrary } from '../admin/clients/library-file.ts';

const SAMPLES = fileURLToPath(new URL('../../samples/clients/', import.meta.url));
/**
 * Keeps what is installed, so that the next run is quick. The folder is outside of the project, because Next.js and others search the parent
 * folders. For root it is not in the home directory, which Apache could not read after dropping root's rights.
 */
const CACHE = join(
  process.getuid?.() === 0 ? '/var/cache' : (process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')),
  'common-id-interop',
);
/** The time limit of a start. The first start may compile. */
const START_MS = 300_000;

export type Sample = { library: Library; clientId: string; secret: string; port: number; origin: string };

/** Describes a sample client with its own id and port. */
export function sampleOf(id: string, library: Library, port: number): Sample {
  return {
    library,
    clientId: `sample-${id}`,
    secret: `${id}-0123456789abcdef-0123456789abcdef`,
    port,
    origin: `http://localhost:${port}`,
  };
}

/** @returns the client's file, as `clients new --library` writes it */
export function clientFileOf({ library, clientId, secret, origin }: Sample): Record<string, unknown> {
  const values = { id: clientId, name: library.name, contact: 'tests', 'redirect-uri': `${origin}${library.callback}` };
  const file = fileForLibrary(library, values, library.kind === 'web' ? `sha256:${digestOf(secret)}` : undefined);
  if (library.refreshesBeforeExpiry) Object.assign(Object(file['common_id']), { access_tokens: { lifetime_seconds: 60 } });
  return file;
}

/** @returns the environment that a sample reads */
export function environmentOf({ library, clientId, secret, port }: Sample, issuer: string): Record<string, string> {
  return { ISSUER: issuer, CLIENT_ID: clientId, PORT: String(port), ...(library.kind === 'web' && { CLIENT_SECRET: secret }) };
}

/** @returns a sentence that names what this machine lacks; undefined if it lacks nothing */
export function missingFor({ kind, needs = [] }: Library): string | undefined {
  if (kind === 'browser' && !findChromium(process.env)) return 'it needs Chromium: set CHROMIUM_PATH';
  const missing = needs.filter((need) => !isThere(need));
  return missing.length === 0 ? undefined : `it needs ${missing.map(({ get }) => get).join(', and ')}`;
}

function isThere({ program, file }: Need): boolean {
  if (file !== undefined && !existsSync(file)) return false;
  return program === undefined || spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

/**
 * Installs and starts a sample, in a copy of its folder if it has packages of its own, and waits until it answers.
 * @returns functions that stop it and return its output
 * @throws {Error} if it cannot be installed or does not start, with its output
 */
export async function startSample(id: string, sample: Sample, issuer: string): Promise<{ stop(): Promise<void>; log(): string }> {
  // The samples that npm test runs use the project's own packages.
  const folder = join(sample.library.runsIn === 'test' ? SAMPLES : CACHE, id);
  if (sample.library.runsIn === 'interop') {
    mkdirSync(folder, { recursive: true });
    cpSync(join(SAMPLES, id), folder, { recursive: true });
  }
  const env = { ...process.env, ...environmentOf(sample, issuer) };
  const { install, start } = sample.library;
  if (install !== undefined) {
    const { status, output } = await finish(spawn('sh', ['-c', install], { cwd: folder, env, detached: true }));
    if (status !== 0) throw new Error(`${install} ended with ${status}:\n${output.slice(-4000)}`);
  }
  const child = spawn('sh', ['-c', `exec ${start}`], { cwd: folder, env, detached: true });
  const written: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => written.push(chunk.toString()));
  const log = (): string => written.join('');
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  async function stop(): Promise<void> {
    // Ends the whole group, because the start command may have started other processes.
    if (!isOver()) process.kill(-(child.pid ?? 0), 'SIGTERM');
    await ended;
  }
  try {
    await untilTrue(`${sample.library.name} listens on port ${sample.port}`, async () => isOver() || listens(sample.port), {
      withinMs: START_MS,
      tell: log,
    });
    if (isOver()) throw new Error(`${start} ended with ${child.exitCode ?? child.signalCode}:\n${log().slice(-4000)}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop, log };
}

async function finish(child: ChildProcess): Promise<{ status: number | null; output: string }> {
  const written: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => written.push(chunk.toString()));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, output: written.join('') };
}

/** @returns whether a program listens on a port of this machine */
export async function listens(port: number): Promise<boolean> {
  const socket = connect(port, 'localhost');
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}
