// Hashing beside other requests: design/security-2.md S109. bench/lane.ts measures it; here, what makes it so.
import { describe, expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import bcrypt from 'bcrypt';
import { createPasswordHasher } from '../../src/authentication/password/password-hash.ts';

const THREADS = new URL('../../src/authentication/password/hashing-threads.ts', import.meta.url).href;
const ON_LINUX = process.platform === 'linux';

/** Returns how much nicer than this thread each thread of this process is; without those that are as nice. */
function nicerThreads(): number[] {
  return readdirSync('/proc/self/task')
    .map((task) => readFileSync(`/proc/self/task/${task}/stat`, 'utf8').replace(/^.*\) /, ''))
    .map((stat) => Number(stat.split(' ')[16]) - getPriority())
    .filter((difference) => difference !== 0);
}

/** Runs a program that hashes and then has nothing to do; returns its output. */
async function runProgram(...flags: string[]): Promise<string> {
  const program = `
    const { bcryptOnThreads } = await import(${JSON.stringify(THREADS)});
    const hash = await bcryptOnThreads.hash('Common-2026', 10);
    console.log(hash, await bcryptOnThreads.compare('Common-2026', hash), await bcryptOnThreads.compare('Common-2027', hash));`;
  const directory = mkdtempSync(join(tmpdir(), 'hashing-'));
  const file = join(directory, 'program.mjs');
  writeFileSync(file, program);
  try {
    return (await promisify(execFile)(process.execPath, ['--no-warnings', ...flags, file], { timeout: 20_000 })).stdout;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

jest.setTimeout(30_000);

const OUTPUT = /^\$2b\$10\$\S{53} true false\n$/;

describe('a password is hashed beside other requests', () => {
  (ON_LINUX ? test : test.skip)('S109 passwords of the cost of production: hashed on threads of a lower priority', async () => {
    const hasher = createPasswordHasher({ cost: 10, concurrency: 2, queueLimit: 10 });
    await bcrypt.hash('x', 4);
    expect(nicerThreads()).toEqual([]);
    // 19 is the most.
    const lower = Math.min(10, 19 - getPriority());
    const hash = await hasher.hash('Common-2026');
    expect(nicerThreads()).toEqual([lower]);
    expect([await hasher.verify('Common-2026', hash), await hasher.verify('Common-2027', hash)]).toEqual([true, false]);
    // The thread is used again. A second one starts when two passwords are hashed at once.
    expect(nicerThreads()).toEqual([lower]);
    await Promise.all(Array.from({ length: 4 }, async () => hasher.verifyAgainstNothing('x')));
    expect(nicerThreads()).toEqual([lower, lower]);
  });

  test('S109 a program that has nothing else to do: stays until its hashes are there, and ends although the threads live', async () => {
    expect(await runProgram()).toMatch(OUTPUT);
  });

  test('S109 a system that allows no more threads: passwords are hashed all the same', async () => {
    expect(await runProgram('--permission', '--allow-fs-read=*', '--allow-addons')).toMatch(OUTPUT);
  });
});
