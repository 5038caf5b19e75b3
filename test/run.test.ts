// The program as people start and end it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { untilTrue } from './journeys/dealer-faults.ts';
import { freePorts } from './support/free-ports.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

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
      SMTP_URL: `smtp://localhost:${smtp}`,
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
