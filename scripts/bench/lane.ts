// Measures whether a flood of wrong passwords delays other requests: npm run bench -- lane. It measures the token endpoint on a quiet
// server, and while 64 connections post wrong passwords with real bcrypt, first from one address, then from 64 networks.
import { createBrowser, type Browser } from '../../test/support/http-browser.ts';
import { BENCH_CLIENT, ISSUER } from './bench-client.ts';
import { measure, type Measured } from './measure.ts';
import { discover, SCENARIOS, type Provider } from './scenarios.ts';
import { installOurs, leaveCore, start } from './subjects.ts';

const CONNECTIONS = 64;
const SECONDS = 15;

/** Runs the measurement; `tell` receives the lines of progress. */
export async function measureLane(tell: (line: string) => void): Promise<void> {
  leaveCore();
  const installed = await installOurs();
  const subject = await start(installed, { realHash: true });
  try {
    const provider = await discover(subject.port);
    const ask = await SCENARIOS.find(({ name }) => name === 'client credentials, opaque')?.prepare(provider);
    if (!ask) throw new Error('there is no such scenario');
    const tokens = async (): Promise<Measured> => measure(ask, { seconds: SECONDS, atOnce: 4 });
    await tokens();
    const quiet = await tokens();
    const say = (what: string, { perSecond, p50, p99 }: Measured): void =>
      tell(
        `${what}: ${perSecond.toFixed(0)} a second, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (${(p99 / quiet.p99).toFixed(2)} × quiet)`,
      );
    say('quiet', quiet);
    for (const [what, from] of [
      ['64 connections from one address', () => '198.51.100.99'],
      ['64 connections from 64 networks', (n: number) => `10.77.${n}.1`],
    ] as const) {
      const flood = await startFlood(provider, from);
      say(what, await tokens());
      tell(`  meanwhile answered: ${JSON.stringify(await flood.stop())}`);
    }
  } finally {
    await subject.stop();
    await installed.remove();
  }
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
