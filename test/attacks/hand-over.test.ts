// Attacks on the hand-over of a legacy profile: design/security.md 83 to 86 and 88 to 90.
import { createHmac, createSign, generateKeyPairSync, constants, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { exportSPKI, importJWK, type JWK } from 'jose';
import { headingOf, type Answer } from '../support/http-browser.ts';
import { CALLBACK, makeTestKey, startWorld, type TestKey, type World } from './support/attack-world.ts';
import { assertion, authorizationUrl, makePkce, parseJson, push, requestParams, returned, signIn } from './support/client.ts';
import { encryptOuter, handOver, handOverClaims, providerKeys, signInner } from './support/hand-over.ts';
import { beginMigration, goOn, migrationOf, redeemAtSite } from './support/migration.ts';
import { codeFor, freshEmail } from './support/registration.ts';
import { untilTrue } from '../support/until-true.ts';

// Processes start and mails travel slowly on a busy machine.
jest.setTimeout(60_000);

let world: World;
let port: number;
let stranger: TestKey;
let encryptionKey: TestKey;
let weak: { privateKey: KeyObject; kid: string };
let listener: Server;
let fetched: string[] = [];
let listenerUrl: string;

beforeAll(async () => {
  listener = createServer((request, response) => {
    fetched.push(request.url ?? '');
    response.end(JSON.stringify({ keys: [stranger.publicJwk] }));
  });
  await new Promise<void>((resolve) => {
    listener.listen(0, '127.0.0.1', resolve);
  });
  listenerUrl = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  stranger = await makeTestKey();
  encryptionKey = await makeTestKey();
  const pair = generateKeyPairSync('rsa', { modulusLength: 1024 });
  // A client file with such a key prevents the start (S82 and the tests of the configuration), so here the key comes from a URL.
  weak = { privateKey: pair.privateKey, kid: 'weak' };
  const { alg: _alg, ...forEncryption } = encryptionKey.publicJwk;
  world = await startWorld({
    nodes: 2,
    // All attacks of this file happen within a minute.
    policy: ({ rate_limits: limits }) => Object.assign(limits.legacy_hand_over, { per_client_per_minute: 5000 }),
    moreSiteKeys: [{ ...forEncryption, use: 'enc' }],
  });
  port = world.nodes[1]?.port as number;
});
afterAll(async () => {
  await world?.close();
  listener?.close();
});

const b64 = (value: object | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const pushProfile = async (legacy: string, at?: number): Promise<Answer> =>
  push(world, requestParams('attack-site', makePkce(), { legacy_profile: legacy }), at);

/** Checks that it is refused as a mistake of the client: with a sentence, quickly, and nothing is stored. */
async function expectRefused(legacy: string, what: string): Promise<string> {
  const kept = world.rows(`SELECT id FROM expiring_documents WHERE kind = 'legacy_profile'`).length;
  const answer = await pushProfile(legacy);
  const body = parseJson(answer.text);
  expect([what, answer.status, body.error]).toEqual([what, 400, 'invalid_request']);
  expect(String(body.error_description)).toMatch(/legacy_profile: ./);
  expect(answer.text).not.toMatch(/\bat .*\.(js|ts):\d/);
  expect(world.rows(`SELECT id FROM expiring_documents WHERE kind = 'legacy_profile'`)).toHaveLength(kept);
  return String(body.error_description);
}

test('a correct hand-over is accepted', async () => {
  expect((await pushProfile(await handOver(world))).status).toBe(201);
});

test('hand-overs are limited for each client, over two nodes, with 429 and Retry-After', async () => {
  const bounded = await startWorld({
    nodes: 2,
    policy: ({ rate_limits: limits }) => Object.assign(limits.legacy_hand_over, { per_client_per_minute: 4 }),
  });
  try {
    const answers: Answer[] = [];
    for (let n = 0; n < 6; n += 1) {
      const legacy = n % 3 ? await handOver(bounded) : 'garbage';
      const params = requestParams('attack-site', makePkce(), { legacy_profile: legacy });
      answers.push(await push(bounded, params, n % 2 ? (bounded.nodes[1]?.port as number) : undefined));
    }
    expect(answers.map(({ status }) => status)).toEqual([400, 201, 201, 400, 429, 429]);
    expect(Number(answers[5]?.headers['retry-after'])).toBeGreaterThan(0);
    await bounded.advance(61_000);
    expect(
      (await push(bounded, requestParams('attack-site', makePkce(), { legacy_profile: await handOver(bounded) }))).status,
    ).toBe(201);
  } finally {
    await bounded.close();
  }
});

test('S83 signatures without algorithm, symmetric, weak, with unknown extensions: refused', async () => {
  const claims = (): Record<string, unknown> => handOverClaims(world);
  const typ = 'legacy-profile+jwt';
  for (const alg of ['none', 'None', 'NONE', '']) {
    await expectRefused(await encryptOuter(world, `${b64({ alg, typ })}.${b64(claims())}.`), `alg ${alg}`);
    await expectRefused(
      await encryptOuter(world, `${b64({ alg, typ, kid: world.siteKey.kid })}.${b64(claims())}.AAAA`),
      `alg ${alg} with a signature`,
    );
  }
  const rsa = (await providerKeys(world)).find(({ kty }) => kty === 'RSA') as JWK;
  const publicSite = world.siteKey.publicJwk;
  const secrets: Record<string, string> = {
    'PEM of our RSA key': await exportSPKI((await importJWK(rsa, 'RS256')) as Parameters<typeof exportSPKI>[0]),
    'JWK of our RSA key': JSON.stringify(rsa),
    'n of our RSA key': String(rsa.n),
    'JWK of the client': JSON.stringify(publicSite),
    nothing: '',
  };
  for (const [what, secret] of Object.entries(secrets)) {
    const input = `${b64({ alg: 'HS256', typ, kid: world.siteKey.kid })}.${b64(claims())}`;
    const mac = createHmac('sha256', secret).update(input).digest('base64url');
    await expectRefused(await encryptOuter(world, `${input}.${mac}`), `HS256 with ${what}`);
  }
  for (const alg of ['PS256', 'RS256']) {
    const input = `${b64({ alg, typ, kid: weak.kid })}.${b64(claims())}`;
    const options = alg === 'PS256' ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {};
    const signature = createSign('sha256')
      .update(input)
      .sign({ key: weak.privateKey, ...options })
      .toString('base64url');
    await expectRefused(await encryptOuter(world, `${input}.${signature}`), `${alg} of 1024 bits`);
  }
  for (const header of [
    { crit: ['exp'], exp: 1 },
    { crit: ['x'], x: 1 },
    { b64: false, crit: ['b64'] },
    { crit: [] },
    { typ: 'JWT' },
    { typ: undefined },
    { typ: 'at+jwt' },
  ] as object[]) {
    const full = { alg: 'ES256', kid: world.siteKey.kid, typ, ...header };
    const input = `${b64(full)}.${b64(claims())}`;
    const signature = Buffer.from(
      await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, world.siteKey.privateKey, Buffer.from(input)),
    ).toString('base64url');
    await expectRefused(await encryptOuter(world, `${input}.${signature}`), JSON.stringify(header));
  }
  // A valid signature with one changed letter.
  const good = await signInner(world, claims());
  const [head = '', , signature = ''] = good.split('.');
  await expectRefused(await encryptOuter(world, `${head}.${b64(claims())}.${signature}`), 'other claims under a good signature');
});

test('S84 keys that the header contains, points to or invents: never used, never fetched', async () => {
  fetched = [];
  const signAs = async (key: TestKey, header: object): Promise<string> => {
    const input = `${b64({ alg: 'ES256', typ: 'legacy-profile+jwt', ...header })}.${b64(handOverClaims(world))}`;
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key.privateKey, Buffer.from(input));
    return `${input}.${Buffer.from(signature).toString('base64url')}`;
  };
  const headers: object[] = [
    { kid: 'unknown' },
    { kid: '../../dev/null' },
    { kid: "' OR 1=1; --" },
    { kid: '__proto__' },
    { kid: world.siteKey.kid },
    {},
    { jwk: stranger.publicJwk },
    { jwk: stranger.publicJwk, kid: stranger.kid },
    { jku: `${listenerUrl}/jku`, kid: stranger.kid },
    { x5u: `${listenerUrl}/x5u`, kid: stranger.kid },
    { x5c: ['MIIB'], kid: stranger.kid },
    { x5t: 'x', kid: 7 },
    { kid: `${listenerUrl}/kid` },
  ];
  for (const header of headers)
    await expectRefused(await encryptOuter(world, await signAs(stranger, header)), JSON.stringify(header).slice(0, 60));
  // The same in the outer header.
  for (const header of [
    { jku: `${listenerUrl}/outer` },
    { x5u: `${listenerUrl}/outer` },
    { kid: '../../dev/null' },
    { kid: 'unknown' },
  ]) {
    const outer = await encryptOuter(world, await signAs(stranger, { kid: stranger.kid }), header);
    await expectRefused(outer, JSON.stringify(header));
  }
  expect(fetched).toEqual([]);
});

