// Attacks with logout tokens (OpenID Connect Back-Channel Logout 1.0) on a first-party client app: design/security-2.md, S121.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openSessions } from '../../src/apps/maintenance-notebook/sessions.ts';
import { createBrowser, type Browser } from '../support/http-browser.ts';
import { startWorld, type World } from '../apps/maintenance-notebook/world.ts';
import { figure } from './support/figure.ts';

const TAMPERED = ['iat', 'jti', 'exp'] as const;

let world: World;
beforeAll(async () => {
  world = await startWorld();
  world.personHas('none');
});
afterAll(async () => world?.close());

const seconds = (): number => Math.floor(Date.now() / 1000);

async function logIn(): Promise<Browser> {
  const browser = createBrowser();
  await browser.open(`${world.notebook}/login`);
  expect(await isSignedIn(browser)).toBe(true);
  return browser;
}

const isSignedIn = async (browser: Browser): Promise<boolean> =>
  (await browser.open(world.notebook)).text.includes('田中 太郎 様');

const signed = async (changes: Record<string, unknown> = {}): Promise<string> =>
  world.provider.sign('logout+jwt', {
    aud: 'maintenance-notebook',
    jti: crypto.randomUUID(),
    sub: 'person-1',
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    ...changes,
  });

async function post(token: string): Promise<number> {
  const body = new URLSearchParams({ logout_token: token });
  return (await fetch(`${world.notebook}/backchannel-logout`, { method: 'POST', body })).status;
}

test('S121 a logout token a second time: refused, and a newer session stays', async () => {
  const first = await logIn();
  const token = await signed();
  expect(await post(token)).toBe(200);
  expect(await isSignedIn(first)).toBe(false);
  // In the same second: its time alone would end the session.
  const second = await logIn();
  expect(await post(token)).toBe(400);
  expect(await isSignedIn(second)).toBe(true);
  // Until it expires, and a little longer; then its age refuses it.
  world.advance(305_000);
  expect(await post(token)).toBe(400);
  world.advance(-305_000);
  expect(await isSignedIn(second)).toBe(true);
});

test('S121 one logout token many times at once: accepted once', async () => {
  for (let round = 0; round < figure(20, 3); round += 1) {
    const token = await signed();
    const answers = await Promise.all(Array.from({ length: 20 }, async () => post(token)));
    expect(answers.filter((status) => status === 200)).toHaveLength(1);
    expect(answers.filter((status) => status === 400)).toHaveLength(19);
  }
});

test('S121 a logout token from before a session: that session stays, and an earlier one ends', async () => {
  const session = await logIn();
  expect(await post(await signed({ iat: seconds() - 30, exp: seconds() + 60 }))).toBe(200);
  expect(await isSignedIn(session)).toBe(true);
  expect(await post(await signed({ iat: seconds() }))).toBe(200);
  expect(await isSignedIn(session)).toBe(false);
});

test('S121 logout tokens without iat, exp or jti: refused', async () => {
  const session = await logIn();
  for (const claim of TAMPERED) expect([claim, await post(await signed({ [claim]: undefined }))]).toEqual([claim, 400]);
  expect(await post(await signed({ jti: 5 }))).toBe(400);
  expect(await isSignedIn(session)).toBe(true);
});

test('S121 the store of an older version, two processes, and a login that arrives after its logout: ended once, and not begun', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'notebook-store-'));
  try {
    const path = join(directory, 'notebook.sqlite');
    const old = new DatabaseSync(path);
    old.exec(`CREATE TABLE sessions (key TEXT PRIMARY KEY, sub TEXT NOT NULL, sid TEXT, id_token TEXT NOT NULL, tokens TEXT NOT NULL,
      claims TEXT, dealer TEXT, notice TEXT, expires_at INTEGER NOT NULL) STRICT;
      INSERT INTO sessions (key, sub, id_token, tokens, expires_at) VALUES ('old', 'a', 'i', '{}', ${Date.now() + 60_000});`);
    old.close();
    const [one, two] = [openSessions(path, Date.now), openSessions(path, Date.now)];
    expect(one.find('old')).toMatchObject({ sub: 'a' });
    const login = { sub: 'a', sid: 's1', idToken: 'i', issuedAt: 100, tokens: { access_token: 't', expires_at: 0 } };
    const kept = one.create({ ...login, sid: 's2' });
    const token = { sub: 'a', sid: undefined, jti: 'j1', issuedAt: 99, expiresAt: seconds() + 60 };
    expect([two.removeLoggedOut(token), one.removeLoggedOut(token)]).toEqual([1, undefined]);
    expect([one.find('old'), one.findById(kept ?? '')?.sub]).toEqual([undefined, 'a']);

    // The logout arrives before the login of the session that it ends: by its `sid`, or for the whole person.
    expect(two.removeLoggedOut({ ...token, sid: 's1', jti: 'j2', issuedAt: 100 })).toBe(0);
    expect(one.create(login)).toBeUndefined();
    expect(one.create({ ...login, issuedAt: 101 })).toBeDefined();
    expect(one.create({ ...login, sid: 's3' })).toBeDefined();
    expect(one.create({ ...login, sid: 's3', issuedAt: 98 })).toBeUndefined();
    // A newer sign-in makes the session newer.
    const renewed = two.create({ ...login, sid: 's4' }) ?? '';
    two.renew(two.findById(renewed)?.key ?? '', { sid: 's5', idToken: 'n', issuedAt: 200 });
    expect(one.removeLoggedOut({ ...token, jti: 'j3', issuedAt: 150 })).toBe(3);
    expect(one.findById(renewed)?.sub).toBe('a');
    expect(one.removeLoggedOut({ ...token, sid: 's5', jti: 'j4', issuedAt: 199 })).toBe(0);
    expect(one.removeLoggedOut({ ...token, sid: 's5', jti: 'j5', issuedAt: 200 })).toBe(1);
    for (const store of [one, two]) store.close();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
