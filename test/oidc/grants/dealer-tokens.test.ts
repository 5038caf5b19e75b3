// The content of an access token for a dealer: customer, link and lifetime.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { CALLBACK, startWorld, type World } from '../../attacks/support/attack-world.ts';
import { begin, parseJson, redeem, returned, signIn } from '../../attacks/support/client.ts';
import { untilTrue } from '../../support/until-true.ts';

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

/** Links Sato with a dealer through the service. Returns the claims of the token for that dealer. */
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

test('a token is for one dealer, and contains only that link and a customer id that no other dealer knows', async () => {
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

const dealerLink = (dealer: string, more = {}): string => JSON.stringify([{ type: 'dealer_link', dealer, ...more }]);

test('a third party’s service sees only the links that the person agreed to in its own flow', async () => {
  await linkWith('aichi-toyota');
  const scope = 'openid dealer_link service_history';
  const resource = `${world.env.DEALER_SYSTEM_URL}/dealers/aichi-toyota`;
  const told = async (code: string | null, pkce: { verifier: string; challenge: string }) => {
    const clientId = 'attack-third';
    const userInfoToken = (await redeem(world, code ?? '', pkce, { clientId })).body.access_token;
    const { text } = await world.request('/me', { headers: { Authorization: `Bearer ${String(userInfoToken)}` } });
    return (parseJson(text).dealer_links as { dealer: string }[]).map(({ dealer }) => dealer);
  };

  const { browser, pkce } = await begin(world, 'attack-third', { scope: 'openid dealer_link' });
  await signIn(browser);
  const without = await browser.submit('/consent', { decision: 'allow' }, CALLBACK);
  expect(await told(returned(without).get('code'), pkce)).toEqual([]);

  const request = { scope, resource, authorization_details: dealerLink('aichi-toyota') };
  const asked = await begin(world, 'attack-third', request, browser);
  expect(asked.page.url).toContain('/dealer-link');
  await browser.submit('/dealer-link', { decision: 'link' });
  await browser.open(`${browser.page.url}/continue`, CALLBACK);
  const answer = await browser.submit('/consent', { decision: 'allow' }, CALLBACK);
  const { body } = await redeem(world, returned(answer).get('code') ?? '', asked.pkce, { clientId: 'attack-third', resource });
  const token = decodeJwt(String(body.access_token));
  expect(token.authorization_details).toMatchObject([{ dealer: 'aichi-toyota' }]);

  // The person is asked once, the first service keeps its link, and the dealer is told once.
  const again = await begin(world, 'attack-third', request, browser);
  expect(await told(returned(again.page).get('code'), again.pkce)).toEqual(['aichi-toyota']);
  const [link] = world.rows<{ document: string }>("SELECT document FROM dealer_links WHERE dealer = 'aichi-toyota'");
  expect(JSON.parse(link?.document ?? '')).toMatchObject({
    consent: { client_id: 'service' },
    other_consents: [{ client_id: 'attack-third', text: { sha256: expect.any(String) }, given_at: expect.any(Number) }],
  });
  expect(
    world.rows(
      "SELECT 1 FROM jobs WHERE kind = 'deliver_dealer_link' AND key LIKE ?",
      `%${String(JSON.parse(link?.document ?? '').id)}%`,
    ),
  ).toHaveLength(1);
});

test('a request for part of the data is refused with a sentence that says why, because the page lists all data', async () => {
  const all = { share: ['service_history', 'contracts', 'profile'], receive: ['requests', 'browsing', 'service_usage'] };
  const whole = await begin(world, 'service', { scope: 'openid', authorization_details: dealerLink('tokyo-toyota', all) });
  expect(whole.page.url).toContain('/dealer-link');
  for (const less of [
    { share: ['profile'] },
    { receive: [] },
    { share: 'profile' },
    { receive: ['requests', 'requests', 'browsing'] },
    { share: [...all.share, 'mileage'] },
  ]) {
    const { page } = await begin(world, 'service', { scope: 'openid', authorization_details: dealerLink('tokyo-toyota', less) });
    expect(returned(page).get('error')).toBe('invalid_authorization_details');
    expect(returned(page).get('error_description')).toMatch(/'(share|receive)' may be left out, or must have all of/);
  }
});

test('a chosen dealer that leaves the configuration is forgotten, and the person is asked again', async () => {
  const { browser } = await begin(world, 'service', {
    scope: 'openid',
    authorization_details: dealerLink('fukuoka-toyota'),
  });
  await browser.submit('/dealer-link', { decision: 'link' });
  expect(browser.page.url).toContain('/login');
  await removeDealer('fukuoka-toyota');
  await signIn(browser, 'yamada@example.jp');
  expect(browser.page.url).toContain('/dealer-link/find');
  await browser.open(browser.page.url.replace(/\/find$/, '?dealer=osaka-toyota'));
  await browser.submit('/dealer-link', { decision: 'link' });
  expect(browser.page.url).toMatch(/\/finalize$/);
  const answer = await browser.open(`${browser.page.url}/continue`, CALLBACK);
  expect(returned(answer).has('code')).toBe(true);
  expect(world.rows("SELECT 1 FROM dealer_links WHERE dealer = 'fukuoka-toyota'")).toEqual([]);
});

async function removeDealer(code: string): Promise<void> {
  const version = async (): Promise<string> =>
    ((await (await fetch(`${world.admin}/health/ready`)).json()) as { processes: { configuration: { version: string } }[] })
      .processes[0]!.configuration.version;
  const before = await version();
  const path = join(world.directory, 'config/dealers.json');
  const file = JSON.parse(await readFile(path, 'utf8')) as { dealers: { code: string }[] };
  await writeFile(path, JSON.stringify({ ...file, dealers: file.dealers.filter((dealer) => dealer.code !== code) }));
  await untilTrue('the dealer is gone from the configuration', async () => (await version()) !== before);
}