test('S85 claims that are missing, wrong, of another type, or duplicate: refused', async () => {
  const now = Math.floor(Date.now() / 1000);
  const wrong: Record<string, unknown>[] = [
    { iss: undefined },
    { iss: 'owners-site' },
    { iss: ['attack-site'] },
    { aud: undefined },
    { aud: 'https://evil.example' },
    { aud: [world.issuer, 'https://evil.example'] },
    { aud: `${world.issuer}/` },
    { sub: undefined },
    { sub: '' },
    { sub: 7 },
    { sub: { $ne: null } },
    { jti: undefined },
    { jti: '' },
    { jti: 7 },
    { jti: 'x'.repeat(201) },
    { exp: undefined },
    { exp: now - 61 },
    { iat: now, exp: now + 301 },
    { exp: String(now + 100) },
    { exp: -1 },
    { exp: null },
    { iat: undefined },
    { iat: now + 120, exp: now + 240 },
    { iat: String(now) },
    { iat: -1 },
    { iat: null },
    { nbf: now + 120 },
    { nbf: 'soon' },
  ];
  for (const changes of wrong) {
    await expectRefused(
      await encryptOuter(world, await signInner(world, handOverClaims(world, changes))),
      JSON.stringify(changes),
    );
  }
  const claims = JSON.stringify(handOverClaims(world));
  const texts: Record<string, string> = {
    'sub twice': claims.replace('{', '{"sub":"somebody-else",'),
    'sub twice, once in escapes': claims.replace('{', '{"\\u0073ub":"somebody-else",'),
    'exp twice': claims.replace('{', `{"exp":${now + 200},`),
    'a name twice in the address': claims.replace('{', '{"address":{"region":"愛知県","region":"東京都"},'),
    'exp 1e400': claims.replace(/"exp":\d+/, '"exp":1e400'),
    'iat -1e400': claims.replace(/"iat":\d+/, '"iat":-1e400'),
    'no JSON': 'not json',
    'a list': '[]',
    null: 'null',
    empty: '',
    'text behind': `${claims}x`,
  };
  for (const [what, text] of Object.entries(texts))
    await expectRefused(await encryptOuter(world, await signInner(world, text)), what);
  // The limits are accepted: five minutes, and a clock that is a little ahead.
  expect((await pushProfile(await handOver(world, { iat: now + 30, exp: now + 330 }))).status).toBe(201);
});

