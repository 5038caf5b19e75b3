// The way into production (design/reality.md R51): which Node, and which packages.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { CHILD_ENVIRONMENT } from '../support/child-environment.ts';
import { freePorts } from '../support/free-ports.ts';
import { untilTrue } from '../support/until-true.ts';
import { figure } from './support/figure.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

type Ended = { code: number | string | null | undefined; out: string; err: string };

async function run(node: string, args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(node, args, { cwd: ROOT, env: { PATH: process.env.PATH } }, (error, out, err) =>
      resolve({ code: error ? error.code : 0, out, err }),
    );
  });
}

/** The Nodes of this machine, apart from the one of development. */
async function oldNodes(): Promise<string[]> {
  const paths = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  const found = [...new Set([...paths, '/usr/bin/node'])].filter((path) => existsSync(path));
  const versions = await Promise.all(found.map(async (path) => run(path, ['--version'])));
  return found.filter((_, index) => Number(/^v(\d+)\./.exec(versions[index]?.out ?? '')?.[1]) < 24);
}

test('R51 an old Node, at the start and at the commands of production: a sentence, and nothing of the syntax', async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  const directory = await mkdtemp(join(tmpdir(), 'old-node-'));
  try {
    // A Node of today that says that it is older reads every file; a real one, where this machine has one, does not.
    const pretend = join(directory, 'pretend.cjs');
    await writeFile(pretend, `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } });`);
    const olds: [string, string[]][] = [
      [process.execPath, ['--require', pretend]],
      ...(await oldNodes()).map((path): [string, string[]] => [path, []]),
    ];
    for (const [node, first] of olds) {
      for (const command of [scripts.start ?? '', `${scripts.admin} keys list`]) {
        const [program, ...args] = command.split(' ');
        expect(program).toBe('node');
        const { code, out, err } = await run(node, [...first, ...args]);
        expect([command, code, out]).toEqual([command, 1, '']);
        expect(err).toMatch(
          /^The common ID needs Node\.js 24 or newer, and this is \d+\.\d+\.\d+ \(\/.*\)\. .*docs\/production\.md.*\n$/,
        );
      }
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('R51 without the packages of development: the program starts and loads everything that it needs', async () => {
  const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: true }>;
  };
  const ofDevelopment = Object.keys(lock.packages).filter((path) => lock.packages[path]?.dev === true);
  expect(ofDevelopment).toEqual(expect.arrayContaining(['node_modules/jest', 'node_modules/node', 'node_modules/oxlint']));
  const hook = `
    import { registerHooks } from 'node:module';
    const ofDevelopment = ${JSON.stringify(ofDevelopment.map((path) => `/${path}/`))};
    registerHooks({ load(url, context, next) {
      const found = ofDevelopment.find((path) => url.includes(path));
      if (found) throw new Error('a package of development is loaded: ' + found);
      return next(url, context);
    } });`;
  const preload = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`];
  const directory = await mkdtemp(join(tmpdir(), 'production-start-'));
  const [id = 0, ...ports] = await freePorts(8);
  const [owners, notebook, dealer, mailbox, demo, operations, smtp] = ports;
  // The commands of production have the same packages; all apps, where there is time.
  const apps = figure(1, 0) === 1 ? [] : ['id'];
  const program = spawn(process.execPath, [...preload, 'src/main.js', ...apps], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...CHILD_ENVIRONMENT,
      ISSUER: `http://localhost:${id}`,
      OWNERS_SITE_URL: `http://localhost:${owners}`,
      NOTEBOOK_URL: `http://localhost:${notebook}`,
      DEALER_SYSTEM_URL: `http://localhost:${dealer}`,
      MAILBOX_URL: `http://localhost:${mailbox}`,
      DEMO_CLIENTS_URL: `http://localhost:${demo}`,
      OPERATIONS_CONSOLE_URL: `http://localhost:${operations}`,
      SMTP_URL: `smtp://127.0.0.1:${smtp}`,
      DATA_DIRECTORY: directory,
      PASSWORD_HASH_COST: '4',
      LOG_LEVEL: 'silent',
    },
  });
  let err = '';
  program.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = once(program, 'exit');
  try {
    const statusOf = async (port: number, path: string): Promise<number> =>
      fetch(`http://localhost:${port}${path}`).then(
        ({ status }) => status,
        () => 0,
      );
    // The demo clients start last.
    const [port, path] = apps.length === 0 ? [demo ?? 0, '/'] : [id, '/health/ready'];
    const ready = async (): Promise<boolean> => program.exitCode !== null || (await statusOf(port, path)) === 200;
    await untilTrue('the program is ready', ready, { tell: () => err });
    // The last modules are loaded behind the start; a missing one ends the program.
    expect([err, await statusOf(id, '/'), await statusOf(id, '/.well-known/openid-configuration')]).toEqual(['', 200, 200]);
    program.kill('SIGTERM');
    expect([await ended, err]).toEqual([[0, null], '']);
  } finally {
    program.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }
});
