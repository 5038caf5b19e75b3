// Attacks on consent, required information, subjects and kinds of token: design/security.md 72 to 76.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { type Answer } from '../support/http-browser.ts';
import { CALLBACK, startWorld, type World } from './support/attack-world.ts';
import { basic, begin, parseJson, redeem, returned, signedIn, signIn, token } from './support/client.ts';
import { accountsOf, PASSWORD, registerUpTo } from './support/registration.ts';
import { untilFound } from '../support/until-true.ts';

// Processes start and mails travel slowly on a busy machine.
jest.setTimeout(60_000);

let world: World;
let receiver: Server;
const logoutTokens: string[] = [];

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      logoutTokens.push(new URLSearchParams(body).get('logout_token') ?? '');
      response.end();
    });
  });
  await new Promise<void>((resolve) => {
    receiver.listen(0, '127.0.0.1', resolve);
  });
  const told = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/logout`;
  world = await startWorld({
    clients: {
      'attack-told': {
        client_name: 'Attack told',
        application_type: 'web',
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: { $env: 'ATTACK_WEB_SECRET' },
        redirect_uris: [CALLBACK],
        backchannel_logout_uri: told,
        backchannel_logout_session_required: true,
        scope: 'openid profile email',
        common_id: { first_party: true, contact: 'attacks' },
      },
    },
  });
});
afterAll(async () => {
  await world?.close();
  receiver?.close();
});

const APP = 'maintenance-notebook-app';
const userInfo = async (accessToken: unknown): Promise<Answer> =>
  world.request('/me', { headers: { Authorization: `Bearer ${String(accessToken)}` } });
const linkRequest = (dealer: string): Record<string, string> => ({
  scope: 'openid profile dealer_link offline_access service_history',
  authorization_details: JSON.stringify([{ type: 'dealer_link', dealer }]),
  resource: `${world.env.DEALER_SYSTEM_URL}/dealers/${dealer}`,
});

/** Signs in at a first-party client, with or without a dealer link. */
async function withDealer(
  dealer: string,
  decision: 'link' | 'skip',
  email: string,
): Promise<{ body: Record<string, unknown>; pages: string[] }> {
  const { browser, pkce, page } = await begin(world, 'attack-web', linkRequest(dealer));
  const pages = [page.text];
  await browser.submit('/dealer-link', { decision }, CALLBACK);
  await signIn(browser, email);
  const answer = browser.page.url.includes('/finalize')
    ? await browser.open(browser.page.url.replace(/\/finalize.*$/, '/finalize/continue'), CALLBACK)
    : browser.page;
  const code = returned(answer).get('code') ?? '';
  return { body: (await redeem(world, code, pkce)).body, pages };
}

test('S72 no consent, or consent to another dealer: nothing is granted; native apps ask every time', async () => {
  // A third party: the page shows its name and every kind of data.
  const third = await begin(world, 'attack-third', { scope: 'openid profile email phone' });
  const page = await signIn(third.browser);
  expect(page.text).toContain('Attack third');
  expect(page.text.match(/<dt>/g)).toHaveLength(3);
  const silent = await begin(world, 'attack-third', { prompt: 'none' }, third.browser.copy());
  expect(returned(silent.page).get('error')).toMatch(/^(consent|interaction|login)_required$/);
  const denied = await third.browser.submit('/consent', { decision: 'deny' }, CALLBACK);
  expect(returned(denied).get('error')).toBe('access_denied');
  const afterDenial = await begin(world, 'attack-third', { prompt: 'none' }, third.browser);
  expect(returned(afterDenial.page).get('error')).toMatch(/^consent_required$|^interaction_required$/);
  // The client has these scopes, and asks again for more.
  const allowed = await begin(world, 'attack-third', { scope: 'openid profile' }, third.browser);
  expect(returned(await allowed.browser.submit('/consent', { decision: 'allow' }, CALLBACK)).has('code')).toBe(true);
  expect(
    returned((await begin(world, 'attack-third', { scope: 'openid profile', prompt: 'none' }, third.browser)).page).has('code'),
  ).toBe(true);
  expect(
    returned((await begin(world, 'attack-third', { scope: 'openid profile email', prompt: 'none' }, third.browser)).page).get(
      'error',
    ),
  ).toBe('consent_required');

  // Any program can pretend to be a native app, so it asks every time, also without a prompt.
  const redirect_uri = 'http://127.0.0.1:9/callback';
  const native = await begin(world, APP, { redirect_uri, scope: 'openid' });
  await signIn(native.browser);
  expect(native.browser.page.url).toContain('/consent');
  // Opening or leaving the page grants nothing, nor does a form that does not say 許可する.
  for (const decision of ['', 'ALLOW']) {
    const other = await begin(world, APP, { redirect_uri, scope: 'openid' }, native.browser.copy());
    expect(returned(await other.browser.submit('/consent', { decision }, CALLBACK)).get('error')).toBe('access_denied');
  }
  expect(world.rows("SELECT id FROM artifacts WHERE model = 'Grant' AND payload LIKE ?", `%${APP}%`)).toEqual([]);
  expect(returned(await native.browser.submit('/consent', { decision: 'allow' }, CALLBACK)).has('code')).toBe(true);
  const again = await begin(world, APP, { redirect_uri, scope: 'openid' }, native.browser);
  expect(again.page.url).toContain('/consent');
  expect(
    returned((await begin(world, APP, { redirect_uri, scope: 'openid', prompt: 'none' }, native.browser)).page).get('error'),
  ).toMatch(/_required$/);

  // The dealer page names the dealer and the data in both directions; after a refusal the flow continues without a link.
  const refused = await withDealer('tokyo-toyota', 'skip', 'sato@example.jp');
  const text = refused.pages.join('');
  expect(text).toContain('東京トヨタ');
  expect(text.match(/<section class="card">[\s\S]*?<\/section>/g)?.map((card) => card.match(/<li>/g)?.length)).toEqual([3, 3]);
  expect(refused.body.access_token).toBeDefined();
  expect(refused.body.authorization_details ?? []).toEqual([]);
  expect(parseJson((await userInfo(refused.body.access_token)).text).dealer_links ?? []).toEqual([]);

  // With one dealer link, the token for that dealer contains only that link, and there is no token for another dealer.
  const linked = await withDealer('aichi-toyota', 'link', 'sato@example.jp');
  expect(linked.body.authorization_details).toMatchObject([{ dealer: 'aichi-toyota' }]);
  const refreshFor = async (refreshToken: unknown, dealer: string): Promise<Record<string, unknown>> =>
    (
      await token(
        world,
        {
          grant_type: 'refresh_token',
          refresh_token: String(refreshToken),
          resource: `${world.env.DEALER_SYSTEM_URL}/dealers/${dealer}`,
        },
        { headers: basic('attack-web') },
      )
    ).body;
  const forAichi = await refreshFor(linked.body.refresh_token, 'aichi-toyota');
  const claims = decodeJwt(String(forAichi.access_token));
  expect(claims.aud).toBe(`${world.env.DEALER_SYSTEM_URL}/dealers/aichi-toyota`);
  expect((claims.authorization_details as { dealer: string }[]).map(({ dealer }) => dealer)).toEqual(['aichi-toyota']);
  const forTokyo = await refreshFor(forAichi.refresh_token, 'tokyo-toyota');
  expect(forTokyo.access_token).toBeUndefined();
  expect(forTokyo.error).toMatch(/^invalid_(target|request|grant)$/);
});

test('S73 the consent page answered without being shown, or for another person: refused', async () => {
  const victim = await begin(world, 'attack-third');
  await signIn(victim.browser, 'yamada@example.jp');
  await victim.browser.submit('/consent', { decision: 'allow' }, CALLBACK);
  const [grant] = world.rows<{ id: string }>(`SELECT id FROM artifacts WHERE model = 'Grant' ORDER BY sequence DESC LIMIT 1`);

  // Before the login, the URL of the consent page leads back to the login.
  const early = await begin(world, 'attack-third');
  const form = early.browser.form('/login');
  const forged = { ...form, action: form.action.replace('/login', '/consent') };
  for (const typed of [
    { decision: 'allow' },
    { decision: 'allow', grantId: grant?.id ?? '' },
    { decision: 'allow', account_id: 'x' },
  ]) {
    const answer = await early.browser.post(forged, typed as Record<string, string>);
    expect([400, 303]).toContain(answer.status);
    expect(returned(answer).has('code')).toBe(false);
    if (answer.status === 303) expect(answer.location).toBe(new URL(form.action, world.issuer).href);
  }
  // After the login: another person's grant is not used, even if the form names it.
  await signIn(early.browser);
  const answer = await early.browser
    .submit('/consent', { decision: 'allow', grantId: grant?.id ?? '', grant_id: grant?.id ?? '' }, CALLBACK)
    .catch(() => undefined);
  if (answer?.status === 400) await early.browser.open(early.page.url);
  else {
    const { body } = await redeem(world, returned(answer as Answer).get('code') ?? '', early.pkce, { clientId: 'attack-third' });
    expect(parseJson((await userInfo(body.access_token)).text).email).toBe('sato@example.jp');
  }
  // Another person's page with one's own cookies.
  const other = await begin(world, 'attack-third');
  await signIn(other.browser);
  const stranger = await begin(world, 'attack-third');
  await signIn(stranger.browser, 'yamada@example.jp');
  const stolen = { ...stranger.browser.form('/consent'), action: other.browser.form('/consent').action };
  expect((await stranger.browser.post(stolen, { decision: 'allow' })).status).toBe(400);
});

test('S74 required information skipped by the resume URL, the last page or prompt=none: still required', async () => {
  const { browser, pkce } = await begin(world, 'attack-required');
  await signIn(browser);
  expect(browser.page.url).toContain('/required-profile');
  const uid = /interaction\/([\w-]+)/.exec(browser.page.url)?.[1] ?? '';
  const at = browser.page;
  for (const path of [
    `/auth/${uid}`,
    `/interaction/${uid}/required-profile/done`,
    `/interaction/${uid}/required-profile/confirm`,
    `/interaction/${uid}/consent`,
    `/interaction/${uid}/finalize/continue`,
  ]) {
    const copy = browser.copy();
    const answer = await copy.open(world.issuer + path, CALLBACK);
    expect([path, returned(answer).has('code')]).toEqual([path, false]);
  }
  // oidc-provider ends a request at its resume URL, so each attempt uses its own request.
  for (const [action, typed] of [
    ['/done', {}],
    ['/confirm', {}],
  ] as const) {
    const fresh = await begin(world, 'attack-required', {}, world.browser());
    await signIn(fresh.browser);
    const form = fresh.browser.form('/required-profile');
    const answer = await fresh.browser.submit({ ...form, action: `${form.action}${action}` }, typed, CALLBACK);
    expect(returned(answer).has('code')).toBe(false);
    expect(fresh.browser.page.url).toContain('/required-profile');
  }
  expect(at.status).toBe(200);
  const { browser: member } = await signedIn(world);
  const silent = await begin(world, 'attack-required', { prompt: 'none' }, member);
  expect(returned(silent.page).get('error')).toBe('interaction_required');
  expect((await redeem(world, 'x', pkce, { clientId: 'attack-required' })).body.error).toBe('invalid_grant');
  expect(accountsOf(world, 'sato@example.jp')[0]?.confirmations ?? {}).not.toHaveProperty('attack-required');
  // The confirmed value is stored only in the account.
  const typed = { birthdate_year: '1990', birthdate_month: '2', birthdate_day: '3' };
  // In a new request, because the browser copies above share the cookie of this session.
  const honest = (await begin(world, 'attack-required', {}, world.browser())).browser;
  await signIn(honest);
  await honest.submit('/required-profile', typed);
  const kept = () => world.rows("SELECT id FROM expiring_documents WHERE document LIKE '%typed_profile%'");
  expect(kept()).toHaveLength(1);
  await honest.submit('/required-profile/confirm');
  expect(kept()).toEqual([]);
  expect(accountsOf(world, 'sato@example.jp')[0]?.profile).toMatchObject({ birthdate: '1990-02-03' });
});

test('S75 the subject instead of an address, across clients, or after a deletion: opaque, pairwise if configured, never reused', async () => {
  const subject = async (clientId: string, email: string, password = 'Common-2026'): Promise<string> => {
    const { browser, pkce } = await begin(world, clientId, { scope: 'openid email' });
    let answer = await signIn(browser, email, password);
    if (answer.url.includes('/consent')) answer = await browser.submit('/consent', { decision: 'allow' }, CALLBACK);
    const { body } = await redeem(world, returned(answer).get('code') ?? '', pkce, { clientId });
    const { sub } = decodeJwt(String(body.id_token));
    expect(parseJson((await userInfo(body.access_token)).text).sub).toBe(sub);
    return String(sub);
  };
  const [first, again, elsewhere] = [
    await subject('attack-web', 'sato@example.jp'),
    await subject('attack-web', 'sato@example.jp'),
    await subject('attack-told', 'sato@example.jp'),
  ];
  expect(again).toBe(first);
  expect(elsewhere).toBe(first);
  expect(first).not.toMatch(/sato|example|@|^\d+$/);
  const pairwise = await subject('attack-third', 'sato@example.jp');
  expect(pairwise).not.toBe(first);
  expect(await subject('attack-third', 'sato@example.jp')).toBe(pairwise);
  expect(await subject('attack-web', 'yamada@example.jp')).not.toBe(first);

  const { browser, email } = await registerUpTo(world, 'confirm');
  await browser.submit('/create/confirm');
  const before = await subject('attack-web', email, PASSWORD);
  world.change(`DELETE FROM accounts WHERE document ->> 'email' = ?`, email);
  world.change(`DELETE FROM identifiers WHERE key = ?`, `email:${email}`);
  const reborn = await registerUpTo(world, 'email');
  await reborn.browser.submit('/create/email', { email });
  const newest = await world.mail(email, 2);
  await reborn.browser.submit('/create/code', { code: /\d{6}/.exec(newest.text.normalize('NFKC'))?.[0] ?? '' });
  await reborn.browser.submit('/create/profile', { ...(await import('./support/registration.ts')).PROFILE });
  await reborn.browser.submit('/create/confirm');
  expect(reborn.browser.page.url).toContain('/complete');
  expect(await subject('attack-web', email, PASSWORD)).not.toBe(before);
});

test('S76 a token of another kind or of another client: refused', async () => {
  const { browser, pkce, code } = await signedIn(world, { scope: 'openid profile offline_access' });
  const { body } = await redeem(world, code, pkce);
  const [idToken, accessToken, refreshToken] = [body.id_token, body.access_token, body.refresh_token].map(String) as [
    string,
    string,
    string,
  ];
  expect(decodeJwt(idToken).aud).toBe('attack-web');
  // UserInfo accepts only access tokens.
  for (const wrong of [idToken, refreshToken, code, 'garbage', 'x'.repeat(100_00), '']) {
    expect([wrong.slice(0, 20), (await userInfo(wrong)).status]).toEqual([wrong.slice(0, 20), expect.any(Number)]);
    expect((await userInfo(wrong)).status).toBeGreaterThanOrEqual(400);
    expect((await userInfo(wrong)).status).toBeLessThan(500);
  }
  // A JWT access token and a logout token look like ID tokens.
  const linked = await withDealer('osaka-toyota', 'link', 'yamada@example.jp');
  const jwtAccess = String(
    (
      await token(
        world,
        {
          grant_type: 'refresh_token',
          refresh_token: String(linked.body.refresh_token),
          resource: `${world.env.DEALER_SYSTEM_URL}/dealers/osaka-toyota`,
        },
        { headers: basic('attack-web') },
      )
    ).body.access_token,
  );
  expect(JSON.parse(Buffer.from(jwtAccess.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({ typ: 'at+jwt' });
  expect((await userInfo(jwtAccess)).status).toBe(401);
  const told = await signedIn(world, {}, { clientId: 'attack-told' });
  await told.browser.open(`${world.issuer}/session/end`);
  await told.browser.submit('/session/end/confirm', { logout: 'yes' });
  const logoutToken = await untilFound('a logout token', () => logoutTokens[0]);
  expect(decodeJwt(logoutToken)).toMatchObject({ aud: 'attack-told' });
  for (const wrong of [accessToken, jwtAccess, logoutToken, refreshToken]) {
    const hinted = await begin(world, 'attack-told', { id_token_hint: wrong, prompt: 'none' }, browser.copy());
    expect([wrong.slice(0, 40), returned(hinted.page).has('code')]).toEqual([wrong.slice(0, 40), false]);
    const logout = await browser
      .copy()
      .open(
        `${world.issuer}/session/end?${new URLSearchParams({ id_token_hint: wrong, post_logout_redirect_uri: 'http://127.0.0.1:9/logged-out' }).toString()}`,
      );
    // The hint counts for nothing: the page asks, and knows of no client to go back to.
    expect([wrong.slice(0, 40), logout.status]).toEqual([wrong.slice(0, 40), 400]);
    expect(logout.text).not.toContain('http://127.0.0.1:9/logged-out');
    expect((await userInfo(logoutToken)).status).toBe(401);
  }
  // No other client learns to whom a token belongs.
  const introspect = async (clientId: string, value: string): Promise<unknown> =>
    parseJson(
      (
        await world.request('/token/introspection', {
          method: 'POST',
          headers: basic(clientId),
          body: new URLSearchParams({ token: value }),
        })
      ).text,
    ).active;
  expect(await introspect('attack-web', refreshToken)).toBe(true);
  for (const value of [refreshToken, accessToken]) {
    expect(await introspect('attack-third', value)).toBe(false);
    expect(await introspect('attack-told', value)).toBe(false);
  }
  expect(await introspect('attack-web', idToken)).not.toBe(true);
});