test('S86 a hand-over used again, also elsewhere, at once, after a restart: accepted once, and forgotten in time', async () => {
  const legacy = await handOver(world);
  expect((await pushProfile(legacy)).status).toBe(201);
  expect(await expectRefused(legacy, 'again')).toMatch(/jti/);
  expect((await pushProfile(legacy, port)).status).toBe(400);
  // In a new envelope too.
  const jti = crypto.randomUUID();
  const inner = await signInner(world, handOverClaims(world, { jti }));
  expect((await pushProfile(await encryptOuter(world, inner))).status).toBe(201);
  await expectRefused(await encryptOuter(world, inner), 'again in another envelope');

  const raced = await handOver(world);
  const assertions = await Promise.all(
    Array.from({ length: 50 }, async () => assertion('attack-site', world.siteKey, world.issuer)),
  );
  const answers = await Promise.all(
    assertions.map(async (authentication, n) =>
      world.request('/request', {
        method: 'POST',
        body: new URLSearchParams({ ...requestParams('attack-site', makePkce(), { legacy_profile: raced }), ...authentication }),
        ...(n % 2 ? { port } : {}),
      }),
    ),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 400)).toHaveLength(49);
  const reborn = await world.addNode();
  expect((await pushProfile(legacy, reborn.port)).status).toBe(400);
  await reborn.stop();
  world.nodes.pop();
  const [mark] = world.rows<{ expires_at: number }>(
    `SELECT expires_at FROM artifacts WHERE model = 'ReplayDetection' AND id LIKE ?`,
    `%${jti}`,
  );
  expect(mark?.expires_at).toBeLessThanOrEqual(Date.now() + 6 * 60_000);
  // A `jti` belongs to its client, so another client cannot use it up.
  expect(world.rows(`SELECT id FROM artifacts WHERE id LIKE ?`, `legacy_profile:attack-site:${jti}`)).toHaveLength(1);
});

