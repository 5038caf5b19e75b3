// The program as people start and end it.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { untilTrue } from '../support/until-true.ts';
import { CHILD_ENVIRONMENT } from '../support/child-environment.ts';
import { freePorts } from '../support/free-ports.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

test('npm start that is asked to end leaves no program behind', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'common-id-run-'));
  const [page, smtp] = await freePorts(2);
  const address = `http://localhost:${page}/messages.json`;
  const answers = async (): Promise<boolean> =>
    fetch(address).then(
      () => true,
      () => false,
    );
  const npm = spawn('npm', ['start', '--', 'mailbox'], {
    cwd: ROOT,
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DATA_DIRECTORY: directory,
      MAILBOX_URL: `http://localhost:${page}`,
      SMTP_URL: `smtp://127.0.0.1:${smtp}`,
    },
  });
  try {
    await untilTrue('the mailbox answers', answers);
    const ended = once(npm, 'exit');
    npm.kill('SIGTERM');
    await ended;
    await untilTrue('nobody answers', async () => !(await answers()));
  } finally {
    npm.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }
  expect(await answers()).toBe(false);
});

test('what a start does not need is loaded behind it, the other database never; a package that is missing ends the process', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'common-id-run-'));
  const [port, admin] = await freePorts(2);
  const issuer = `http://localhost:${port}`;
  const packages = ['oidc-provider', 'mongoose', '@koa/bodyparser', 'prom-client', 'nodemailer', 'libphonenumber-js'];
  // Writes down when a package is first loaded, between what the program writes, and takes the last package away. It writes little: a full
  // pipe would fail the write.
  const hook = `
    import { writeSync } from 'node:fs';
    import { registerHooks } from 'node:module';
    const packages = new Set(${JSON.stringify(packages)});
    registerHooks({ load(url, context, next) {
      for (const name of packages) {
        if (url.includes('/node_modules/' + name + '/') && packages.delete(name)) writeSync(1, '\\nloaded /node_modules/' + name + '/\\n');
      }
      if (url.includes('/libphonenumber-js/')) throw new Error('a package that is missing');
      return next(url, context);
    } });`;
  const child = spawn(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, join(ROOT, 'src/main.js'), 'id'],
    {
      // It ends by itself; where it does not, it must not outlive the test.
      timeout: 50_000,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...CHILD_ENVIRONMENT,
        ISSUER: issuer,
        // Metrics are counted for its readers alone.
        ADMIN_PORT: String(admin),
        DATA_DIRECTORY: directory,
        PASSWORD_HASH_COST: '4',
        DEMO_DATA: 'false',
      },
    },
  );
  let written = '';
  child.stdout.on('data', (chunk: Buffer) => (written += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  await rm(directory, { recursive: true, force: true });
  const [before = '', behind = ''] = written.split(`${issuer}\n`);
  const loadedIn = (text: string): string[] => packages.filter((name) => text.includes(`/node_modules/${name}/`));
  expect(loadedIn(before)).toEqual(['oidc-provider']);
  expect(loadedIn(behind)).toEqual(['@koa/bodyparser', 'prom-client', 'nodemailer', 'libphonenumber-js']);
  expect([code, behind.includes('a package that is missing')]).toEqual([1, true]);
}, 60_000);

test('npm start keeps the young generation of the heap small, however much is made', async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { scripts: { start: string } };
  const flags = scripts.start.split(' ').filter((word) => word.startsWith('--'));
  // Makes a million objects, of which the last two hundred thousand live, and tells how many bytes were set aside for young ones at most.
  const program = `
    const kept = [];
    let most = 0;
    for (let made = 0; made < 1e6; made += 1) {
      kept[made % 2e5] = { made, more: [made] };
      if (made % 1e4) continue;
      const young = v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
      most = Math.max(most, young.space_size);
    }
    console.log(most);`;
  const most = Number(execFileSync(process.execPath, [...flags, '-e', program], { encoding: 'utf8' }));
  expect(most).toBeGreaterThan(0);
  // Twice the 8 MiB, and what is being moved; without the bound it is 64.
  expect(most).toBeLessThan(24 * 1024 * 1024);
});
