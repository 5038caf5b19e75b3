// A request that holds a session, a grant or an interaction, and another one that ends it, in every order: it stays ended.
// The common ID runs in this process, on a storage whose writes can be held; on both databases. design/security-2.md, S119.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { loadConfig } from '../../src/config/load.ts';
import { GAZOO_DEVELOPMENT_SECRET } from '../../src/config/settings/settings.ts';
import { createSharedDeps } from '../../src/start/create-deps.ts';
import { writeDemoData } from '../../src/start/demo-data.ts';
import type { SharedDeps } from '../../src/deps.ts';
import { createLiveCommonId } from '../../src/start/live-common-id.ts';
import { makeMissingKeys } from '../../src/keys/keys.ts';
import type { ArtifactStore } from '../../src/storage/storage.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { mongoServerAvailable, startMongoServer } from '../storage/mongo-server.ts';
import { freePorts } from '../support/free-ports.ts';
import { createBrowser, sendRaw, type Browser } from '../support/http-browser.ts';
import { withMongo } from '../support/with-mongo.ts';

// The first start may build the MongoDB server.
jest.setTimeout(180_000);

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const GAZOO = 'http://localhost:9/gazoo/callback';

type Write = keyof ArtifactStore;
type Held = {
  /** Waits until the request comes to this write. @throws if the request ends without it */
  by(request: Promise<unknown>): Promise<void>;
  release: () => void;
};

/** A storage that holds the next write of a kind until it is released. */
function holdable(artifacts: ArtifactStore) {
  const waiting: { write: Write[]; model: string; arrive: () => void; go: Promise<void> }[] = [];
  const releases: (() => void)[] = [];
  const held = new Proxy(artifacts, {
    get(store, name: Write) {
      const method = store[name] as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        const at = waiting.findIndex(({ write, model }) => write.includes(name) && model === args[0]);
        const [hold] = at < 0 ? [] : waiting.splice(at, 1);
        hold?.arrive();
        await hold?.go;
        return method.apply(store, args);
      };
    },
  });
  return {
    artifacts: held,
    hold(model: string, ...write: Write[]): Held {
      const [arrived, arrive] = signal();
      const [go, release] = signal();
      const hold = { write, model, arrive, go };
      waiting.push(hold);
      releases.push(release);
      const missed = async (request: Promise<unknown>): Promise<never> => {
        await request;
        throw new Error(`the request ended without ${write.join(' or ')} of ${model}`);
      };
      return { by: async (request) => Promise.race([arrived, missed(request)]), release };
    },
    /** Lets every write pass: a test that fails must not hold those of the next one. */
    releaseAll() {
      waiting.splice(0);
      for (const release of releases.splice(0)) release();
    },
  };
}

function signal(): [promise: Promise<void>, resolve: () => void] {
  const { promise, resolve } = Promise.withResolvers<void>();
  return [promise, resolve];
}

const databases: Record<string, (directory: string) => Promise<{ url: string; remove(): Promise<void> }>> = {
  SQLite: async (directory) => ({ url: `sqlite:${join(directory, 'id.sqlite')}`, remove: async () => undefined }),
  async MongoDB() {
    const server = await startMongoServer();
    const url = server.url.replace(/^(mongodb:\/\/[^/?]+)[^?]*/, `$1/held_${randomUUID().slice(0, 8)}`);
    const { createMongoIndexes } = await import('../../src/storage/mongo/create-mongo-indexes.ts');
    await createMongoIndexes(url);
    return {
      url,
      async remove() {
        await withMongo(url, async (connection) => connection.dropDatabase());
        await server.stop();
      },
    };
  },
};

