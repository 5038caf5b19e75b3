// A copy of the project for mutants and their tests, so that no mutant is ever written into the project itself.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** What a run of tests says. */
export type Verdict =
  | { result: 'passed' }
  /** `by` names a test that failed. */
  | { result: 'failed'; by: string }
  /** The tests did not end within their time. */
  | { result: 'late' };

export type WorkingCopy = {
  /** Writes a file of the copy. Returns a function that restores the original. */
  replace(file: string, source: string): Promise<() => Promise<void>>;
  /** Runs test files or folders, one after the other, up to the first failure. @param limitMs then they are ended */
  run(tests: string[], limitMs: number): Promise<Verdict>;
};

const LEFT_OUT = ['node_modules', '.git', 'data', 'test-results', '.env'];

type Report = {
  testResults: { name: string; message: string; status: string; assertionResults: { fullName: string; status: string }[] }[];
};

/** Copies the project into the folder for temporary files. @param root the project's folder */
export async function makeWorkingCopy(root: string): Promise<WorkingCopy> {
  const folder = await mkdtemp(join(tmpdir(), 'mutate-'));
  const copy = join(folder, 'project');
  await cp(root, copy, { recursive: true, filter: (path) => !LEFT_OUT.includes(basename(path)) });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  let runs = 0;

  return {
    async replace(file, source) {
      const path = join(copy, file);
      const original = await readFile(path, 'utf8');
      await writeFile(path, source);
      return async () => writeFile(path, original);
    },

    async run(tests, limitMs) {
      const report = join(folder, `report-${(runs += 1)}.json`);
      const options = [
        '--runInBand',
        '--forceExit',
        '--bail=1',
        '--json',
        `--outputFile=${report}`,
        `--cacheDirectory=${join(folder, 'jest')}`,
      ];
      const jest = spawn(process.execPath, [join(root, 'node_modules/jest/bin/jest.js'), ...options, ...tests], {
        cwd: copy,
        stdio: 'ignore',
        // Leader of a new process group, so that processes started by tests end with it.
        detached: true,
        env: {
          ...process.env,
          NODE_COMPILE_CACHE: join(folder, 'compiled'),
          NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --no-warnings`.trim(),
        },
      });
      let late = false;
      const limit = setTimeout(() => {
        late = true;
        endGroup(jest.pid);
      }, limitMs);
      const [code] = (await once(jest, 'exit')) as [number | null];
      clearTimeout(limit);
      endGroup(jest.pid);
      if (late) return { result: 'late' };
      return code === 0 ? { result: 'passed' } : { result: 'failed', by: await firstFailure(report) };
    },
  };
}

/** At most two mutants are tried at once: tests start programs of their own. */
export const JOBS = Math.min(2, availableParallelism());

function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

async function firstFailure(report: string): Promise<string> {
  const { testResults } = JSON.parse(await readFile(report, 'utf8').catch(() => '{"testResults":[]}')) as Report;
  const failed = testResults.find(({ status }) => status === 'failed');
  if (!failed) return 'jest ended without a report';
  const test = failed.assertionResults.find(({ status }) => status === 'failed')?.fullName ?? 'the file could not be run';
  return `${basename(failed.name)}: ${test}`;
}
