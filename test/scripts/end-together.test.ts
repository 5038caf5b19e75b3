// A command that is ended leaves nothing running, and no files for a time.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { untilTrue } from '../support/until-true.ts';
import { CHILD_ENVIRONMENT } from '../support/child-environment.ts';

const SCRIPTS = join(import.meta.dirname, '../../scripts');

type Process = { pid: number; parent: number; command: string };

/** What runs; nobody may have asked yet how something ended, which is listed too, as a zombie. */
function running(): Process[] {
  const listed = execFileSync('ps', ['-o', 'pid=,ppid=,stat=,args=', '-A'], { encoding: 'utf8' }).trim().split('\n');
  return listed.flatMap((line) => {
    const [pid, parent, state = '', ...command] = line.trim().split(/\s+/);
    return state.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent), command: command.join(' ') }];
  });
}

function startedBy(root: number | undefined): Process[] {
  const all = running();
  const below = (pid: number | undefined): Process[] =>
    all.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...below(child.pid)]);
  return below(root);
}

let folder: string;
let command: ChildProcess | undefined;
let started: Process[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'end-together-'));
});
afterEach(() => {
  command?.kill('SIGKILL');
  const left = running();
  for (const { pid, command: was } of started) {
    if (left.some((process) => process.pid === pid && process.command === was)) process.kill(pid, 'SIGKILL');
  }
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  [
    'the faults, as their nodes start',
    [join(SCRIPTS, 'faults.ts'), '--short', '--on', 'SQLite', 'F10'],
    /steer-writes/,
    'SIGTERM',
    143,
  ],
  [
    'what leads a group of its own, as the attacks let jest do',
    [
      '--input-type=module',
      '-e',
      `import { spawn } from 'node:child_process';
      import { endTogether, useOwnTemporaryFolder } from ${JSON.stringify(join(SCRIPTS, 'end-together.ts'))};
      endTogether('attacks');
      useOwnTemporaryFolder();
      spawn('sh', ['-c', 'sleep 600 & sleep 601'], { detached: true });`,
    ],
    /^sleep 600/,
    'SIGINT',
    130,
  ],
] as const)('%s', async (_, args, until, signal, code) => {
  command = spawn(process.execPath, ['--no-warnings', ...args], {
    env: { ...CHILD_ENVIRONMENT, TMPDIR: folder },
    stdio: 'ignore',
  });
  const { pid } = command;
  await untilTrue('it has started what it starts', async () => {
    started = startedBy(pid);
    return started.some(({ command: of }) => until.test(of));
  });
  const ended = once(command, 'exit');
  command.kill(signal);
  expect(await ended).toEqual([code, null]);
  await untilTrue('all have ended', async () => {
    const left = running();
    return started.every((one) => !left.some((process) => process.pid === one.pid && process.command === one.command));
  });
  expect(readdirSync(folder)).toEqual([]);
});
