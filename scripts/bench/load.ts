// How steady the answers are with many connections, and what a second worker costs: npm run bench -- load. Compares the bare provider with
// ours in one run, alternating. The processor time of a request counts, because other load on the machine changes the rest.
import { endConnections } from '../../test/support/http-browser.ts';
import { measure } from './measure.ts';
import { discover, SCENARIOS } from './scenarios.ts';
import { installBare, installOurs, leaveCore, start, type Subject } from './subjects.ts';

const CONNECTIONS = [8, 64, 256];
const MEASURED = ['UserInfo', 'client credentials, opaque'];
/** For each process, because each compiles its code for itself. With less, a second worker seems to make requests dearer. */
const WARM_UP_REQUESTS = 3000;
const ROUND_SECONDS = 3;
const ROUNDS = 5;

type Load = {
  perSecond: number;
  /** Processor time of an answered request, in microseconds. */
  busy: number;
  p50: number;
  p99: number;
  longest: number;
  /** The share of requests that were refused with 503. */
  refused: number;
};

/** Runs the measurement; `tell` receives the results. */
export async function measureLoad(tell: (line: string) => void): Promise<void> {
  const installed = { bare: await installBare(), ours: await installOurs() };
  installed.ours.env.LONGEST_WAIT_MS = '1000';
  const running: Subject[] = [];
  const run = async (what: keyof typeof installed, workers?: number): Promise<Subject> => {
    const subject = await start(installed[what], workers === undefined ? {} : { workers });
    running.push(subject);
    return subject;
  };
  try {
    const two = [['one worker', await run('ours', 1), 1] as const, ['two workers', await run('ours', 2), 2] as const];
    for (const name of MEASURED) await compare(name, two, 64, tell);
    for (const subject of running.splice(0)) await subject.stop();
    leaveCore();
    const both = [['bare', await run('bare'), 1] as const, ['ours', await run('ours'), 1] as const];
    for (const name of MEASURED) for (const atOnce of CONNECTIONS) await compare(name, both, atOnce, tell);
  } finally {
    for (const subject of running) await subject.stop();
    for (const installation of Object.values(installed)) await installation.remove();
  }
}

/** Tells the median round of each subject, by processor time. */
async function compare(
  name: string,
  subjects: readonly (readonly [name: string, subject: Subject, processes: number])[],
  atOnce: number,
  tell: (line: string) => void,
): Promise<void> {
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (!scenario) throw new Error(`there is no scenario ${name}`);
  const works: (() => Promise<Load>)[] = [];
  for (const [, subject, processes] of subjects) {
    const work = await scenario.prepare(await discover(subject.port));
    await measure(work, { count: WARM_UP_REQUESTS * processes, atOnce: 8 });
    works.push(async () => measureOnce(work, subject, atOnce));
  }
  const rounds: Load[][] = works.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1) for (const [index, work] of works.entries()) rounds[index]?.push(await work());
  let first: number | undefined;
  for (const [index, [who]] of subjects.entries()) {
    const middle = rounds[index]?.toSorted((a, b) => a.busy - b.busy)[Math.floor(ROUNDS / 2)];
    if (!middle) throw new Error('nothing was measured');
    first ??= middle.busy;
    const { perSecond, busy, p50, p99, longest, refused } = middle;
    const unfair = rounds[index]?.map((round) => round.p99 / round.p50).toSorted((one, other) => one - other) ?? [];
    tell(
      `${name}, ${atOnce} connections, ${who}: ${busy.toFixed(0)} µs a request (${(busy / first).toFixed(2)}), ${perSecond.toFixed(0)}/s, ` +
        `p50 ${p50.toFixed(0)} p99 ${p99.toFixed(0)} longest ${longest.toFixed(0)} ms, refused ${(refused * 100).toFixed(1)} %; p99 by p50 in each round: ${unfair.map((ratio) => ratio.toFixed(1)).join(', ')}`,
    );
  }
}

async function measureOnce(work: (index: number) => Promise<unknown>, subject: Subject, atOnce: number): Promise<Load> {
  // As many people come at once.
  endConnections();
  const busyBefore = subject.busySeconds();
  let refused = 0;
  let longest = 0;
  let count = 0;
  const once = async (index: number): Promise<void> => {
    const began = performance.now();
    count += 1;
    await work(index).catch((error: unknown) => {
      if (!(error instanceof Error && error.message.startsWith('answered 503'))) throw error;
      refused += 1;
    });
    longest = Math.max(longest, performance.now() - began);
  };
  const measured = await measure(once, { seconds: ROUND_SECONDS, atOnce });
  const busy = ((subject.busySeconds() - busyBefore) / (count - refused)) * 1e6;
  return { ...measured, busy, longest, refused: refused / count };
}
