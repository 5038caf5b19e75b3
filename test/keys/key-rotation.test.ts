// Keys are rotated while the common ID signs under load: every signature verifies, at once and later.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose';
import { digestOf } from '../../src/config/clients/check-client-secrets.ts';
import { figure } from '../attacks/support/figure.ts';
import { runAdmin } from '../scripts/run-admin.ts';
import { untilTrue } from '../support/until-true.ts';
import { startWorld, type World } from '../support/world.ts';

const SECRET = 'rotation-secret-0123456789abcdef-01234567';
const TOKENS = figure(10_000, 400);
const PARALLEL = 16;
/** How many each key signs at least. */
const EACH = TOKENS / 4;
/** How long the next keys are published before they sign; longer than this test takes. */
const PUBLISHED_FIRST_MINUTES = 30;

const data = mkdtempSync(join(tmpdir(), 'common-id-rotation-'));
let world: World;

beforeAll(async () => {
  const signing = {
    client_name: 'Signing',
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'client_secret_basic',
    client_secret: { hash: `sha256:${digestOf(SECRET)}` },
    scope: 'service_history',
    common_id: { contact: 'tests' },
  };
  world = await startWorld({
    apps: ['id'],
    clients: { signing },
    env: { KEY_DIRECTORY: join(data, 'keys'), DEMO_DATA: 'false' },
  });
}, 60_000);
afterAll(async () => {
  await world.stop();
  rmSync(data, { recursive: true });
});

async function tokenFor(resource: string): Promise<string> {
  const answer = await fetch(`${world.origins.id}/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`signing:${SECRET}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'service_history', resource }),
  });
  const { access_token: token } = (await answer.json()) as { access_token?: string };
  if (token === undefined) throw new Error(`no token: ${answer.status}`);
  return token;
}

const publishedKeys = async (): Promise<JSONWebKeySet> =>
  (await (await fetch(`${world.origins.id}/jwks`)).json()) as JSONWebKeySet;

test(`${TOKENS} tokens across a rotation, each verified at once and again at the end`, async () => {
  const resource = `${world.origins.dealerSystem}/dealers/aichi-toyota`;
  let kept = createLocalJWKSet(await publishedKeys());
  const verify = async (token: string, keys = kept): Promise<void> => {
    await jwtVerify(token, keys, { issuer: world.origins.id, audience: resource });
  };
  const tokens: string[] = [];
  const kids = new Map<string, number>();
  const isOver = (): boolean => tokens.length >= TOKENS && kids.size > 1 && [...kids.values()].every((count) => count >= EACH);
  const work = async (): Promise<void> => {
    while (!isOver()) {
      const token = await tokenFor(resource);
      await verify(token);
      tokens.push(token);
      const { kid = '' } = decodeProtectedHeader(token);
      kids.set(kid, (kids.get(kid) ?? 0) + 1);
    }
  };
  const rotate = async (): Promise<void> => {
    const known = (await publishedKeys()).keys.length;
    const env = { PATH: process.env.PATH, DATA_DIRECTORY: data, KEY_DIRECTORY: join(data, 'keys') };
    const rotated = await runAdmin(['keys', 'rotate', '--publish-first', `${PUBLISHED_FIRST_MINUTES}m`], { env });
    expect(rotated.code).toBe(0);
    await untilTrue('the next keys are published', async () => (await publishedKeys()).keys.length > known);
    await untilTrue('the first key has signed its part', () => tokens.length >= EACH);
    // Clients ask for the keys again while the next ones wait.
    kept = createLocalJWKSet(await publishedKeys());
    expect(kids.size).toBe(1);
    await world.advance(PUBLISHED_FIRST_MINUTES * 60_000);
  };
  await Promise.all([rotate(), ...Array.from({ length: PARALLEL }, work)]);

  const keys = createLocalJWKSet(await publishedKeys());
  for (const token of tokens) await verify(token, keys);
  expect(tokens.length).toBeGreaterThanOrEqual(TOKENS);
  // Each signed a good part of it.
  expect(kids.size).toBe(2);
}, 180_000);