test('S88 envelopes of other algorithms, bombs, encrypted and not signed: refused at once', async () => {
  const enc = (await providerKeys(world)).find(({ use }) => use === 'enc') as JWK;
  const crafted = (header: object): string =>
    [
      b64({ enc: 'A256GCM', kid: enc.kid, ...header }),
      b64('key'.repeat(14)),
      b64('twelve bytes'),
      b64('x'.repeat(400)),
      b64('sixteen bytes tag'),
    ].join('.');
  const inner = await signInner(world, handOverClaims(world));
  const epk = { kty: 'EC', crv: 'P-256', x: enc.x, y: enc.y };
  const envelopes: Record<string, string> = {
    RSA1_5: crafted({ alg: 'RSA1_5' }),
    'RSA-OAEP': crafted({ alg: 'RSA-OAEP' }),
    'PBES2 with two thousand million rounds': crafted({ alg: 'PBES2-HS256+A128KW', p2s: b64('salt'), p2c: 2e9 }),
    dir: crafted({ alg: 'dir' }),
    A256KW: crafted({ alg: 'A256KW' }),
    'ECDH-ES': crafted({ alg: 'ECDH-ES', epk }),
    'another content algorithm': crafted({ alg: 'ECDH-ES+A256KW', enc: 'A128CBC-HS256', epk }),
    compressed: crafted({ alg: 'ECDH-ES+A256KW', zip: 'DEF', epk }),
    'a point that is not on the curve': crafted({ alg: 'ECDH-ES+A256KW', epk: { ...epk, y: epk.x } }),
    'no ephemeral key': crafted({ alg: 'ECDH-ES+A256KW' }),
    'unknown crit': crafted({ alg: 'ECDH-ES+A256KW', epk, crit: ['x'], x: 1 }),
    // Well-formed, and readable with our key: only the list of algorithms refuses it.
    'ECDH-ES, well made': await encryptOuter(world, inner, { alg: 'ECDH-ES' }),
    'ECDH-ES+A128KW, well made': await encryptOuter(world, inner, { alg: 'ECDH-ES+A128KW' }),
    'A128GCM, well made': await encryptOuter(world, inner, { enc: 'A128GCM' }),
    'not encrypted': inner,
    'encrypted, not signed': await encryptOuter(world, JSON.stringify(handOverClaims(world))),
    'encrypted twice': await encryptOuter(world, await encryptOuter(world, inner)),
    'encrypted bytes': await encryptOuter(world, new Uint8Array([0xff, 0xfe, 0x00, 0x80])),
    'nothing inside': await encryptOuter(world, ''),
    'a tag cut short': (await encryptOuter(world, inner)).slice(0, -8),
    'four dots': '....',
    'no text at all': '.',
    garbage: 'x'.repeat(4000),
  };
  // Signed with a key that the client uses for encryption.
  const input = `${b64({ alg: 'ES256', typ: 'legacy-profile+jwt', kid: encryptionKey.kid })}.${b64(handOverClaims(world))}`;
  const signature = Buffer.from(
    await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, encryptionKey.privateKey, Buffer.from(input)),
  ).toString('base64url');
  envelopes['signed with a key for encryption'] = await encryptOuter(world, `${input}.${signature}`);
  for (const [what, legacy] of Object.entries(envelopes)) {
    await expectRefused(legacy, what);
    // The fastest of three, because other load only adds time. A bomb would take seconds each time.
    const times = [await pushProfile(legacy), await pushProfile(legacy), await pushProfile(legacy)].map((it) => it.milliseconds);
    const fastest = Math.min(...times);
    if (fastest > 1000) throw new Error(`${what}: refused after ${fastest} ms, allowed are 1000`);
  }
  expect((await pushProfile(await handOver(world))).status).toBe(201);
});

