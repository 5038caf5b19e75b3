// What the log of events and the access line cost: npm run bench -- telemetry. Compares ours with both and ours with a log of errors alone,
// alternating in one run. The processor time of a request counts, in the best quarter of many short rounds: other load only adds to it.
import { measure } from './measure.ts';
import { discover, SCENARIOS } from './scenarios.ts';
import { installOurs, leaveCore, start, type Subject } from './subjects.ts';

const ROUNDS = 40;
const ROUND_SECONDS = 0.4;
const WARM_UP_SECONDS = 2;
const AT_ONCE = 8;
const MEASURED = ['client credentials, opaque', 'refresh with rotation', 'whole login'];
const OFF = { LOG_LEVEL: 'error', ACCESS_LOG: 'false' };
const ON = { LOG_LEVEL: 'info', ACCESS_LOG: 'true' };

/** Processor time of a request, in microseconds. */
export type TelemetryCost = { name: string; off: number; on: number; ratio: number };

/** Measures; `tell` receives the lines of progress. */
export async function measureTelemetry(tell: (line: string) => void): Promise<TelemetryCost[]> {
  leaveCore();
  const installed = { off: await installOurs(), on: await installOurs() };
  Object.assign(installed.off.env, OFF);
  Object.assign(installed.on.env, ON);
  const running: Subject[] = [];
  try {
    const off = await start(installed.off, { logToPipe: true });
    running.push(off);
    const on = await start(installed.on, { logToPipe: true });
    running.push(on);
    const costs: TelemetryCost[] = [];
    for (const name of MEASURED) {
      const cost = { name, ...(await compareIn(name, off, on)) };
      costs.push(cost);
      tell(`${name.padEnd(27)} ${cost.off.toFixed(0)} µs without, ${cost.on.toFixed(0)} µs with: ${cost.ratio.toFixed(3)} times`);
    }
    return costs;
  } finally {
    for (const subject of running) await subject.stop();
    await installed.off.remove();
    await installed.on.remove();
  }
}

async function compareIn(name: string, off: Subject, on: Subject): Promise<Omit<TelemetryCost, 'name'>> {
  const [without, including] = [await roundsOf(name, off), await roundsOf(name, on)];
  const times: { off: number[]; on: number[] } = { off: [], on: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    times.off.push(await without());
    times.on.push(await including());
  }
  const cost = { off: lowerQuartile(times.off), on: lowerQuartile(times.on) };
  return { ...cost, ratio: cost.on / cost.off };
}

/** Warms up. Returns the function that measures the processor time of a request in one round, in microseconds. */
async function roundsOf(name: string, subject: Subject): Promise<() => Promise<number>> {
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (!scenario) throw new Error(`there is no scenario ${name}`);
  const work = await scenario.prepare(await discover(subject.port));
  await measure(work, { seconds: WARM_UP_SECONDS, atOnce: AT_ONCE });
  return async () => {
    const [began, busy] = [performance.now(), subject.busySeconds()];
    const { perSecond } = await measure(work, { seconds: ROUND_SECONDS, atOnce: AT_ONCE });
    const requests = (perSecond * (performance.now() - began)) / 1000;
    return ((subject.busySeconds() - busy) / requests) * 1e6;
  };
}

const lowerQuartile = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)] ?? NaN;
