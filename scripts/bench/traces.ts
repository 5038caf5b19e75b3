// What metrics and traces cost: npm run bench -- traces. Compares installations with and without them in one run, alternating. The processor
// time of a request counts, because other load on the machine changes the rest.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePorts } from '../../test/support/free-ports.ts';
import { measure } from './measure.ts';
import { discover, SCENARIOS, type Scenario } from './scenarios.ts';
import { installOurs, leaveCore, start, type Installed, type Subject } from './subjects.ts';

const ROUNDS = 24;
const AT_ONCE = 8;
/** By count and not by time, so that code is as warm on a busy machine. */
const MEASURED: Record<string, { warmUp: number; round: number }> = {
  'client credentials, opaque': { warmUp: 4000, round: 300 },
  'whole login': { warmUp: 300, round: 40 },
};

/** Runs the measurement; `tell` receives the results. */
export async function measureTraces(tell: (line: string) => void): Promise<void> {
  leaveCore();
  // It answers like a collector, and keeps nothing.
  const receiver = createServer((request, response) => void request.resume().on('end', () => response.end('{}')));
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const metrics = async () => ({ ADMIN_PORT: String((await freePorts(1))[0]) });
  const traces = (share: string) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: share });
  const variants: [string, Record<string, string>][] = [
    ['off', {}],
    ['metrics', await metrics()],
    ['metrics, a tenth of the traces', { ...(await metrics()), ...traces('0.1') }],
    ['metrics, all traces', { ...(await metrics()), ...traces('1') }],
  ];
  const installed: Installed[] = [];
  const subjects: Subject[] = [];
  try {
    for (const [, env] of variants) {
      const installation = await installOurs();
      installed.push(installation);
      subjects.push(await start({ ...installation, env: { ...installation.env, ...env } }));
    }
    for (const scenario of SCENARIOS) {
      const counts = MEASURED[scenario.name];
      if (!counts) continue;
      const rounds: (() => Promise<number>)[] = [];
      for (const subject of subjects) rounds.push(await roundsOf(scenario, counts, subject));
      const times: number[][] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const took: number[] = [];
        for (const measureRound of rounds) took.push(await measureRound());
        times.push(took);
      }
      const bests = variants.map((_, index) => lowerQuartile(times.map((took) => took[index] ?? NaN)));
      for (const [index, [name]] of variants.entries()) {
        const ratio = (bests[index] ?? NaN) / (bests[0] ?? NaN);
        tell(`${scenario.name}, ${name}: ${bests[index]?.toFixed(0)} µs a request, ${ratio.toFixed(3)} times`);
      }
    }
  } finally {
    for (const subject of subjects) await subject.stop();
    for (const installation of installed) await installation.remove();
    receiver.close();
  }
}

/** Warms up, and returns the function that measures a round: the processor time of a request, in microseconds. */
async function roundsOf(
  { prepare }: Scenario,
  { warmUp, round }: { warmUp: number; round: number },
  subject: Subject,
): Promise<() => Promise<number>> {
  const work = await prepare(await discover(subject.port));
  await measure(work, { count: warmUp, atOnce: AT_ONCE });
  return async () => {
    const before = subject.busySeconds();
    await measure(work, { count: round, atOnce: AT_ONCE });
    return ((subject.busySeconds() - before) / round) * 1e6;
  };
}

const lowerQuartile = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)] ?? NaN;
