// Takes rules out of the source, one at a time, and says which ones no test misses.
// Usage: npm run mutate -- [rooms] [--file <part of a path>] [--sample 50 | --all] [--seed 1] [--jobs 2]. All mutants of every room take hours.
// StrykerJS 9.6 is not used: it reads tsconfig.json by an interface that TypeScript 7 does not have, and without that it ran every test file for
// each mutant (15 seconds), and counted a quarter of them as killed by its time limit.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { endTogether, useOwnTemporaryFolder } from './end-together.ts';
import { findMutants, type Mutant } from './mutate/find-mutants.ts';
import { ROOMS, stagesOf } from './mutate/rooms.ts';
import { sample } from './mutate/sample.ts';
import { JOBS, makeWorkingCopy, type Verdict, type WorkingCopy } from './mutate/working-copy.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const USAGE = `npm run mutate -- [${Object.keys(ROOMS).join('|')} …] [--file <part of a path>] [--sample <mutants a room> | --all] [--seed <number>] [--jobs 1|2]`;
/** The share of mutants that tests have to notice. */
const AIM_PERCENT = 85;
/** Other programs may be running: tests with a mutant get this many times what they take without, and some seconds. */
const LONGEST_STAGE_MS = 10 * 60_000;
const PATIENCE = { times: 4, ms: 30_000 };

type Candidate = Mutant & { room: string; file: string; stages: string[][] };
type Outcome = Candidate & { verdict: Verdict };

function candidatesIn(name: string, part: string): Candidate[] {
  const room = ROOMS[name];
  if (!room) throw new Error(`There is no room “${name}”.\n${USAGE}`);
  return globSync(`src/${room.source}/**/*.ts`, { cwd: ROOT })
    .toSorted()
    .filter((file) => file.includes(part))
    .flatMap((file) => {
      const stages = stagesOf(ROOT, room, file);
      return findMutants(readFileSync(join(ROOT, file), 'utf8')).map((mutant) => ({ ...mutant, room: name, file, stages }));
    });
}

/**
 * Answers how long a stage may take: it is run once without a mutant, when it is first needed. `undefined` where it fails without one, which
 * is told: its failures would prove nothing.
 */
function createLimits(clean: WorkingCopy): (stage: string[]) => Promise<number | undefined> {
  const limits = new Map<string, Promise<number | undefined>>();
  async function measure(stage: string[]): Promise<number | undefined> {
    const started = performance.now();
    const verdict = await clean.run(stage, LONGEST_STAGE_MS);
    if (verdict.result === 'passed') return (performance.now() - started) * PATIENCE.times + PATIENCE.ms;
    const why = verdict.result === 'failed' ? verdict.by : 'it does not end';
    write(`left out       ${stage.join(' ')} fails without a mutant: ${why}`);
    return undefined;
  }
  return async (stage) => {
    const key = stage.join(' ');
    const limit = limits.get(key) ?? measure(stage);
    limits.set(key, limit);
    return limit;
  };
}

async function tryMutant(
  copy: WorkingCopy,
  { file, source, stages }: Candidate,
  limitOf: (stage: string[]) => Promise<number | undefined>,
): Promise<Verdict> {
  const putBack = await copy.replace(file, source);
  try {
    for (const stage of stages) {
      const limit = await limitOf(stage);
      if (limit === undefined) continue;
      const verdict = await copy.run(stage, limit);
      if (verdict.result !== 'passed') return verdict;
    }
    return { result: 'passed' };
  } finally {
    await putBack();
  }
}

/** Each copy takes the next item when it is done with one. */
async function inTurns<T>(copies: WorkingCopy[], items: readonly T[], work: (copy: WorkingCopy, item: T) => Promise<void>) {
  const rest = [...items];
  const takeNext = async (copy: WorkingCopy): Promise<void> => {
    const item = rest.shift();
    if (item === undefined) return;
    await work(copy, item);
    await takeNext(copy);
  };
  await Promise.all(copies.map(takeNext));
}

const oneLine = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 150 ? `${line.slice(0, 147)}…` : line;
};
const write = (text: string): void => void process.stdout.write(`${text}\n`);
const percentOf = (part: number, whole: number): number => Math.floor((100 * part) / whole);

function tell({ file, line, operator, before, after, verdict }: Outcome): void {
  const result = verdict.result === 'passed' ? 'SURVIVED' : verdict.result === 'failed' ? 'killed' : 'killed (time)';
  write(`${result.padEnd(13)}  ${file}:${line}  ${operator}${verdict.result === 'failed' ? `  by ${verdict.by}` : ''}`);
  if (verdict.result === 'passed') write(`  before: ${oneLine(before)}\n  after:  ${oneLine(after) || '(nothing)'}`);
}

function printTable(outcomes: Outcome[]): void {
  write(`\n${'room'.padEnd(16)}  mutants  killed  by time  survived  score`);
  for (const [room, own] of [...Map.groupBy(outcomes, (outcome) => outcome.room), ['all', outcomes] as const]) {
    const count = (result: Verdict['result']): number => own.filter(({ verdict }) => verdict.result === result).length;
    const [killed, late, survived] = [count('failed'), count('late'), count('passed')];
    const figures = [`${own.length}`.padStart(7), `${killed}`.padStart(6), `${late}`.padStart(7), `${survived}`.padStart(8)];
    write(`${room.padEnd(16)}  ${figures.join('  ')}  ${`${percentOf(killed + late, own.length)}`.padStart(3)} %`);
  }
}

endTogether('mutate');
useOwnTemporaryFolder();
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    file: { type: 'string', default: '' },
    jobs: { type: 'string', default: `${JOBS}` },
    all: { type: 'boolean', default: false },
  },
});
const [size, seed, jobs] = [values.sample, values.seed, values.jobs].map(Number) as [number, number, number];
if (!(size >= 1) || !Number.isInteger(seed) || !(jobs >= 1 && jobs <= JOBS)) throw new Error(USAGE);
const chosen = (positionals.length ? positionals : Object.keys(ROOMS)).flatMap((room) => {
  const all = candidatesIn(room, values.file);
  const drawn = values.all ? all : sample(all, size, seed);
  write(`${room}: ${drawn.length} of ${all.length} mutants, seed ${seed}`);
  return drawn;
});
if (!chosen.length) throw new Error(`There is nothing to take out.\n${USAGE}`);

const [clean, ...copies] = await Promise.all(Array.from({ length: jobs + 1 }, async () => makeWorkingCopy(ROOT)));
const limitOf = createLimits(clean as WorkingCopy);
const outcomes: Outcome[] = [];
await inTurns(copies, chosen, async (copy, candidate) => {
  const outcome = { ...candidate, verdict: await tryMutant(copy, candidate, limitOf) };
  outcomes.push(outcome);
  tell(outcome);
});
printTable(outcomes);
const killed = outcomes.filter(({ verdict }) => verdict.result !== 'passed').length;
process.exitCode = percentOf(killed, outcomes.length) >= AIM_PERCENT ? 0 : 1;
