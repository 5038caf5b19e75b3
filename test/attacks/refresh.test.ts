// A refresh token that is used again (design/reality.md R32): two nodes of the common ID in this process, on one database, with a clock that the test
// moves; on both databases.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type Provider from 'oidc-provider';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Deps, SharedDeps } from '../../src/deps.ts';
import { makeMissingKeys } from '../../src/keys/keys.ts';
import { createProvider } from '../../src/oidc/provider.ts';
import { createDeps, createSharedDeps } from '../../src/start/create-deps.ts';
import { writeDemoData } from '../../src/start/demo-data.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { mongoServerAvailable, startMongoServer } from '../storage/mongo-server.ts';
import { sendRaw } from '../support/http-browser.ts';
import { withMongo } from '../support/with-mongo.ts';
import { CALLBACK, makeProject, makeTestKey, WEB_SECRET } from './support/attack-world.ts';
import { basic, parseJson } from './support/client.ts';
import { figure } from './support/figure.ts';

// A first start may build the MongoDB server.
jest.setTimeout(180_000);

const GRACE_MS = 10_000;
const log = createLog('test', 'silent');

const ours = {
  client_name: 'Test',
  redirect_uris: [CALLBACK],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid offline_access',
  common_id: { contact: 'tests' },
};
/** Clients whose files do not ask for rotation. */
const CLIENTS = {
  'attack-kept': { ...ours, token_endpoint_auth_method: 'client_secret_basic', client_secret: { $env: 'ATTACK_WEB_SECRET' } },
  'attack-phone': { ...ours, application_type: 'native', token_endpoint_auth_method: 'none' },
};

type Database = { url: string; remove(): Promise<void> };
const onSqlite = async (directory: string): Promise<Database> => ({
  url: `sqlite:${join(directory, 'id.sqlite')}`,
  remove: async () => undefined,
});
async function onMongo(): Promise<Database> {
  const server = await startMongoServer();
  const url = server.url.replace(/^(mongodb:\/\/[^/?]+)[^?]*/, `$1/refresh_${randomUUID().slice(0, 8)}`);
  const { createMongoIndexes } = await import('../../src/storage/mongo/create-mongo-indexes.ts');
  await createMongoIndexes(url);
  const remove = async (): Promise<void> => {
    await withMongo(url, async (connection) => connection.dropDatabase());
    await server.stop();
  };
  return { url, remove };
}

type Answered = { status: number; body: Record<string, unknown> };
type TokenModel = new (payload: object) => { save(): Promise<string> };
type GrantModel = new (payload: object) => { addOIDCScope(scope: string): void; save(): Promise<string> };

