// Keys are changed while the common ID signs under load: nothing fails to verify, neither at once nor later.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose';
import { digestOf } from '../../src/config/clients/check-client-secrets.ts';
import { startWorld, type World } from '../support/world.ts';

const ADMIN = fileURLToPath(new URL('../../scripts/admin.ts', import.meta.url));
const SECRET = 'rotation-secret-0123456789abcdef-01234567';
const TOKENS = 10_000;
const PARALLEL = 16;
/** Clients ask for our keys again more often than this, as real ones do within the day that `keys rotate` gives them. */
const PUBLISHED_FIRST_SECONDS = 4;
const ASKED_AGAIN_MS = 1500;

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

test(`${TOKENS} tokens across a rotation, each verified when it came and once more at the end`, async () => {
  const resource = `${world.origins.dealerSystem}/dealers/aichi-toyota`;
  let kept = createLocalJWKSet(await publishedKeys());
  let askedAt = Date.now();
  const verify = async (token: string, keys = kept): Promise<void> => {
    await jwtVerify(token, keys, { issuer: world.origins.id, audience: resource });
  };
  const tokens: string[] = [];
  const kids = new Map<string, number>();
  const work = async (): Promise<void> => {
    while (tokens.length < TOKENS) {
      const token = await tokenFor(resource);
      await verify(token);
      tokens.push(token);
      const { kid = '' } = decodeProtectedHeader(token);
      kids.set(kid, (kids.get(kid) ?? 0) + 1);
      if (Date.now() - askedAt > ASKED_AGAIN_MS) {
        askedAt = Date.now();
        kept = createLocalJWKSet(await publishedKeys());
      }
    }
  };
  const env = { PATH: process.env.PATH, DATA_DIRECTORY: data, KEY_DIRECTORY: join(data, 'keys') };
  const rotate = promisify(execFile)(
    process.execPath,
    [ADMIN, 'keys', 'rotate', '--publish-first', `${PUBLISHED_FIRST_SECONDS}s`],
    { env },
  );
  await Promise.all([rotate, ...Array.from({ length: PARALLEL }, work)]);

  const keys = createLocalJWKSet(await publishedKeys());
  for (const token of tokens) await verify(token, keys);
  expect(tokens.length).toBeGreaterThanOrEqual(TOKENS);
  // Both signed a good part of it.
  expect(kids.size).toBe(2);
  for (const count of kids.values()) expect(count).toBeGreaterThan(TOKENS / 100);
}, 180_000);
