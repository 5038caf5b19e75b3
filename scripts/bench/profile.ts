// Where the time of ours goes in one scenario: a CPU profile, summed up by file.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measure } from './measure.ts';
import { SCENARIOS, type Endpoints } from './scenarios.ts';
import { startOurs } from './subjects.ts';

type Profile = {
  nodes: { id: number; callFrame: { functionName: string; url: string } }[];
  samples: number[];
  timeDeltas: number[];
};

/** Prints each file's own share of the time that the process was busy, and its functions that took most. */
export async function profile(name: string, tell: (line: string) => void): Promise<void> {
  const scenario = SCENARIOS.find((known) => known.name === name);
  if (!scenario) throw new Error(`profile: expected one of ${SCENARIOS.map((known) => known.name).join(', ')}`);
  const folder = mkdtempSync(join(tmpdir(), 'bench-profile-'));
  try {
    const ours = await startOurs(['--cpu-prof', `--cpu-prof-dir=${folder}`]);
    try {
      const endpoints = (await (await fetch(`${ours.issuer}/.well-known/openid-configuration`)).json()) as Endpoints;
      const work = await scenario.prepare(endpoints, ours.issuer);
      await measure(work, { count: scenario.count, atOnce: 8 });
    } finally {
      await ours.stop();
    }
    const [file = ''] = readdirSync(folder);
    for (const line of summarize(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile)) tell(line);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function summarize({ nodes, samples, timeDeltas }: Profile): string[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const files = new Map<string, { total: number; functions: Map<string, number> }>();
  let busy = 0;
  for (const [index, sample] of samples.entries()) {
    const frame = frames.get(sample);
    if (!frame || frame.functionName === '(idle)' || frame.functionName === '(program)') continue;
    const time = timeDeltas[index] ?? 0;
    busy += time;
    const name = frame.url.replace(/^.*\/node_modules\//, '').replace(/^file:.*?\/(src|test|scripts)\//, '$1/') || '(native)';
    const file = files.get(name) ?? { total: 0, functions: new Map<string, number>() };
    file.total += time;
    file.functions.set(frame.functionName, (file.functions.get(frame.functionName) ?? 0) + time);
    files.set(name, file);
  }
  const share = (time: number): string => `${((time / busy) * 100).toFixed(1).padStart(5)} %`;
  return [...files]
    .toSorted(([, a], [, b]) => b.total - a.total)
    .slice(0, 25)
    .map(([name, { total, functions }]) => {
      const most = [...functions].toSorted(([, a], [, b]) => b - a).slice(0, 3);
      return `${share(total)}  ${name}  (${most.map(([of, time]) => `${of || 'anonymous'} ${share(time).trim()}`).join(', ')})`;
    });
}
