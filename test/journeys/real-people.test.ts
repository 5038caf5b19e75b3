// What real people ran into at other identity providers, tried here by HTTP. test/browser/real-people.test.ts has what a browser judges.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { SignJWT, UnsecuredJWT } from 'jose';
import { makeTestKey, startWorld, type World } from '../attacks/support/attack-world.ts';
import { headingOf, redeem, signedIn } from '../attacks/support/client.ts';

jest.setTimeout(60_000);

const LOGGED_OUT = 'http://127.0.0.1:9/logged-out';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => world?.close());

test('R34 logout with a hint that no longer counts, or with wrong parameters: the page that asks, and then logged out', async () => {
  const { code, pkce } = await signedIn(world);
  const idToken = String((await redeem(world, code, pkce)).body.id_token);
  const retired = await makeTestKey();
  const signed = async (claims: Record<string, unknown>): Promise<string> =>
    new SignJWT({ iss: world.issuer, sub: 'x', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: retired.kid })
      .sign(retired.privateKey);
  const hints = [
    'undefined',
    'null',
    '',
    'x.y.z',
    `${idToken.slice(0, -8)}AAAAAAAA`,
    await signed({ aud: 'attack-web' }),
    await signed({ aud: 'removed-client' }),
    await signed({}),
    await signed({ aud: ['attack-web', 'attack-third'] }),
    await signed({ aud: 7 }),
    new UnsecuredJWT({ iss: world.issuer, aud: 'attack-web' }).encode(),
  ];
  const requests: Record<string, string>[] = [
    ...hints.flatMap((hint) => [
      { id_token_hint: hint, post_logout_redirect_uri: LOGGED_OUT, state: 's' },
      { id_token_hint: hint, client_id: 'attack-web', post_logout_redirect_uri: LOGGED_OUT, state: 's' },
    ]),
    { id_token_hint: idToken, client_id: 'attack-third' },
    { id_token_hint: idToken, post_logout_redirect_uri: 'http://127.0.0.1:9/elsewhere' },
    { client_id: 'removed-client', post_logout_redirect_uri: LOGGED_OUT },
    { client_id: 'attack-web', post_logout_redirect_uri: 'http://127.0.0.1:9/elsewhere' },
  ];
  const { browser } = await signedIn(world);
  for (const request of requests) {
    const page = await browser.open(
      `${world.issuer}/session/end?${new URLSearchParams({ ...request, ui_locales: 'en' }).toString()}`,
    );
    expect([request, page.status, headingOf(page)]).toEqual([request, 200, 'Sign out']);
    // A client that is named beside a dead hint still gets its user back.
    const isKnown = request.client_id === 'attack-web' && request.post_logout_redirect_uri === LOGGED_OUT;
    expect([request, page.text.includes(LOGGED_OUT)]).toEqual([request, isKnown]);
  }
  const doubled = await browser.open(
    `${world.issuer}/session/end?client_id=attack-web&client_id=attack-web&ui_locales=ja&ui_locales=en`,
  );
  expect([doubled.status, headingOf(doubled)]).toEqual([200, 'ログアウト']);

  const otherTab = browser.copy();
  await browser.submit('/session/end/confirm', { logout: 'yes' });
  expect(headingOf(browser.page)).toBe('ログアウトしました');
  // The same page in another tab, a moment later.
  const late = await otherTab.submit('/session/end/confirm', { logout: 'yes' });
  expect(late.status).toBe(200);
  expect((await browser.open(`${world.issuer}/session/end/success?client_id=removed-client`)).status).toBe(200);
  expect((await browser.open(`${world.issuer}/account`)).url).toContain('/login');
});
