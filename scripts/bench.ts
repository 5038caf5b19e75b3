// Measures performance: npm run bench [-- growth [accounts …] | limits [customers] | dpop | lane | load | population [legacy users] | profile <scenario> | scrape [series] [workers] | telemetry | traces | writers]. Prints the results, and writes docs/performance/<what>.json and its plot.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem, type as system } from 'node:os';
import { join } from 'node:path';
import { compare } from './bench/compare.ts';
import { measureDpop } from './bench/dpop.ts';
import { grow } from './bench/growth.ts';
import { measureLane } from './bench/lane.ts';
import { measureLoad } from './bench/load.ts';
import { playLimits } from './bench/limits.ts';
import { plotComparison, plotGrowth } from './bench/plot.ts';
import { benchPopulation } from './bench/population.ts';
import { profile } from './bench/profile.ts';
import { measureScrape } from './bench/scrape.ts';
import { measureTelemetry } from './bench/telemetry.ts';
import { measureTraces } from './bench/traces.ts';
import { benchWriters } from './bench/writers.ts';
import { endTogether, useOwnTemporaryFolder } from './end-together.ts';

const FOLDER = join(import.meta.dirname, '../docs/performance');
const SIZES = [10_000, 100_000, 1_000_000];
const tell = (line: string): void => void process.stdout.write(`${line}\n`);

function keep(name: string, result: object, svg: string): void {
  const [processor] = cpus();
  const machine = {
    processor: processor?.model,
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${system()} ${release()}`,
    node: process.version,
    at: new Date().toISOString(),
  };
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, `${name}.json`), `${JSON.stringify({ machine, ...result }, null, 2)}\n`);
  writeFileSync(join(FOLDER, `${name}.svg`), svg);
}

endTogether('bench');
useOwnTemporaryFolder();
const [what = 'compare', ...rest] = process.argv.slice(2);
if (what === 'growth') {
  const growth = await grow(rest.length ? rest.map(Number) : SIZES, tell);
  keep('growth', { growth }, plotGrowth(growth));
} else if (what === 'compare') {
  const comparison = await compare(tell);
  keep('compare', comparison, plotComparison(comparison));
} else if (what === 'limits') {
  tell(JSON.stringify(await playLimits(Number(rest[0] ?? 100_000), tell), null, 2));
} else if (what === 'dpop') {
  await measureDpop(tell);
} else if (what === 'lane') {
  await measureLane(tell);
} else if (what === 'load') {
  await measureLoad(tell);
} else if (what === 'population') {
  await benchPopulation(Number(rest[0] ?? 5_000_000), tell);
} else if (what === 'profile') {
  await profile(rest.join(' '), tell);
} else if (what === 'scrape') {
  const [series = 10_000, workers = 2] = rest.map(Number);
  await measureScrape(series, workers, tell);
} else if (what === 'telemetry') {
  await measureTelemetry(tell);
} else if (what === 'traces') {
  await measureTraces(tell);
} else if (what === 'writers') {
  await benchWriters(tell);
} else {
  process.stderr.write(
    `bench: expected compare, dpop, growth, limits, lane, load, population, profile, scrape, telemetry, traces or writers, found ${what}\n`,
  );
  process.exitCode = 1;
}
