// Measures ours against a bare oidc-provider, scenario by scenario in turn, in one run.
import { measure, type Measured } from './measure.ts';
import { SCENARIOS, type Endpoints } from './scenarios.ts';
import { startBare, startOurs, type Subject } from './subjects.ts';

const AT_ONCE = 8;
const ROUNDS = 3;

export type Comparison = {
  scenarios: { name: string; bare: Measured; ours: Measured; ratio: number }[];
  startMs: { bare: number; ours: number };
  memoryMiB: { bare: number; ours: number };
};

export async function compare(tell: (line: string) => void): Promise<Comparison> {
  const bare = await startBare();
  const ours = await startOurs();
  try {
    const scenarios: Comparison['scenarios'] = [];
    for (const { name, count, prepare } of SCENARIOS) {
      const rounds: { bare: Measured; ours: Measured }[] = [];
      // In turn, so that what else the machine does falls on both; the middle round counts.
      for (let round = 0; round < ROUNDS; round += 1) {
        const of = async (subject: Subject): Promise<Measured> => {
          const work = await prepare(await discover(subject), subject.issuer);
          return measure(work, { count: Math.ceil(count / ROUNDS), atOnce: AT_ONCE });
        };
        rounds.push({ bare: await of(bare), ours: await of(ours) });
      }
      const ratioOf = (round: { bare: Measured; ours: Measured }): number => round.ours.perSecond / round.bare.perSecond;
      const middle = rounds.toSorted((a, b) => ratioOf(a) - ratioOf(b))[Math.floor(ROUNDS / 2)];
      if (!middle) throw new Error('nothing was measured');
      scenarios.push({ name, ...middle, ratio: ratioOf(middle) });
      tell(lineOf(scenarios.at(-1)));
    }
    return {
      scenarios,
      startMs: { bare: bare.startMs, ours: ours.startMs },
      memoryMiB: { bare: bare.memoryMiB(), ours: ours.memoryMiB() },
    };
  } finally {
    await bare.stop();
    await ours.stop();
  }
}

function lineOf(scenario: Comparison['scenarios'][number] | undefined): string {
  if (!scenario) return '';
  const { name, bare, ours, ratio } = scenario;
  const of = ({ perSecond, p50, p99 }: Measured): string =>
    `${perSecond.toFixed(0).padStart(6)}/s  p50 ${p50.toFixed(1).padStart(5)}  p99 ${p99.toFixed(1).padStart(6)} ms`;
  return `${name.padEnd(24)} bare ${of(bare)}   ours ${of(ours)}   ratio ${ratio.toFixed(2)}`;
}

async function discover({ issuer }: Subject): Promise<Endpoints> {
  const answer = await fetch(`${issuer}/.well-known/openid-configuration`);
  return (await answer.json()) as Endpoints;
}
