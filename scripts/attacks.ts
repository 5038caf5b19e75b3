// Runs the attacks of test/attacks/ with their full figures, which are too slow for npm test, and prints each result: npm run attacks [-- S07 S12 …].
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endTogether } from './end-together.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const JEST = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));

type Result = { title: string; status: string; duration?: number | null; failureMessages: string[] };
type Report = { testResults: { message: string; assertionResults: Result[] }[] };

/** Runs jest. Its report of failures goes to standard error; standard output is for the table. */
async function run(numbers: string[]): Promise<Report> {
  const directory = mkdtempSync(join(tmpdir(), 'attacks-report-'));
  const file = join(directory, 'report.json');
  try {
    const only = numbers.length ? ['--testNamePattern', `^(.* )?(${numbers.join('|')}) `] : [];
    const options = ['test/attacks', '--json', `--outputFile=${file}`, ...only];
    const jest = spawn(process.execPath, [JEST, ...options], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
      // Makes jest the leader of a process group, so that its workers and their child processes end with it.
      detached: true,
      env: {
        ...process.env,
        FULL_FIGURES: '1',
        NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --no-warnings`.trim(),
      },
    });
    await once(jest, 'exit');
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Width in terminal columns; Han and kana take two. */
const width = (text: string): number =>
  Array.from(text).reduce((sum, letter) => sum + (/[\u3000-\u9fff\uff00-\uff60]/.test(letter) ? 2 : 1), 0);
const pad = (text: string, to: number): string => text + ' '.repeat(Math.max(to - width(text), 0));

/** `S07 sending again: 429` → number, attack, answer. */
function rowOf({ title, status }: Result): string[] {
  const [, number = '', attack = '', answer = ''] = /^([RS]\d+) (.*?): (.*)$/.exec(title) ?? [];
  return [number, attack, answer, status === 'passed' ? 'passed' : status.toUpperCase()];
}

function printTable(rows: string[][]): void {
  const head = ['number', 'attack', 'answer', 'passed'];
  const widths = head.map((name, column) => Math.max(...[[...head], ...rows].map((row) => width(row[column] ?? name))));
  const print = (row: string[]): boolean =>
    process.stdout.write(
      `${row
        .map((cell, column) => pad(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    );
  print(head);
  print(widths.map((columns) => '-'.repeat(columns)));
  rows.forEach(print);
}

endTogether('attacks');
const report = await run(process.argv.slice(2));
const results = report.testResults.flatMap(({ assertionResults }) => assertionResults);
const attacks = results.filter(({ title, status }) => /^[RS]\d+ /.test(title) && status !== 'pending');
const passed = attacks.filter(({ status }) => status === 'passed').length;
printTable(attacks.map(rowOf).toSorted(([a = ''], [b = '']) => a.localeCompare(b)));
process.stdout.write(`\n${passed} of ${attacks.length} attacks got the required answer.\n`);
// A file that could not run at all has no results.
const broken = report.testResults.filter(({ assertionResults, message }) => assertionResults.length === 0 && message !== '');
for (const { message } of broken) process.stderr.write(message);
process.exitCode = passed === attacks.length && passed > 0 && broken.length === 0 ? 0 : 1;
