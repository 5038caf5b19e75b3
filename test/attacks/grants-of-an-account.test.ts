// A grant belongs to one account and one client, and contains what that account agreed to for that client: design/security-2.md S105, S108, S118. The
// models of a real provider, with our adapter, on a real database.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Grant } from 'oidc-provider';
import { createLoadExistingGrant } from '../../src/oidc/grants/existing-grant.ts';
import { grantRequested } from '../../src/oidc/grants/grant-requested.ts';
import { createAccountAccess } from '../../src/oidc/sessions/account-access.ts';
import { eventAbout, sampleDealerLink } from '../storage/conformance/samples.ts';
import { openProviderModels, type ProviderModels } from './support/provider-models.ts';

let models: ProviderModels;
let provider: ProviderModels['provider'];
let storage: ProviderModels['storage'];
beforeEach(async () => {
  models = await openProviderModels();
  ({ provider, storage } = models);
});
afterEach(async () => models.close());

async function grant(accountId: string, clientId: string, links: string[] = []): Promise<string> {
  const made = new provider.Grant({ accountId, clientId });
  made.addOIDCScope('openid');
  if (links.length > 0) made.rar = links.map((link_id) => ({ type: 'dealer_link', link_id }));
  const id = await made.save();
  const token = { jti: `token-${id}`, grantId: id, accountId };
  await storage.artifacts.save('RefreshToken', token.jti, token, Date.now() + 3_600_000);
  return id;
}
const find = async (id: string): Promise<Grant | undefined> => provider.Grant.find(id);
const tokenOf = async (id: string) => storage.artifacts.find('RefreshToken', `token-${id}`);

test('S118 the consent page: adds to the person’s own grant, and to no other', async () => {
  const [own, anothers] = [await grant('a', 'c'), await grant('b', 'c')];
  const asked = { clientId: 'c', accountId: 'a', params: { scope: 'openid email' }, details: {} };
  expect(await grantRequested(provider, { ...asked, grantId: own })).toBe(own);
  const made = await grantRequested(provider, { ...asked, grantId: anothers });
  expect(await find(made)).toMatchObject({ accountId: 'a', openid: { scope: 'openid email' } });
  expect(await find(anothers)).toMatchObject({ accountId: 'b', openid: { scope: 'openid' } });
});

const DEALER_LINK = { authorization_details: JSON.stringify([{ type: 'dealer_link' }]) };
type Asking = { firstParty: boolean; types?: string[]; grantId?: string; params?: object; clientId?: string };

/** The grant with which a request of account `a` begins. */
async function existing({ firstParty, types = ['dealer_link'], grantId, params = {}, clientId = 'c' }: Asking) {
  const client = { firstParty, metadata: { client_id: clientId, authorization_details_types: types } };
  const oidc = {
    provider,
    client: { clientId, applicationType: 'web' },
    account: { accountId: 'a' },
    session: { grantIdFor: () => grantId },
    params,
    requestParamOIDCScopes: new Set(['openid']),
    requestParamScopes: new Set(['openid']),
    requestParamClaims: new Set(),
  };
  const load = createLoadExistingGrant({
    clients: { find: () => client },
    storage,
    config: { issuer: 'https://id.example.jp', operators: [] },
  } as never);
  return await load({ oidc } as never);
}
const linksOf = (found: Grant | undefined) => (found?.rar ?? []).map(({ link_id: id }) => id);

test('S118 a session that still names the grant of another account: not used for this account', async () => {
  const anothers = await grant('b', 'c');
  const found = await existing({ firstParty: true, grantId: anothers });
  expect(found).toMatchObject({ accountId: 'a' });
  expect(found?.jti).not.toBe(anothers);
  expect(await existing({ firstParty: false, grantId: anothers })).toBeUndefined();
});

test('S108 a grant contains the live links: all for a client that may know them, for a third party those of its own flow', async () => {
  const { consent } = sampleDealerLink('any');
  const of = async (id: string, dealer: string, clientId: string, status: 'active' | 'withdrawn' = 'active') =>
    storage.dealerLinks.create(
      sampleDealerLink(id, { account_id: 'a', dealer, status, consent: { ...consent, client_id: clientId } }),
      eventAbout(id),
    );
  await of('ours', '1', 'owners-site');
  await of('theirs', '2', 'third');
  await of('withdrawn', '3', 'third', 'withdrawn');
  expect(new Set(linksOf(await existing({ firstParty: true })))).toEqual(new Set(['ours', 'theirs']));
  expect(linksOf(await existing({ firstParty: true, types: [] }))).toEqual([]);
  const third = { firstParty: false, clientId: 'third', grantId: await grant('a', 'third') };
  expect(linksOf(await existing(third))).toEqual([]);
  expect(linksOf(await existing({ ...third, params: DEALER_LINK }))).toEqual(['theirs']);
  // From then on the grant contains them, and follows their changes.
  expect(linksOf(await existing(third))).toEqual(['theirs']);
});

test('S118 one service, or one dealer link, is ended: the grants of others stay', async () => {
  const access = createAccountAccess(provider, { storage } as never);
  const [one, two] = [await grant('a', 'one', ['l', 'other']), await grant('a', 'two', ['other'])];
  await access.endDealerLink('a', 'l');
  expect([linksOf(await find(one)), await tokenOf(one)]).toEqual([['other'], undefined]);
  expect(linksOf(await find(two))).toEqual(['other']);
  expect(await tokenOf(two)).toBeDefined();
  await access.endService('a', 'one');
  expect([await find(one), (await find(two)) !== undefined, (await tokenOf(two)) !== undefined]).toEqual([undefined, true, true]);
});
