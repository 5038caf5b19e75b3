// Numbers in JWTs of clients: design/reality.md R31. NumericDates may have fractions (RFC 7519 section 2); no other odd number is accepted.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { CompactSign, type CompactJWSHeaderParameters } from 'jose';
import type { Answer } from '../support/http-browser.ts';
import { startWorld, type World } from './support/attack-world.ts';
import { makePkce, parseJson, push, requestParams } from './support/client.ts';
import { encryptOuter, handOver, signInner } from './support/hand-over.ts';

jest.setTimeout(60_000);

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => world?.close());

/** JSON as written, because parsing would lose `1e400`. */
type Written = Record<string, string>;

async function assertionOf(claims: Written, header: Partial<CompactJWSHeaderParameters> = {}): Promise<Record<string, string>> {
  const ordinary = {
    iss: '"attack-site"',
    sub: '"attack-site"',
    aud: JSON.stringify(world.issuer),
    jti: `"${crypto.randomUUID()}"`,
  };
  const members = Object.entries({ ...ordinary, exp: String(now() + 60), ...claims });
  const text = `{${members.map(([name, json]) => `"${name}":${json}`).join(',')}}`;
  const signed = await new CompactSign(new TextEncoder().encode(text))
    .setProtectedHeader({ alg: 'ES256', kid: world.siteKey.kid, ...header })
    .sign(world.siteKey.privateKey);
  return {
    client_id: 'attack-site',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: signed,
  };
}

const now = (): number => Math.floor(Date.now() / 1000);
const marks = () =>
  world.rows<{ n: number; last: number }>(
    `SELECT count(*) AS n, max(expires_at) AS last FROM artifacts WHERE model = 'ReplayDetection'`,
  )[0]!;

async function askBoth(claims: Written, header: Partial<CompactJWSHeaderParameters> = {}): Promise<[at: string, Answer][]> {
  const post = async (path: string, fields: Record<string, string>): Promise<Answer> =>
    world.request(path, { method: 'POST', body: new URLSearchParams({ ...fields, ...(await assertionOf(claims, header)) }) });
  return [
    ['/token', await post('/token', { grant_type: 'client_credentials', scope: 'migration:read' })],
    ['/request', await post('/request', requestParams('attack-site', makePkce()))],
  ];
}

test('R31 times with fractions in a client assertion: accepted', async () => {
  for (const claims of [
    { exp: `${now() + 60}.25` },
    { exp: `${now() + 60}.999999`, iat: `${now()}.5`, nbf: String(Date.now() / 1000) },
    { iat: String(now() + 8), nbf: `${now() + 8}.5` },
    { exp: `${now() + 295}e0` },
  ]) {
    for (const [at, answer] of await askBoth(claims))
      expect([claims, at, answer.status]).toEqual([claims, at, at === '/token' ? 200 : 201]);
  }
  expect(marks().last).toBeLessThan(Date.now() + 310_000);
});

test('R31 odd times in a client assertion: invalid_client, nothing stored, and one log line', async () => {
  const before = marks().n;
  const [ms, us] = [`${now() + 60}000`, `${now() + 60}000000`];
  const odd: Written[] = [
    ms,
    us,
    '1e300',
    '1e400',
    '-1e400',
    '-1',
    '0',
    '9007199254740993',
    String(now() + 400),
    String(now() - 10),
    '"x"',
    `"${now() + 60}"`,
    '"NaN"',
    'null',
    'true',
    '[]',
    '{}',
  ].map((exp) => ({ exp }));
  odd.push(...[ms, '1e400', '"x"', 'null', '{}', String(now() + 120)].map((iat) => ({ iat })));
  odd.push(...[ms, '1e400', '"x"', 'null', String(now() + 120)].map((nbf) => ({ nbf })));
  for (const claims of odd) {
    for (const [at, answer] of await askBoth(claims)) {
      expect([claims, at, answer.status, parseJson(answer.text).error]).toEqual([claims, at, 401, 'invalid_client']);
    }
  }
  expect(marks().n).toBe(before);
  expect(world.nodes[0]?.output()).not.toMatch(/"level":50|"stack"/);
});

test('R31 crit and b64 in the header of a client assertion: invalid_client', async () => {
  for (const header of [{ b64: true, crit: ['b64'] }, { b64: true }] as Partial<CompactJWSHeaderParameters>[]) {
    for (const [, answer] of await askBoth({}, header))
      expect([answer.status, parseJson(answer.text).error]).toEqual([401, 'invalid_client']);
  }
});

test('R31 a client assertion of more than 4,096 characters, also with nested lists: invalid_client, and one log line', async () => {
  const room = 4096 - (await assertionOf({ pad: '""' })).client_assertion!.length;
  const padded = (characters: number): Written => ({ pad: `"${'x'.repeat(characters)}"` });
  // Three characters are four in base64.
  const most = Math.floor((room * 3) / 4);
  expect((await assertionOf(padded(most))).client_assertion!.length).toBeGreaterThan(4092);
  for (const [at, answer] of await askBoth(padded(most))) expect([at, answer.status]).toEqual([at, at === '/token' ? 200 : 201]);
  for (const claims of [padded(most + 3), { pad: '['.repeat(15_000) + ']'.repeat(15_000) }]) {
    for (const [at, answer] of await askBoth(claims))
      expect([at, answer.status, parseJson(answer.text).error]).toEqual([at, 401, 'invalid_client']);
  }
  expect(world.nodes[0]?.output()).not.toMatch(/"level":50|"stack"/);
});

test('R31 a client assertion a second time: refused until it expires', async () => {
  const fields = {
    grant_type: 'client_credentials',
    scope: 'migration:read',
    ...(await assertionOf({ exp: `${now() + 60}.5` })),
  };
  const send = async () => world.request('/token', { method: 'POST', body: new URLSearchParams(fields) });
  expect((await send()).status).toBe(200);
  expect((await send()).status).toBeGreaterThanOrEqual(400);
});

test('R31 odd times in a hand-over: fractions are accepted, all else is invalid_request', async () => {
  const pushed = async (legacy: string): Promise<Answer> =>
    push(world, requestParams('attack-site', makePkce(), { legacy_profile: legacy }));
  const fraction = { exp: now() + 60.25, iat: now() - 0.5, auth_time: now() - 3.75 };
  expect((await pushed(await handOver(world, fraction))).status).toBe(201);
  const written = async (changes: Written): Promise<string> => {
    const ordinary = { iss: '"attack-site"', aud: JSON.stringify(world.issuer), sub: '"l"', jti: `"${crypto.randomUUID()}"` };
    const members = Object.entries({ ...ordinary, iat: String(now()), exp: String(now() + 60), ...changes });
    return encryptOuter(world, await signInner(world, `{${members.map(([name, json]) => `"${name}":${json}`).join(',')}}`));
  };
  for (const name of ['exp', 'iat', 'auth_time', 'nbf']) {
    for (const json of ['1e400', '-1e400', `${now()}000`, '"x"', 'null', '[]']) {
      if (name === 'nbf' && json === '-1e400') continue;
      const answer = await pushed(await written({ [name]: json }));
      expect([name, json, answer.status, parseJson(answer.text).error]).toEqual([name, json, 400, 'invalid_request']);
    }
  }
});