test('S89 sizes, types, characters and dates: refused by name, or left out and named; never a 500', async () => {
  for (const bytes of [9_000, 20_000, 50_000, 70_000, 1_000_000]) {
    const answer = await pushProfile('x'.repeat(bytes));
    expect([bytes, [400, 413].includes(answer.status) || answer.status]).toEqual([bytes, true]);
  }
  const refused: [Record<string, unknown>, RegExp][] = [
    [{ family_name: 'あ'.repeat(201) }, /'family_name'.*200/],
    [{ 'name#ja-Kana-JP': 'x'.repeat(201) }, /'name#ja-Kana-JP'/],
    [{ name: { first: 'x' } }, /'name'.*object/],
    [{ name: ['x'] }, /'name'.*list/],
    [{ name: 7 }, /'name'.*number/],
    [{ name: true }, /'name'/],
    [{ email: null }, /'email'/],
    [{ email: { $ne: null } }, /'email'/],
    [{ family_name: 'a\u0000b' }, /'family_name'.*control/],
    [{ family_name: 'a\u2028b' }, /'family_name'.*control/],
    [{ given_name: 'a\u202eb' }, /'given_name'.*control/],
    [{ given_name: 'a\r\nb' }, /'given_name'.*control/],
    [{ address: 'x' }, /'address'/],
    [{ address: { locality: 7 } }, /'address.locality'/],
    [{ dealer: 'aichi-toyota' }, /'dealer'/],
    [{ dealer: {} }, /'dealer.code'/],
    [{ vehicles: {} }, /'vehicles'/],
    [{ vehicles: ['x'] }, /'vehicles\[0\]'/],
    [{ vehicles: Array.from({ length: 60 }, (_, n) => ({ vin: `AAAAA${n}` })) }, /'vehicles'/],
    [{ auth_time: 'x' }, /'auth_time'/],
    [{ auth_time: -1 }, /'auth_time'/],
  ];
  for (const [changes, named] of refused) {
    expect(
      await expectRefused(
        await encryptOuter(world, await signInner(world, handOverClaims(world, changes))),
        JSON.stringify(changes).slice(0, 60),
      ),
    ).toMatch(named);
  }
  const dropped = {
    birthdate: '1995-02-30',
    phone_number: 'none',
    email: 'no address',
    gender: 'unknown',
    address: { postal_code: '12', region: 'Atlantis' },
    locale: '<script>',
    updated_at: {},
    __proto__: { x: 1 },
    constructor: 'x',
  };
  const sub = `dropped-${crypto.randomUUID()}`;
  expect((await pushProfile(await handOver(world, { sub, ...dropped }))).status).toBe(201);
  const stored =
    world.rows<{ document: string }>(
      `SELECT document FROM expiring_documents WHERE kind = 'legacy_profile' AND document ->> '$.profile.legacy_id' = ?`,
      sub,
    )[0]?.document ?? '';
  expect(JSON.parse(stored)).toMatchObject({ profile: { profile: {}, vehicles: [] } });
  expect(stored).not.toMatch(/1995-02-30|Atlantis|<script>|no address/);
  expect(world.nodes.map((node) => node.output()).join('')).toMatch(/birthdate/);
});

