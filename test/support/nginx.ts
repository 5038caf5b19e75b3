// A real nginx as reverse proxy, for tests. Visitors come from any address, because the test says in the PROXY protocol where they come from.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNginx } from '../../scripts/find-nginx.ts';
import { untilTrue } from './until-true.ts';

/** The program; `undefined` if this machine has none, so that tests are skipped. @throws if REQUIRE_NGINX=1 and there is none */
export function nginxForTests(): string | undefined {
  const found = findNginx(process.env);
  if (!found && process.env['REQUIRE_NGINX'] === '1') throw new Error('REQUIRE_NGINX=1, but there is no nginx');
  return found;
}

/** One `server` of nginx. */
export type Hop = {
  port: number;
  /** Where it passes requests to. */
  to: number;
  /** The lines of its `location /`, beside `proxy_pass`. */
  lines: string[];
  /** Whether visitors call it, who say in the PROXY protocol where they come from. */
  front?: boolean;
};

export type Nginx = {
  /** Takes another configuration, as a reload does, and waits until the processes of the one before have ended. */
  reload(configuration: string): Promise<void>;
  stop(): Promise<void>;
};

/** Starts one nginx with these servers. @throws if it does not listen */
export async function startNginx(program: string, hops: readonly Hop[]): Promise<Nginx> {
  const configuration = ['http {', 'access_log off;', ...hops.map(serverOf), '}'].join('\n');
  return runNginx(
    program,
    configuration,
    hops.map(({ port }) => port),
  );
}

/**
 * Runs nginx until it is stopped.
 * @param configuration its `http` block; the paths that nginx writes to are added
 * @throws if it does not listen on these ports
 */
export async function runNginx(program: string, configuration: string, ports: readonly number[]): Promise<Nginx> {
  const directory = await mkdtemp(join(tmpdir(), 'nginx-'));
  const error = join(directory, 'error.log');
  const path = join(directory, 'nginx.conf');
  const write = async (http: string): Promise<void> => writeFile(path, mainConfiguration(directory, http));
  await write(configuration);
  const child = spawn(program, ['-e', error, '-p', directory, '-c', path], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGQUIT');
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await untilTrue('nginx listens', async () => {
      if (child.exitCode !== null) throw new Error(`nginx ended: ${await readFile(error, 'utf8')}`);
      return (await Promise.all(ports.map(listens))).every(Boolean);
    });
  } catch (failure) {
    await stop();
    throw failure;
  }
  return {
    async reload(next) {
      const before = childrenOf(child.pid);
      await write(next);
      child.kill('SIGHUP');
      const isTaken = (): boolean =>
        childrenOf(child.pid).length > 0 && !childrenOf(child.pid).some((pid) => before.includes(pid));
      await untilTrue('nginx has taken the configuration', isTaken, { tell: () => readFileSync(error, 'utf8') });
    },
    stop,
  };
}

function childrenOf(pid: number | undefined): string[] {
  const found = spawnSync('ps', ['-o', 'pid=', '--ppid', `${pid}`], { encoding: 'utf8' }).stdout;
  return found
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

function serverOf({ port, to, lines, front }: Hop): string {
  return [
    'server {',
    `listen 127.0.0.1:${port}${front === true ? ' proxy_protocol' : ''};`,
    ...(front === true ? ['set_real_ip_from 127.0.0.0/8;', 'real_ip_header proxy_protocol;'] : []),
    `location / { proxy_pass http://127.0.0.1:${to}; ${lines.join(' ')} }`,
    '}',
  ].join('\n');
}

function mainConfiguration(directory: string, http: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${directory}/${kind};`);
  return [
    // Otherwise its workers could not write below the directory.
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    'daemon off;',
    'worker_processes 1;',
    `pid ${directory}/nginx.pid;`,
    'events {}',
    http.replace('http {', `http {\n${temporary.join('\n')}`),
  ].join('\n');
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}

/**
 * Sends one GET, as a visitor from this address.
 * @param from the visitor's address, for a server that speaks the PROXY protocol
 * @returns the body of the answer
 */
export async function visit(port: number, path: string, from?: string, headers: Record<string, string> = {}): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const family = from?.includes(':') === true ? 'TCP6' : 'TCP4';
  const to = family === 'TCP6' ? '2001:db8::ffff' : '192.0.2.255';
  const proxyLine = from === undefined ? '' : `PROXY ${family} ${from} ${to} 40000 443\r\n`;
  const all = { Host: 'visited.example.jp', Connection: 'close', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${proxyLine}GET ${path} HTTP/1.0\r\n${lines.join('')}\r\n`);
  await once(socket, 'close');
  return text.slice(text.indexOf('\r\n\r\n') + 4);
}
