// What real people ran into at other identity providers, tried here by HTTP. test/browser/real-people.test.ts has what a browser judges.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { SignJWT, UnsecuredJWT } from 'jose';
import { DEMO_PASSWORD, makeTestKey, startWorld, type World } from '../attacks/support/attack-world.ts';
import { redeem, signedIn } from '../attacks/support/client.ts';
import { codeFor, freshEmail, registerUpTo } from '../attacks/support/registration.ts';
import { headingOf, textOf, type Browser } from '../support/http-browser.ts';

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

describe('R8 a code that was mistyped five times', () => {
  const newReset = async (email: string): Promise<Browser> => {
    const browser = world.browser();
    await browser.open(`${world.issuer}/password/forgotten`);
    await browser.submit('/password/forgotten', { email });
    return browser;
  };
  const change = async (email: string): Promise<Browser> => {
    const { browser } = await signedIn(world, {}, { email: 'yamada@example.jp' });
    await browser.open(`${world.issuer}/account/email`);
    await browser.submit('/account/email', { email, current_password: DEMO_PASSWORD });
    return browser;
  };
  const registration = async (email: string): Promise<Browser> => (await registerUpTo(world, 'code', { email })).browser;

  /** `after` is where the right code leads; empty where there is no right one. */
  const uses: [use: string, open: (email: string) => Promise<Browser>, email: string, after: string][] = [
    ['a registration', registration, freshEmail(), '/create/profile'],
    ['a registration of an address that has an ID', registration, 'suzuki@example.jp', ''],
    ['a reset', newReset, 'sato@example.jp', '/password/forgotten/new'],
    ['a reset of an address that has no ID', newReset, freshEmail(), ''],
    ['a change to an address that has an ID', change, 'sato@example.jp', ''],
    ['a change of address', change, freshEmail(), '/account'],
  ];
  const DEAD = 'この認証番号は使えなくなりました。「番号を再送する」を押して';

  test.each(uses)(
    '%s: says how many tries are left from the third on, that the code is dead, and the next one works',
    async (_use, open, email, after) => {
      const mails = (await world.mails(email)).length;
      const browser = await open(email);
      const code = after === '' ? '123456' : await codeFor(world, email, mails + 1);
      const wrong = code === '000000' ? '000001' : '000000';
      const told: string[] = [];
      for (let attempt = 1; attempt <= 6; attempt += 1) {
        await browser.submit('/code', { code: attempt === 6 ? code : wrong });
        const text = textOf(browser.page.text);
        const left = /あと(\d)回/.exec(text)?.[1];
        told.push(text.includes(DEAD) ? 'dead' : (left ?? (/違うか/.test(text) ? 'wrong' : text)));
      }
      expect(told).toEqual(['wrong', 'wrong', '2', '1', 'dead', 'dead']);
      if (after === '') return;
      await world.advance(61_000);
      await browser.submit('/code/resend');
      await browser.submit('/code', { code: await codeFor(world, email, mails + 2) });
      expect(new URL(browser.page.url).pathname).toMatch(new RegExp(`${after}$`));
    },
  );
});
