// A service without a migration: an ordinary third-party client, with login, required information and consent.
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { freePorts } from '../support/free-ports.ts';
import { DEMO_PASSWORD, WORDS } from './traveller.ts';
import { inTwoBrowsers } from './two-browsers.ts';

// A limit for what hangs: a busy machine takes its time.
jest.setTimeout(120_000);

const [port] = await freePorts(1);
const SITE = `http://localhost:${port}`;
const SECRET = 'magazine-of-the-tests-0123456789abcdef';

/** A third party's service such as GAZOO, which requires a birth date. */
const clients = {
  magazine: {
    client_name: 'Magazine',
    application_type: 'web',
    token_endpoint_auth_method: 'client_secret_basic',
    client_secret: { $env: 'MAGAZINE_CLIENT_SECRET' },
    redirect_uris: [`${SITE}/callback`],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    scope: 'openid profile email offline_access',
    common_id: {
      first_party: false,
      required_claims: [{ claim: 'birthdate', reason: { ja: '年齢の確認', en: 'Your age' } }],
      contact: 'magazine@example.jp',
    },
  },
};

inTwoBrowsers({ clients, env: { MAGAZINE_CLIENT_SECRET: SECRET } }, (journey) => {
  const verifier = randomBytes(32).toString('base64url');
  let site: Server;
  const redirectUri = (): string => `${SITE}/callback`;
  const start = (more: Record<string, string> = {}): string => {
    const query = new URLSearchParams({
      client_id: 'magazine',
      response_type: 'code',
      redirect_uri: redirectUri(),
      scope: 'openid profile email offline_access',
      state: 'the-state',
      nonce: 'the-nonce',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...more,
    });
    return `${journey.world.origins.id}/auth?${query.toString()}`;
  };

  beforeAll(async () => {
    site = createServer((_request, response) => {
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end('<!doctype html><html lang="ja"><title>Magazine</title><main><h1>Magazine</h1></main></html>');
    });
    await new Promise<void>((resolve) => {
      site.listen(port, 'localhost', resolve);
    });
  });
  afterAll(async () => {
    site.closeAllConnections();
    await new Promise((resolve) => site.close(resolve));
  });

  it('login, required information, consent; refused, and then allowed', async () => {
    const { world } = journey;
    const yamada = await journey.person();
    await yamada.open(start());
    await yamada.isAt('login');
    expect(await yamada.text()).not.toContain('販売店');
    await yamada.signIn('yamada@example.jp', DEMO_PASSWORD);
    await yamada.isAt('required');
    expect(await yamada.text()).toContain('年齢の確認');
    await yamada.confirmRequired();
    expect(await yamada.heading()).toBe('情報の提供の確認');
    expect(await yamada.text()).toContain('Magazine');
    await yamada.press('許可しない');
    expect(yamada.url()).toMatch(new RegExp(`^${redirectUri()}.*error=access_denied.*state=the-state`));

    // Signed in, and the information is confirmed: only the consent is missing.
    await yamada.open(start());
    expect(await yamada.heading()).toBe('情報の提供の確認');
    await yamada.press('許可する');
    const answer = new URL(yamada.url());
    expect(answer.href).toContain(redirectUri());
    expect(Object.fromEntries(answer.searchParams)).toMatchObject({
      state: 'the-state',
      iss: world.origins.id,
      code: expect.any(String),
    });
    const tokens = await fetch(`${world.origins.id}/token`, {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from(`magazine:${SECRET}`).toString('base64')}` },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: answer.searchParams.get('code') ?? '',
        redirect_uri: redirectUri(),
        code_verifier: verifier,
      }),
    });
    expect(tokens.status).toBe(200);
    expect(await tokens.json()).toMatchObject({ id_token: expect.any(String), refresh_token: expect.any(String) });

    // Asked only once.
    await yamada.open(start());
    expect(yamada.url()).toContain(`${redirectUri()}?code=`);
  });

  it('a person who cancels the login is back at the service; an invalid request ends on a page of ours', async () => {
    const { world } = journey;
    const guest = await journey.person();
    await guest.open(start({ state: 'another' }));
    await guest.press('ログインせずに戻る');
    expect(guest.url()).toMatch(/error=access_denied.*state=another/);
    await guest.open(start({ redirect_uri: 'https://attacker.example/' }));
    expect(guest.url()).toContain(world.origins.id);
    expect(await guest.text()).toMatch(/お問い合わせ番号\s+\w+/);
    // A program gets JSON.
    for (const path of ['/token', '/request']) {
      const answer = await fetch(`${world.origins.id}${path}`, {
        method: 'POST',
        body: new URLSearchParams({ client_id: 'nobody' }),
      });
      expect(answer.status).toBeLessThan(500);
      expect(await answer.json()).toMatchObject({ error: expect.any(String) });
    }
  });

  it('a person without an ID gets one on the way, without a dealer', async () => {
    const guest = await journey.person();
    await guest.open(start({ scope: 'openid' }));
    await guest.press(WORDS.newId);
    const email = `guest-${randomBytes(4).toString('hex')}@example.jp`;
    await guest.register(email);
    await guest.signIn(undefined, 'Kuruma-77x');
    await guest.confirmRequired();
    await guest.press('許可する');
    expect(guest.url()).toContain(`${redirectUri()}?code=`);
  });
});
