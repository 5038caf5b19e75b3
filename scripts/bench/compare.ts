// Compares ours with a bare oidc-provider, alternating within each scenario of one run.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { measure, type Measured } from './measure.ts';
import { discover, SCENARIOS, type Scenario } from './scenarios.ts';
import {
  installBare,
  installOurs,
  leaveCore,
  onOneCore,
  start,
  type Installed,
  type StartOptions,
  type Subject,
} from './subjects.ts';

const AT_ONCE = 8;
const ROUNDS = 5;
const WARM_UP_SECONDS = 2;
const ROUND_SECONDS = 1.5;
const STARTS = 7;
/** Few, because a login with real bcrypt takes a quarter of a second of the core. */
const REAL_LOGINS = 40;
const HASH_RATE = fileURLToPath(new URL('hash-rate.ts', import.meta.url));

export type Pair<T> = { bare: T; ours: T };
/** `busy` is the share of its core that the provider used; the rest of the time it waited for the disk or the load. */
export type Round = Measured & { busy: number };
export type Comparison = {
  scenarios: (Pair<Round> & { name: string; ratio: number })[];
  /** Logins with real bcrypt; `hash` is the number of hashes that bcrypt computes on this core in a second. */
  realLogin: Pair<Measured> & { hash: number };
  startMs: Pair<number> & { oursFirst: number };
  /** The highest memory use in all scenarios. */
  peakMiB: Pair<number>;
};

/** Runs the comparison on both providers; `tell` receives the lines of progress. */
export async function compare(tell: (line: string) => void): Promise<Comparison> {
  leaveCore();
  const installed = { bare: await installBare(), ours: await installOurs() };
  try {
    const oursFirst = await startOnce(installed.ours);
    const startMs = { bare: await startTime(installed.bare), ours: await startTime(installed.ours), oursFirst };
    tell(
      `start until it listens: bare ${startMs.bare.toFixed(0)} ms, ours ${startMs.ours.toFixed(0)} ms (the first ${oursFirst.toFixed(0)} ms)`,
    );
    const { scenarios, peakMiB } = await withBoth(installed, {}, async (pair) => compareScenarios(pair, tell));
    tell(`memory, at most: bare ${peakMiB.bare.toFixed(0)} MiB, ours ${peakMiB.ours.toFixed(0)} MiB`);
    const hash = hashRate();
    const realLogin = { ...(await withBoth(installed, { realHash: true }, compareRealLogin)), hash };
    tell(
      `login with the real hash: bare ${realLogin.bare.perSecond.toFixed(2)}/s, ours ${realLogin.ours.perSecond.toFixed(2)}/s, the hash alone ${hash.toFixed(2)}/s`,
    );
    return { scenarios, realLogin, startMs, peakMiB };
  } finally {
    await installed.bare.remove();
    await installed.ours.remove();
  }
}

export async function withBoth<T>(
  installed: Pair<Installed>,
  options: StartOptions,
  work: (pair: Pair<Subject>) => Promise<T>,
): Promise<T> {
  const bare = await start(installed.bare, options);
  try {
    const ours = await start(installed.ours, options);
    try {
      return await work({ bare, ours });
    } finally {
      await ours.stop();
    }
  } finally {
    await bare.stop();
  }
}

async function compareScenarios(
  pair: Pair<Subject>,
  tell: (line: string) => void,
): Promise<Pick<Comparison, 'scenarios' | 'peakMiB'>> {
  const scenarios: Comparison['scenarios'] = [];
  for (const scenario of SCENARIOS) {
    const measured = { name: scenario.name, ...(await compareIn(scenario, pair)) };
    scenarios.push(measured);
    tell(lineOf(measured));
  }
  return { scenarios, peakMiB: { bare: pair.bare.peakMiB(), ours: pair.ours.peakMiB() } };
}

/** Warms up, and returns the function that measures one round. */
export async function roundsOf(work: (index: number) => Promise<unknown>, subject: Subject): Promise<() => Promise<Round>> {
  await measure(work, { seconds: WARM_UP_SECONDS, atOnce: AT_ONCE });
  return async () => {
    const [began, busy] = [performance.now(), subject.busySeconds()];
    const measured = await measure(work, { seconds: ROUND_SECONDS, atOnce: AT_ONCE });
    return { ...measured, busy: (subject.busySeconds() - busy) / ((performance.now() - began) / 1000) };
  };
}

async function compareIn({ prepare }: Scenario, { bare, ours }: Pair<Subject>): Promise<Pair<Round> & { ratio: number }> {
  const roundOf = async (subject: Subject): Promise<() => Promise<Round>> =>
    roundsOf(await prepare(await discover(subject.port)), subject);
  const [ofBare, ofOurs] = [await roundOf(bare), await roundOf(ours)];
  const rounds: (Pair<Round> & { ratio: number })[] = [];
  // The providers alternate, so that other load on the machine affects both. The median round counts.
  for (let round = 0; round < ROUNDS; round += 1) {
    const pair = { bare: await ofBare(), ours: await ofOurs() };
    rounds.push({ ...pair, ratio: pair.ours.perSecond / pair.bare.perSecond });
  }
  const middle = rounds.toSorted((a, b) => a.ratio - b.ratio)[Math.floor(ROUNDS / 2)];
  if (!middle) throw new Error('nothing was measured');
  return middle;
}

async function compareRealLogin({ bare, ours }: Pair<Subject>): Promise<Pair<Measured>> {
  const login = SCENARIOS.find(({ name }) => name === 'whole login') as Scenario;
  const of = async ({ port }: Subject): Promise<Measured> => {
    const work = await login.prepare(await discover(port));
    await measure(work, { count: AT_ONCE, atOnce: AT_ONCE });
    return measure(work, { count: REAL_LOGINS, atOnce: AT_ONCE });
  };
  return { bare: await of(bare), ours: await of(ours) };
}

/** Returns how many hashes bcrypt compares in a second, one after the other, on the providers' core. */
function hashRate(): number {
  const [program = '', ...args] = [...onOneCore(), process.execPath, '--no-warnings', HASH_RATE];
  return Number(spawnSync(program, args, { encoding: 'utf8' }).stdout);
}

async function startTime(installed: Installed): Promise<number> {
  const times: number[] = [];
  while (times.length < STARTS) times.push(await startOnce(installed));
  return times.toSorted((a, b) => a - b)[Math.floor(STARTS / 2)] ?? 0;
}

async function startOnce(installed: Installed): Promise<number> {
  const subject = await start(installed, { realHash: true });
  await subject.stop();
  return subject.startMs;
}

function lineOf({ name, bare, ours, ratio }: Comparison['scenarios'][number]): string {
  const of = ({ perSecond, p50, p99, busy }: Round): string =>
    `${perSecond.toFixed(0).padStart(5)}/s p50 ${p50.toFixed(1).padStart(5)} p99 ${p99.toFixed(1).padStart(5)} ms busy ${busy.toFixed(2)}`;
  return `${name.padEnd(27)} bare ${of(bare)}   ours ${of(ours)}   ratio ${ratio.toFixed(2)}`;
}
