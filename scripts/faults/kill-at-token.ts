// F2: the node is killed while it redeems a code. One code never gives two sets of tokens, and every token that the client holds counts;
// at worst the client logs in again.
import assert from 'node:assert/strict';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { GAZOO_DEVELOPMENT_SECRET } from '../../src/config/settings.ts';
import { DEMO_PASSWORD } from '../../test/journeys/traveller.ts';
import { createBrowser, type Browser } from '../../test/support/http-browser.ts';
import { startNodeWorld, type NodeWorld } from '../../test/support/node-world.ts';
import type { Fault } from './fault.ts';

type Tokens = { access_token: string };
type Endpoints = { authorization_endpoint: string; token_endpoint: string; userinfo_endpoint: string };

export const killAtToken: Fault = {
  id: 'F2',
  title: 'kill -9 while a code is redeemed',
  backends: ['SQLite', 'MongoDB'],
  async run(backend, short) {
    const url = await backend.makeDatabase();
    const nodeWorld = await startNodeWorld(1, () => url);
    try {
      return await killAndRedeem(nodeWorld, short ? 3 : 200);
    } finally {
      await nodeWorld.stop();
    }
  },
};

async function killAndRedeem({ world, nodes }: NodeWorld, cycles: number): Promise<string> {
  const [node] = nodes;
  assert(node);
  const { id: issuer, demoClients } = world.origins;
  const gazoo = `${demoClients}/gazoo`;
  const discovered = await fetch(`${issuer}/.well-known/openid-configuration`);
  const endpoints = (await discovered.json()) as Endpoints;
  const browser = createBrowser();
  const outcomes = { held: 0, later: 0, never: 0 };
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    const { code, verifier } = await authorize(browser, endpoints, gazoo);
    const redeem = () => redeemCode(endpoints, `${gazoo}/callback`, code, verifier);
    const first = redeem();
    await sleep(randomInt(25));
    await node.kill();
    const held = await first;
    await node.start();
    if (held) assert.equal(await statusOfUserInfo(endpoints, held), 200, 'a token that the client holds does not count');
    const second = await redeem();
    assert(!(held && second), 'one code gave two sets of tokens');
    if (second) assert.equal(await statusOfUserInfo(endpoints, second), 200);
    assert(!(await redeem()), 'a code was redeemed after it had been');
    outcomes[held ? 'held' : second ? 'later' : 'never'] += 1;
  }
  return `${cycles} kills; tokens held at once ${outcomes.held}, after the restart ${outcomes.later}, login again ${outcomes.never}; never two sets from one code`;
}

/** A whole authorization request of GAZOO; only the first one asks the person anything. */
async function authorize(
  browser: Browser,
  { authorization_endpoint }: Endpoints,
  gazoo: string,
): Promise<{ code: string; verifier: string }> {
  const verifier = randomBytes(32).toString('base64url');
  const parameters = new URLSearchParams({
    client_id: 'gazoo',
    response_type: 'code',
    scope: 'openid',
    redirect_uri: `${gazoo}/callback`,
    state: randomBytes(8).toString('hex'),
    nonce: randomBytes(8).toString('hex'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  let answer = await browser.open(`${authorization_endpoint}?${parameters.toString()}`, `${gazoo}/`);
  for (let page = 0; answer.location === undefined && page < 6; page += 1) {
    if (answer.text.includes('name="login_id"')) {
      answer = await browser.submit('/login', { login_id: 'yamada@example.jp', password: DEMO_PASSWORD }, `${gazoo}/`);
    } else {
      answer = await browser.submit('/consent', { decision: 'allow' }, `${gazoo}/`);
    }
  }
  const code = new URL(answer.location ?? answer.url).searchParams.get('code');
  assert(code, `no code, but ${answer.status} ${answer.location ?? answer.url}`);
  return { code, verifier };
}

async function redeemCode(
  { token_endpoint }: Endpoints,
  redirectUri: string,
  code: string,
  verifier: string,
): Promise<Tokens | undefined> {
  try {
    const answer = await fetch(token_endpoint, {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from(`gazoo:${GAZOO_DEVELOPMENT_SECRET}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }),
    });
    return answer.status === 200 ? ((await answer.json()) as Tokens) : undefined;
  } catch {
    return undefined;
  }
}

async function statusOfUserInfo({ userinfo_endpoint }: Endpoints, { access_token }: Tokens): Promise<number> {
  const { status } = await fetch(userinfo_endpoint, { headers: { Authorization: `Bearer ${access_token}` } });
  return status;
}
