// Measures whether a flood of wrong passwords delays other requests: npm run bench -- lane. It measures the token endpoint on a quiet
// server, and while 64 connections post wrong passwords with real bcrypt, first from one address, then from 64 networks.
import { createBrowser, type Browser } from '../../test/support/http-browser.ts';
import { BENCH_CLIENT, ISSUER } from './bench-client.ts';
import { measure, type Measured } from './measure.ts';
import { discover, SCENARIOS, type Provider } from './scenarios.ts';
import { installOurs, leaveCore, start } from './subjects.ts';

const CONNECTIONS = 64;
const SECONDS = 5;
const ROUNDS = 5;

/** Runs the measurement; `tell` receives the results. */
export async function measureLane(tell: (line: string) => void): Promise<void> {
  leaveCore();
  const installed = await installOurs();
  installed.env.LONGEST_WAIT_MS = '1000';
  const subject = await start(installed, { realHash: true });
  try {
    const provider = await discover(subject.port);
    const ask = await SCENARIOS.find(({ name }) => name === 'client credentials, opaque')?.prepare(provider);
    if (!ask) throw new Error('there is no such scenario');
    const tokens = async (): Promise<Measured> => measure(ask, { seconds: SECONDS, atOnce: 4 });
    await tokens();
    for (const [what, from] of [
      ['64 connections from one address', () => '198.51.100.99'],
      ['64 connections from 64 networks', (n: number) => `10.77.${n}.1`],
    ] as const) {
      // A quiet measurement right before each flood, because other load on the machine changes.
      const ratios: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const quiet = await tokens();
        const flood = await startFlood(provider, from);
        const flooded = await tokens();
        const answers = JSON.stringify(await flood.stop());
        ratios.push(flooded.p99 / quiet.p99);
        tell(`${what}: ${say(quiet)} quiet, ${say(flooded)} flooded; answers to the flood: ${answers}`);
      }
      const told = ratios.toSorted((a, b) => a - b).map((ratio) => ratio.toFixed(2));
      tell(`${what}: p99 is ${told[Math.floor(ROUNDS / 2)]} times the quiet one, the median of ${told.join(', ')}`);
    }
  } finally {
    await subject.stop();
    await installed.remove();
  }
}

function say({ perSecond, p50, p99 }: Measured): string {
  return `${perSecond.toFixed(0)} a second with p50 ${p50.toFixed(1)} and p99 ${p99.toFixed(1)} ms`;
}

/** Posts wrong passwords until it is stopped; `stop` returns how often each answer came. */
async function startFlood(provider: Provider, from: (n: number) => string): Promise<{ stop(): Promise<Record<string, number>> }> {
  let stopped = false;
  let tries = 0;
  const answers: Record<string, number> = {};
  const one = async (n: number): Promise<void> => {
    const browser = await openLogin(provider, from(n));
    const form = browser.form('/login');
    while (!stopped) {
      tries += 1;
      const typed = { login_id: `nobody-${tries}@example.jp`, password: 'Wrong-0000' };
      const { status } = await browser.post(form, typed, { mayFail: true });
      answers[status] = (answers[status] ?? 0) + 1;
    }
  };
  const all = Promise.all(Array.from({ length: CONNECTIONS }, async (_, n) => one(n)));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return {
    async stop() {
      stopped = true;
      await all;
      return answers;
    },
  };
}

async function openLogin({ port, endpoints }: Provider, from: string): Promise<Browser> {
  const browser = createBrowser({ port, headers: { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': from } });
  const parameters = new URLSearchParams({
    client_id: BENCH_CLIENT.client_id,
    response_type: 'code',
    scope: 'openid',
    redirect_uri: BENCH_CLIENT.redirect_uri,
    state: 'bench',
    code_challenge: 'c'.repeat(43),
    code_challenge_method: 'S256',
  });
  await browser.open(`${endpoints.authorization_endpoint}?${parameters.toString()}`, ISSUER.replace('id.', 'bench.'));
  return browser;
}