test('S90 a hand-over through the browser, twice, or left unused: refused, linked once, forgotten in time', async () => {
  const legacy = await handOver(world, { family_name: 'Canary-Name' });
  const inBrowser = await world
    .browser()
    .open(authorizationUrl(world.issuer, requestParams('attack-site', makePkce(), { legacy_profile: legacy })), CALLBACK);
  expect(returned(inBrowser).has('code')).toBe(false);
  expect(inBrowser.status === 400 || returned(inBrowser).get('error') === 'invalid_request').toBe(true);
  const posted = await world.request('/auth', {
    method: 'POST',
    body: new URLSearchParams(requestParams('attack-site', makePkce(), { legacy_profile: legacy })),
  });
  expect(posted.status).toBeLessThan(500);
  expect(posted.location ?? '').not.toContain('/interaction/');
  // An invented reference does not work.
  const byReference = await push(world, requestParams('attack-site', makePkce(), { legacy_profile: 'handed-over:x' }));
  expect(byReference.status).toBe(400);
  // A client without permission cannot hand over.
  const other = await world.request('/request', {
    method: 'POST',
    body: new URLSearchParams(requestParams('attack-web', makePkce(), { legacy_profile: legacy })),
    headers: { Authorization: `Basic ${Buffer.from(`attack-web:${world.env.ATTACK_WEB_SECRET}`).toString('base64')}` },
  });
  expect([other.status, parseJson(other.text).error]).toEqual([400, 'invalid_request']);

  const sub = `kept-${crypto.randomUUID()}`;
  const taken = await handOver(world, { sub, family_name: 'Canary-Name', email: 'canary@example.jp' });
  const pkce = makePkce();
  const pushed = await push(world, requestParams('attack-site', pkce, { legacy_profile: taken, prompt: 'create' }));
  expect(pushed.status).toBe(201);
  const bytes = await world.databaseBytes();
  const [head = '', key = '', , cipher = ''] = taken.split('.');
  for (const part of [key, cipher.slice(0, 200), `${head}.${key}`]) expect(bytes.includes(part)).toBe(false);
  const browser = world.browser();
  await browser.open(
    authorizationUrl(world.issuer, { client_id: 'attack-site', request_uri: String(parseJson(pushed.text).request_uri) }),
    CALLBACK,
  );
  await browser.submit('/create', { terms: 'yes' });
  expect(browser.visited.join(' ')).not.toMatch(/Canary|canary|eyJ/);
  const email = freshEmail();
  await browser.submit('/create/email', { email });
  await codeFor(world, email);
  const log = world.nodes.map((node) => node.output()).join('');
  for (const secret of ['Canary', 'canary@', key, cipher.slice(0, 60), email])
    expect([secret, log.includes(secret)]).toEqual([secret, false]);

  // One legacy identity has one ID; with a second ID a page says so.
  const legacyId = `one-${crypto.randomUUID()}`;
  const first = await beginMigration(world, { sub: legacyId });
  await signIn(first.browser);
  expect((await redeemAtSite(world, await goOn(first.browser), first.pkce)).id_token).toBeDefined();
  const before = migrationOf(world, legacyId);
  // The page does not ask whether the ID is this person's, although the data differ.
  const second = await beginMigration(world, { sub: legacyId, family_name: '田中', given_name: '太郎', birthdate: '1990-01-01' });
  await signIn(second.browser, 'yamada@example.jp');
  expect(second.browser.page.status).toBe(200);
  expect(second.browser.page.url).toContain('/finalize');
  expect(headingOf(second.browser.page)).toBe('移行済みのユーザーIDです');
  const went = await goOn(second.browser);
  expect(returned(went).has('code')).toBe(false);
  expect(migrationOf(world, legacyId)).toEqual(before);
  expect(world.rows('SELECT account_id FROM migrations WHERE legacy_id = ?', legacyId)).toHaveLength(1);

  // An unused hand-over is removed after its time.
  expect(world.rows(`SELECT id FROM expiring_documents WHERE document LIKE '%Canary-Name%'`).length).toBeGreaterThan(0);
  await world.advance(25 * 60 * 60_000);
  const sweeping = await world.addNode();
  const kept = () => world.rows(`SELECT id FROM expiring_documents WHERE document LIKE '%Canary-Name%'`);
  await untilTrue('the documents are swept', () => kept().length === 0, { tell: kept });
  expect(kept()).toEqual([]);
  await sweeping.stop();
});