for (const [name, makeDatabase] of Object.entries(databases)) {
  const suite = name === 'SQLite' || mongoServerAvailable() === true ? describe : describe.skip;
  suite(`on ${name}`, () => {
    let issuer: string;
    let server: Server;
    let shared: SharedDeps;
    let storage: ReturnType<typeof holdable>;
    let clean: () => Promise<void>;

    beforeAll(async () => {
      const directory = await mkdtemp(join(tmpdir(), 'written-back-'));
      const database = await makeDatabase(directory);
      const [port = 0] = await freePorts(1);
      issuer = `http://localhost:${port}`;
      const env = {
        ISSUER: issuer,
        DATA_DIRECTORY: directory,
        DATABASE_URL: database.url,
        PASSWORD_HASH_COST: '4',
        DEMO_CLIENTS_URL: 'http://localhost:9',
        OPERATIONS_CONSOLE_URL: 'http://localhost:10',
      };
      const config = loadConfig({ env, directory: ROOT, apps: ['id'], keys: 'unchecked' });
      await makeMissingKeys(config.keyDirectory, Date.now());
      const log = createLog('common-id', 'error');
      const opened = await createSharedDeps(config, Date.now, log);
      storage = holdable(opened.storage.artifacts);
      shared = { ...opened, storage: { ...opened.storage, artifacts: storage.artifacts } };
      const { handler, current } = await createLiveCommonId(config, () => config, shared, Date.now, log);
      await writeDemoData(current());
      server = createServer(handler).listen(port, '127.0.0.1');
      await once(server, 'listening');
      clean = async () => {
        server.closeAllConnections();
        server.close();
        await opened.storage.close();
        await database.remove();
        await rm(directory, { recursive: true, force: true });
      };
    });
    afterEach(() => storage.releaseAll());
    afterAll(async () => clean?.());

    const verifier = randomBytes(32).toString('base64url');
    function requestOf(more: Record<string, string> = {}): string {
      const parameters = new URLSearchParams({
        client_id: 'gazoo',
        response_type: 'code',
        scope: 'openid',
        redirect_uri: GAZOO,
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
        ...more,
      });
      return `${issuer}/auth?${parameters.toString()}`;
    }

    /** A browser that is signed in, and has agreed to GAZOO once. */
    async function signedIn(): Promise<Browser> {
      const browser = createBrowser();
      await browser.open(requestOf(), GAZOO);
      await browser.submit('/login', { login_id: 'sato@example.jp', password: 'Common-2026' }, GAZOO);
      await browser.submit('/consent', { decision: 'allow' }, GAZOO);
      expect(codeOf(browser)).toBeTruthy();
      return browser;
    }
    const codeOf = ({ page }: Browser): string | null => new URL(page.location ?? GAZOO).searchParams.get('code');

    async function isSignedIn(browser: Browser): Promise<boolean> {
      // The ID's own pages ask: a logout also ends GAZOO's grant.
      const asked = browser.copy();
      await asked.open(`${issuer}/account`);
      return asked.page.url === `${issuer}/account`;
    }

    async function logOut(browser: Browser): Promise<void> {
      const owner = browser.copy();
      await owner.open(`${issuer}/session/end`);
      expect((await owner.post('/session/end/confirm', { logout: 'yes' })).status).toBe(303);
    }

    async function tokensOf(browser: Browser): Promise<{ status: number; access_token?: string }> {
      const body = new URLSearchParams({
        grant_type: 'authorization_code',
        code: codeOf(browser) ?? '',
        redirect_uri: GAZOO,
        code_verifier: verifier,
      });
      const headers = { Authorization: `Basic ${Buffer.from(`gazoo:${GAZOO_DEVELOPMENT_SECRET}`).toString('base64')}` };
      const { status, text } = await sendRaw(`${issuer}/token`, { method: 'POST', body, headers });
      return { status, ...(JSON.parse(text) as { access_token?: string }) };
    }

    test('S119 a session is written back after its owner has logged out: it stays ended, and so does a code from it', async () => {
      const thief = await signedIn();
      expect(await isSignedIn(thief)).toBe(true);
      const end = storage.hold('Session', 'save', 'update');
      const using = thief.open(requestOf({ prompt: 'none' }), GAZOO);
      await end.by(using);
      await logOut(thief);
      end.release();
      await using;
      expect(await isSignedIn(thief)).toBe(false);
      expect((await tokensOf(thief)).status).toBe(400);
    });

    test('S119 a session gets a new identifier while its owner logs out, in every order: neither identifier works', async () => {
      for (const [model, ...write] of [
        ['Session', 'save'],
        ['Session', 'destroy'],
      ] as [string, ...Write[]][]) {
        const thief = await signedIn();
        await thief.open(requestOf({ prompt: 'consent' }), GAZOO);
        const before = thief.copy();
        const owner = thief.copy();
        await owner.open(`${issuer}/session/end`);
        // The thief's request first, then the owner's, then the thief's continues.
        const turn = storage.hold(model, ...write);
        const turning = thief.submit('/consent', { decision: 'allow' }, GAZOO);
        await turn.by(turning);
        expect((await owner.post('/session/end/confirm', { logout: 'yes' })).status).toBe(303);
        turn.release();
        await turning;
        expect([write, await isSignedIn(thief), await isSignedIn(before)]).toEqual([write, false, false]);
      }
      // The owner's request first, then the whole one of the thief, then the owner's continues.
      const thief = await signedIn();
      await thief.open(requestOf({ prompt: 'consent' }), GAZOO);
      const owner = thief.copy();
      await owner.open(`${issuer}/session/end`);
      const logout = storage.hold('Session', 'destroy');
      const loggingOut = owner.post('/session/end/confirm', { logout: 'yes' });
      await logout.by(loggingOut);
      await thief.submit('/consent', { decision: 'allow' }, GAZOO);
      expect(codeOf(thief)).toBeTruthy();
      logout.release();
      await loggingOut;
      expect([await isSignedIn(thief), await isSignedIn(owner)]).toEqual([false, false]);
    });

    test('S119 a grant is written back after the person revoked it: it stays revoked, and its code is refused', async () => {
      const browser = await signedIn();
      await browser.open(requestOf({ scope: 'openid email', prompt: 'consent' }), GAZOO);
      const owner = browser.copy();
      await owner.open(`${issuer}/account/services/gazoo/end`);
      const write = storage.hold('Grant', 'save', 'update');
      const agreeing = browser.submit('/consent', { decision: 'allow' }, GAZOO);
      await write.by(agreeing);
      await owner.submit('/account/services/gazoo/end');
      write.release();
      await agreeing;
      expect((await tokensOf(browser)).status).not.toBe(200);
      await owner.open(`${issuer}/account`);
      expect(owner.page.text).not.toContain('GAZOO');
    });

    test('S119 an interaction is written back after it was finished: it stays finished', async () => {
      const browser = await signedIn();
      await browser.open(requestOf({ prompt: 'consent' }), GAZOO);
      const uid = /interaction\/([\w-]+)/.exec(browser.page.url)?.[1] ?? '';
      const second = browser.copy();
      const write = storage.hold('Interaction', 'save', 'update');
      const pressed = second.post('/consent', { decision: 'allow' });
      await write.by(pressed);
      await browser.submit('/consent', { decision: 'allow' }, GAZOO);
      expect(codeOf(browser)).toBeTruthy();
      write.release();
      await pressed;
      expect(await shared.storage.artifacts.find('Interaction', uid)).toBeUndefined();
    });
  });
}
