// What a dealer reads in a token that a service brings: which customer, which link, how long.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { CALLBACK, startWorld, type World } from '../attacks/support/attack-world.ts';
import { begin, redeem, returned, signIn } from '../attacks/support/client.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld({
    clients: {
      service: {
        client_name: 'A service',
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: { $env: 'ATTACK_WEB_SECRET' },
        redirect_uris: [CALLBACK],
        scope: 'openid service_history dealer_link',
        authorization_details_types: ['dealer_link'],
        common_id: { first_party: true, contact: 'tests' },
      },
    },
  });
}, 30_000);
afterAll(async () => world?.close());

/** Links Sato with a dealer through the service, and answers what the token for that dealer says. */
async function linkWith(dealer: string): Promise<Record<string, unknown>> {
  const resource = `${world.env.DEALER_SYSTEM_URL}/dealers/${dealer}`;
  const { browser, pkce } = await begin(world, 'service', {
    scope: 'openid service_history dealer_link',
    resource,
    authorization_details: JSON.stringify([{ type: 'dealer_link', dealer }]),
  });
  await browser.submit('/dealer-link', { decision: 'link' });
  await signIn(browser);
  const answer = await browser.open(`${browser.page.url}/continue`, CALLBACK);
  const { body } = await redeem(world, returned(answer).get('code') ?? '', pkce, { clientId: 'service', resource });
  return decodeJwt(String(body.access_token));
}

test('a token is for one dealer, names that link alone, and the customer as no other dealer knows them', async () => {
  const [tokyo, osaka] = [await linkWith('tokyo-toyota'), await linkWith('osaka-toyota')];
  for (const [token, dealer] of [
    [tokyo, 'tokyo-toyota'],
    [osaka, 'osaka-toyota'],
  ] as const) {
    expect(token).toMatchObject({ scope: 'service_history', authorization_details: [{ type: 'dealer_link', dealer }] });
    expect(token.authorization_details).toHaveLength(1);
    expect(token.aud).toBe(`${world.env.DEALER_SYSTEM_URL}/dealers/${dealer}`);
    expect(Number(token.exp) - Number(token.iat)).toBe(600);
  }
  const [account] = world.rows<{ id: string }>('SELECT account_id AS id FROM dealer_links WHERE dealer = ?', 'osaka-toyota');
  expect(new Set([tokyo.sub, osaka.sub, account?.id]).size).toBe(3);
});
