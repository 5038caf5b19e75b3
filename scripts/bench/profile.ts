// Takes a CPU profile of ours under load in one scenario, and sums it up by file.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measure } from './measure.ts';
import { discover, SCENARIOS } from './scenarios.ts';
import { installOurs, leaveCore, start } from './subjects.ts';

type Profile = {
  nodes: { id: number; callFrame: { functionName: string; url: string } }[];
  samples: number[];
  timeDeltas: number[];
};

const WARM_UP_SECONDS = 3;
const SECONDS = 5;

/** Prints each file's share of the busy time, and its most expensive functions. */
export async function profile(name: string, tell: (line: string) => void): Promise<void> {
  const scenario = SCENARIOS.find((known) => known.name === name);
  if (!scenario) throw new Error(`profile: expected one of ${SCENARIOS.map((known) => known.name).join(', ')}`);
  leaveCore();
  const folder = mkdtempSync(join(tmpdir(), 'bench-profile-'));
  const installed = await installOurs();
  try {
    const ours = await start(installed, { profileInto: folder });
    try {
      const work = await scenario.prepare(await discover(ours.port));
      await measure(work, { seconds: WARM_UP_SECONDS, atOnce: 8 });
      ours.signal('SIGUSR2');
      await measure(work, { seconds: SECONDS, atOnce: 8 });
      ours.signal('SIGUSR2');
      // These are answered only after the profile was written.
      await measure(work, { count: 8, atOnce: 1 });
    } finally {
      await ours.stop();
    }
    const text = readFileSync(join(folder, 'profile.json'), 'utf8');
    for (const line of summarize(JSON.parse(text) as Profile)) tell(line);
  } finally {
    await installed.remove();
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