function describeRefresh(open: (directory: string) => Promise<Database>): void {
  /** A whole second, because the mark of a use has no fractions. It moves only when a test moves it. */
  let now = Math.floor(Date.now() / 1000) * 1000;
  const clock = (): number => now;
  const servers: Server[] = [];
  const ends: (() => Promise<unknown>)[] = [];
  let shared: SharedDeps;
  let deps: Deps;
  let provider: Provider;
  let ports: number[];
  let withoutGrace: number;

  async function startNode(graceSeconds: number): Promise<number> {
    const { config } = deps;
    const made = { ...deps, config: { ...config, lifetimes: { ...config.lifetimes, refreshGrace: graceSeconds } } };
    provider = await createProvider(made);
    const server = createServer(createApp(made, provider).callback());
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    servers.push(server);
    return (server.address() as AddressInfo).port;
  }

  beforeAll(async () => {
    const directory = await makeProject({ clients: CLIENTS }, await makeTestKey());
    ends.push(async () => rm(directory, { recursive: true, force: true }));
    const database = await open(await mkdtemp(join(tmpdir(), 'refresh-')));
    ends.push(() => database.remove());
    const env = {
      DATA_DIRECTORY: join(directory, 'data'),
      DATABASE_URL: database.url,
      PASSWORD_HASH_COST: '4',
      ATTACK_WEB_SECRET: WEB_SECRET,
    };
    const loaded = loadConfig({ directory, apps: ['id'], env });
    const config = {
      ...loaded,
      clients: loaded.clients.filter(({ metadata }) => /^attack-(web|third|kept|phone)$/.test(metadata.client_id)),
    };
    shared = await createSharedDeps(config, clock, log);
    ends.push(() => shared.storage.close());
    await makeMissingKeys(config.keyDirectory, clock());
    deps = await createDeps(config, shared, clock, log);
    await writeDemoData(deps);
    withoutGrace = await startNode(0);
    ports = [await startNode(GRACE_MS / 1000), await startNode(GRACE_MS / 1000)];
  });
  afterAll(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    for (const end of ends.toReversed()) await end();
  });

  /** A grant of the demo account with its first refresh token, as a login makes them. */
  async function family(changes: object = {}, clientId = 'attack-web'): Promise<{ first: string; grantId: string }> {
    const account = await shared.storage.accounts.findByEmail('sato@example.jp');
    const [Grant, RefreshToken] = [provider.Grant as unknown as GrantModel, provider.RefreshToken as unknown as TokenModel];
    const accountId = account?.id;
    const grant = new Grant({ accountId, clientId });
    grant.addOIDCScope('openid offline_access');
    const grantId = await grant.save();
    const client = await provider.Client.find(clientId);
    const authTime = Math.floor(Date.now() / 1000);
    const scope = 'openid offline_access';
    const token = {
      accountId,
      client,
      grantId,
      scope,
      authTime,
      gty: 'authorization_code',
      expiresWithSession: false,
      ...changes,
    };
    return { first: await new RefreshToken(token).save(), grantId };
  }

  async function use(refreshToken: unknown, { port = ports[0], client = 'attack-web', proof = '' } = {}): Promise<Answered> {
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: String(refreshToken) });
    if (client === 'attack-phone') body.set('client_id', client);
    const headers = { ...(client !== 'attack-phone' && basic(client)), ...(proof !== '' && { DPoP: proof }) };
    const { status, text } = await sendRaw(`${deps.config.issuer}/token`, { method: 'POST', body, headers, port });
    return { status, body: parseJson(text) };
  }

  const INVALID = { status: 400, body: expect.objectContaining({ error: 'invalid_grant' }) };

  /** Whether nothing of the family is left. */
  async function expectRevoked(grantId: string, ...tokens: unknown[]): Promise<void> {
    expect(await shared.storage.artifacts.find('Grant', grantId)).toBeUndefined();
    for (const token of tokens) {
      expect(await shared.storage.artifacts.find('RefreshToken', String(token))).toBeUndefined();
      expect(await use(token, { port: ports[1] })).toEqual(INVALID);
    }
  }

  async function tokensOf(grantId: string): Promise<string[]> {
    const all = await shared.storage.artifacts.listAfter('RefreshToken', '', 10_000);
    return all.filter(({ payload }) => payload.grantId === grantId).map(({ id }) => id);
  }

  test('R32 a refresh whose answer was lost, again at another node: the same new token, and it goes on', async () => {
    const { first, grantId } = await family();
    const lost = await use(first);
    expect(lost.status).toBe(200);
    expect(lost.body.refresh_token).toMatch(/^[\w-]{43}$/);
    now += GRACE_MS - 1;
    for (const port of ports) {
      const again = await use(first, { port });
      expect([again.status, again.body.refresh_token]).toEqual([200, lost.body.refresh_token]);
      expect(again.body.access_token).not.toBe(lost.body.access_token);
    }
    expect((await tokensOf(grantId)).toSorted()).toEqual([first, String(lost.body.refresh_token)].toSorted());
    now += 1;
    // Nothing of it was written again.
    const { artifacts } = shared.storage;
    const second = String(lost.body.refresh_token);
    const marked = { ...(await artifacts.find('RefreshToken', second)), marked: true };
    await artifacts.update('RefreshToken', second, marked, now + 60_000);
    now -= 1;
    await use(first);
    now += 1;
    expect(await artifacts.find('RefreshToken', second)).toEqual(marked);
    const next = await use(lost.body.refresh_token);
    expect([next.status, next.body.refresh_token === lost.body.refresh_token]).toEqual([200, false]);
  });

  test('R32 many uses at once at two nodes: one new token for all of them, each time', async () => {
    for (let round = 0; round < figure(20, 2); round += 1) {
      const { first, grantId } = await family();
      const answers = await Promise.all(Array.from({ length: 20 }, async (_, n) => use(first, { port: ports[n % 2] })));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
      expect(await tokensOf(grantId)).toHaveLength(2);
    }
  });

  test('R32 a node that died between the use and its new token: the next call gets it', async () => {
    const { first, grantId } = await family();
    await shared.storage.artifacts.consume('RefreshToken', first);
    const answers = [await use(first), await use(first, { port: ports[1] })];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[0]?.body.refresh_token).toBe(answers[1]?.body.refresh_token);
    expect(await tokensOf(grantId)).toHaveLength(2);
  });

  test('R32 a used token in the grace: inactive for introspection', async () => {
    const { first } = await family();
    const introspect = async (): Promise<unknown> => {
      const request = {
        method: 'POST',
        body: new URLSearchParams({ token: first }),
        headers: basic('attack-web'),
        port: ports[0],
      };
      return parseJson((await sendRaw(`${deps.config.issuer}/token/introspection`, request)).text).active;
    };
    expect(await introspect()).toBe(true);
    await use(first);
    expect(await introspect()).toBe(false);
  });

  test('R32 a used token after the grace: the family is revoked', async () => {
    const { first, grantId } = await family();
    const { body } = await use(first);
    now += GRACE_MS;
    expect(await use(first, { port: ports[1] })).toEqual(INVALID);
    await expectRevoked(grantId, first, body.refresh_token);
  });

  test('R32 a used token in the grace whose successor was used: the family is revoked', async () => {
    const { first, grantId } = await family();
    const second = (await use(first)).body.refresh_token;
    const third = (await use(second)).body.refresh_token;
    expect(await use(first)).toEqual(INVALID);
    await expectRevoked(grantId, first, second, third);
  });

  test('R32 a used token in the grace from another client: refused, and the family is revoked', async () => {
    const { first, grantId } = await family();
    // An unused one proves nothing about its owner.
    expect(await use(first, { client: 'attack-third' })).toEqual(INVALID);
    const { body } = await use(first);
    expect(await use(first, { client: 'attack-third' })).toEqual(INVALID);
    await expectRevoked(grantId, first, body.refresh_token);
  });

  test('R32 a used token in the grace without its key, or with another one: refused, and the family is revoked', async () => {
    const [own, other] = [await makeProofKey(), await makeProofKey()];
    for (const proof of ['', await other.proof(deps.config.issuer)]) {
      const { first, grantId } = await family({ jkt: own.thumbprint });
      await shared.storage.artifacts.consume('RefreshToken', first);
      expect(await use(first, { proof })).toEqual(INVALID);
      await expectRevoked(grantId, first);
    }
    // With its own key, it gets the same new token.
    const { first, grantId } = await family({ jkt: own.thumbprint });
    const answers = [
      await use(first, { proof: await own.proof(deps.config.issuer) }),
      await use(first, { proof: await own.proof(deps.config.issuer) }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[0]?.body.refresh_token).toBe(answers[1]?.body.refresh_token);
    expect(await tokensOf(grantId)).toHaveLength(2);
  });

  test('R32 without a grace: the second use revokes the family, also when both come at once', async () => {
    const { first, grantId } = await family();
    const { body } = await use(first, { port: withoutGrace });
    // The clock of another node may be behind.
    now -= 1;
    expect(await use(first, { port: withoutGrace })).toEqual(INVALID);
    await expectRevoked(grantId, first, body.refresh_token);
    now += 1;
    const raced = await family();
    const answers = await Promise.all(Array.from({ length: 10 }, async () => use(raced.first, { port: withoutGrace })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    await expectRevoked(raced.grantId, raced.first);
  });

  test('R32 a client whose file does not ask for rotation, also many uses at once: it keeps its refresh token', async () => {
    const { first, grantId } = await family({}, 'attack-kept');
    const options = (n: number) => ({ client: 'attack-kept', port: ports[n % 2] });
    const answers = await Promise.all(Array.from({ length: 10 }, async (_, n) => use(first, options(n))));
    expect(answers.map(({ status, body }) => [status, body.refresh_token])).toEqual(answers.map(() => [200, first]));
    now += GRACE_MS;
    expect((await use(first, { client: 'attack-kept' })).status).toBe(200);
    expect(await tokensOf(grantId)).toEqual([first]);
    // Another client cannot use it, and does not end it either.
    expect(await use(first, { client: 'attack-third' })).toEqual(INVALID);
    expect((await use(first, { client: 'attack-kept' })).status).toBe(200);
  });

  test('R32 a refresh token that is kept: it ends a lifetime after its last use', async () => {
    const before = now;
    const { artifacts } = shared.storage;
    const lifetime = deps.config.lifetimes.refreshToken * 1000;
    const expiry = async (token: string): Promise<unknown> => (await artifacts.find('RefreshToken', token))?.exp;
    const [used, unused] = [await family({}, 'attack-kept'), await family({}, 'attack-kept')];
    const issued = await expiry(used.first);
    now += Math.floor(lifetime * 0.05);
    await use(used.first, { client: 'attack-kept' });
    expect(await expiry(used.first)).toBe(issued);
    now += Math.floor(lifetime * 0.9);
    await use(used.first, { client: 'attack-kept' });
    expect(await expiry(used.first)).toBe(Math.floor(now / 1000) + lifetime / 1000);
    now += Math.floor(lifetime * 0.1);
    expect((await use(used.first, { client: 'attack-kept' })).status).toBe(200);
    expect(await use(unused.first, { client: 'attack-kept' })).toEqual(INVALID);
    now = before;
  });

  test('R32 a public client: its refresh token is replaced at each use, unless it is bound to a key, which every use then needs', async () => {
    const phone = { client: 'attack-phone' };
    const { first } = await family({}, 'attack-phone');
    const { status, body } = await use(first, phone);
    expect([status, body.refresh_token === first]).toEqual([200, false]);

    const [own, other] = [await makeProofKey(), await makeProofKey()];
    const bound = await family({ jkt: own.thumbprint }, 'attack-phone');
    const proven = async (key: typeof own) => use(bound.first, { ...phone, proof: await key.proof(deps.config.issuer) });
    expect(await use(bound.first, phone)).toEqual(INVALID);
    expect(await proven(other)).toEqual(INVALID);
    const kept = await proven(own);
    expect([kept.status, kept.body.refresh_token, kept.body.token_type]).toEqual([200, bound.first, 'DPoP']);
  });
}

async function makeProofKey() {
  const { calculateJwkThumbprint } = await import('jose');
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(publicKey);
  return {
    thumbprint: await calculateJwkThumbprint(jwk),
    proof: async (issuer: string) =>
      new SignJWT({ htm: 'POST', htu: `${issuer}/token`, jti: randomUUID() })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
        .setIssuedAt()
        .sign(privateKey),
  };
}

describe('on SQLite', () => describeRefresh(onSqlite));

const available = mongoServerAvailable();
const suite = available === true ? describe : describe.skip;
suite(available === true ? 'on MongoDB' : `on MongoDB (skipped: ${available.reason})`, () => describeRefresh(onMongo));
