// Ledger events besides changes of records: sign-ins, consents and their end, ended sessions. design/security-2.md, S128.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { digestOf } from '../../src/config/clients/check-client-secrets.ts';
import { makeSecretKeys } from '../../src/config/settings/secret-keys.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import type { LedgerEntry } from '../../src/storage/storage.ts';
import { runAdmin } from '../scripts/run-admin.ts';
import { createBrowser, type Browser } from '../support/http-browser.ts';
import { ledgerOf } from '../support/ledger-of.ts';
import { startWorld, type World } from '../support/world.ts';

const LEDGER_SECRET = 'the ledger key of this installation, 0123456789';
const CALLBACK = 'http://127.0.0.1:4999/callback';
const [SATO, PASSWORD] = ['sato@example.jp', 'Common-2026'];

let world: World;
beforeAll(async () => {
  world = await startWorld({
    apps: ['id'],
    env: { LEDGER_KEY: LEDGER_SECRET },
    clients: {
      shop: {
        client_name: 'Shop',
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: { hash: `sha256:${digestOf('secret-of-the-shop-0123456789abcdef-012')}` },
        redirect_uris: [CALLBACK],
        scope: 'openid email',
        common_id: { contact: 'tests' },
      },
    },
  });
}, 60_000);
afterAll(async () => world.stop());

async function entries(): Promise<LedgerEntry[]> {
  const { ledger } = makeSecretKeys({ hmac: 'x', subject: undefined, ledger: LEDGER_SECRET });
  const storage = await openStorage(world.env.DATABASE_URL ?? '', Date.now, undefined, ledger);
  try {
    return await ledgerOf(storage);
  } finally {
    await storage.close();
  }
}

/** Returns these events since `before`, each as its type and its client. */
async function since(before: LedgerEntry[]): Promise<string[]> {
  const known = new Set(before.map(({ event_id }) => event_id));
  const fresh = (await entries()).filter(({ event_id }) => !known.has(event_id) && event_id.includes(':'));
  return fresh.map(({ type, data }) => [type, data['client_id']].filter((part) => part !== undefined).join(' '));
}

async function signInToShop(browser: Browser): Promise<void> {
  const challenge = createHash('sha256').update(randomBytes(32)).digest('base64url');
  const params = { client_id: 'shop', response_type: 'code', redirect_uri: CALLBACK, scope: 'openid email', state: 's' };
  const query = new URLSearchParams({ ...params, code_challenge: challenge, code_challenge_method: 'S256' });
  await browser.open(`${world.origins.id}/auth?${query.toString()}`, CALLBACK);
}

const signIn = async (browser: Browser): Promise<unknown> =>
  browser.submit('/login', { login_id: SATO, password: PASSWORD }, CALLBACK);

test('S128 sign-ins, consents and their end, ended sessions: each is recorded once, without personal data, and the ledger is intact', async () => {
  const [pressing, here, there] = [createBrowser(), createBrowser(), createBrowser()];
  let before = await entries();
  await signInToShop(pressing);
  // A wrong password is no sign-in; the correct one sent three times is one.
  await pressing.submit('/login', { login_id: SATO, password: 'Wrong-0000' }, CALLBACK);
  await Promise.all([pressing, pressing.copy({}), pressing.copy({})].map(signIn));
  expect(await since(before)).toEqual(['account.signed_in shop']);

  await signInToShop(here);
  await signIn(here);
  before = await entries();
  expect(here.page.url).toContain('/consent');
  await here.submit('/consent', { decision: 'allow' }, CALLBACK);
  expect(await since(before)).toEqual(['client.consented shop']);

  before = await entries();
  await there.open(`${world.origins.id}/account`);
  await there.submit('/login', { login_id: SATO, password: PASSWORD });
  await there.open(`${world.origins.id}/account/services/shop/end`);
  await there.submit('/end');
  expect(await since(before)).toEqual(['account.signed_in common-id-account', 'client.grant_ended shop']);

  before = await entries();
  await there.open(`${world.origins.id}/account/sessions/end-others`);
  await there.submit('/end-others');
  // At least that of the consent; one or more of the three requests has a session, and each is recorded once.
  expect((await since(before)).filter((event) => event.startsWith('session')).length).toBeGreaterThanOrEqual(1);

  before = await entries();
  await there.open(`${world.origins.id}/session/end`);
  await there.submit('/confirm', { logout: 'yes' });
  expect((await since(before)).filter((event) => event.startsWith('session'))).toEqual(['session.ended']);

  const all = (await entries()).filter(({ event_id }) => event_id.includes(':'));
  expect(new Set(all.map(({ subject }) => subject)).size).toBe(1);
  for (const entry of all) expect(JSON.stringify(entry)).not.toMatch(/sato|佐藤|@|127\.0\.0\.1/i);
  // With the key of the running service.
  const verified = await runAdmin(['ledger', 'verify'], { env: { ...process.env, ...world.env } });
  expect(verified).toMatchObject({ code: 0, out: expect.stringContaining('The ledger is sound.'), err: '' });
}, 60_000);
