// What real people ran into at other identity providers, where a browser is the judge. test/journeys/real-people.test.ts has the rest.
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { digestOf } from '../../src/config/clients/check-client-secrets.ts';
import { createTranslator } from '../../src/http/translator.ts';
import { createViewRenderer } from '../../src/http/view-renderer.ts';
import { LANGUAGES } from '../../src/language.ts';
import { figure } from '../attacks/support/figure.ts';
import { renderSample } from '../http/render-sample.ts';
import { viewSamples } from '../http/view-samples.ts';
import { launchChromium } from '../support/chromium.ts';
import { freePorts } from '../support/free-ports.ts';
import { startWorld, type World } from '../support/world.ts';
import { untilTrue } from '../support/until-true.ts';
import { appOf } from '../attacks/support/second-factor.ts';
import { findStumblingBlocks, readAloud } from './read-aloud.ts';
import { createVisitor } from './visitor.ts';

jest.setTimeout(120_000);

const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
/** The private scheme of an app. */
const APP = 'jp.example.phone:/opened';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const WORDS = ['common', 'common-id', 'profile', 'passkeys', 'second-factor'];
/** Pages with the partials of all others. */
const SOME_PAGES = ['login', 'profile', 'account', 'consent', 'other-person', 'terms-changed', 'profile-error'];

let browser: Browser;
let world: World;
const servers: Server[] = [];
/** The origin of clients whose addresses redirect on, and the origin to which they redirect. */
let [service, beyond] = ['', ''];
/** The paths at the client that the browser has asked for. */
const asked: string[] = [];
/** Who has asked the client for its logo, by `User-Agent`; empty for a program that names itself nothing. */
const logoAsked: string[] = [];
const LOGO = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

beforeAll(async () => {
  const [here, there] = await freePorts(2);
  [service, beyond] = [`http://127.0.0.1:${here}`, `http://localhost:${there}`];
  const redirects = createServer(({ url = '', headers }, response) => {
    if (url === '/logo.png') {
      logoAsked.push(headers['user-agent'] ?? '');
      // The client could show another image to each person; ours stays the first one.
      return response.writeHead(logoAsked.length === 1 ? 200 : 404, { 'Content-Type': 'image/png' }).end(LOGO);
    }
    asked.push(url);
    return response.writeHead(302, { Location: url.startsWith('/to-app') ? APP : `${beyond}/arrived` }).end();
  });
  const arrives = createServer((_request, response) =>
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>here</h1>'),
  );
  for (const [server, port] of [
    [redirects, here],
    [arrives, there],
  ] as const) {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(port, resolve));
  }
  const ours = {
    token_endpoint_auth_method: 'client_secret_basic',
    client_secret: { hash: `sha256:${digestOf('real-people-0123456789abcdef-0123456789')}` },
    redirect_uris: [`${service}/callback`, `${service}/to-app`],
    post_logout_redirect_uris: [`${service}/logged-out`],
    scope: 'openid profile',
  };
  [browser, world] = await Promise.all([
    launchChromium(),
    startWorld({
      apps: ['mailbox', 'id', 'owners-site'],
      clients: {
        ours: { client_name: 'Ours', ...ours, common_id: { contact: 'tests', first_party: true } },
        theirs: { client_name: 'Theirs', ...ours, common_id: { contact: 'tests' } },
        pictured: { client_name: 'Pictured', ...ours, logo_uri: `${service}/logo.png`, common_id: { contact: 'tests' } },
        app: {
          client_name: 'App',
          application_type: 'native',
          token_endpoint_auth_method: 'none',
          redirect_uris: ['jp.example.phone:/callback'],
          common_id: { contact: 'tests' },
        },
      },
    }),
  ]);
});
afterAll(async () => {
  await Promise.all([browser?.close(), world?.stop()]);
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

function requestUrl(clientId: string, changes: Record<string, string> = {}): string {
  const params = {
    client_id: clientId,
    response_type: 'code',
    redirect_uri: `${service}/callback`,
    scope: 'openid profile',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...changes,
  };
  return `${world.origins.id}/auth?${new URLSearchParams(params).toString()}`;
}

async function withPage(javaScriptEnabled: boolean, visit: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ javaScriptEnabled, locale: 'ja' });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await visit(page);
  await context.close();
}

const press = async (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
async function signIn(page: Page, email = 'sato@example.jp', password = 'Common-2026'): Promise<void> {
  await page.locator('#login_id').fill(email);
  await page.locator('#password').fill(password);
  await press(page, 'ログイン');
}

describe.each([{ javaScript: true }, { javaScript: false }])('JavaScript $javaScript', ({ javaScript }) => {
  test('R2 a client redirects on after its callback, to another origin: every form of a flow arrives there', async () => {
    await withPage(javaScript, async (page) => {
      await page.goto(requestUrl('ours'));
      await press(page, 'ログインせずに戻る');
      await page.waitForURL(`${beyond}/arrived`);
      expect(asked.at(-1)).toContain('error=access_denied');
      await page.goto(requestUrl('ours'));
      await signIn(page);
      await page.waitForURL(`${beyond}/arrived`);
      expect(asked.at(-1)).toContain('code=');
      await page.goto(requestUrl('theirs'));
      await press(page, '許可しない');
      await page.waitForURL(`${beyond}/arrived`);
      expect(asked.at(-1)).toContain('error=access_denied');
      await page.goto(requestUrl('theirs'));
      await press(page, '許可する');
      await page.waitForURL(`${beyond}/arrived`);
      expect(asked.at(-1)).toContain('code=');
      const logout = new URLSearchParams({ client_id: 'ours', post_logout_redirect_uri: `${service}/logged-out` });
      await page.goto(`${world.origins.id}/session/end?${logout.toString()}`);
      await press(page, 'ログアウトする');
      await page.waitForURL(`${beyond}/arrived`);
    });
  });

  test('R2 a client redirects to the private scheme of an app, at its callback or at once: the browser asks for it', async () => {
    await withPage(javaScript, async (page) => {
      const opened = page.waitForRequest(APP);
      await page.goto(requestUrl('ours', { redirect_uri: `${service}/to-app` }));
      await signIn(page);
      await opened;
      const other = await page.context().newPage();
      const returned = other.waitForRequest((request) => request.url().startsWith('jp.example.phone:/callback?code='));
      await other.goto(requestUrl('app', { redirect_uri: 'jp.example.phone:/callback', scope: 'openid' }));
      await press(other, '許可する');
      await returned;
    });
  });

  test('R20 the logo of a client on the consent page: fetched and kept by us, shown from our own address, and the browser asks the client for nothing', async () => {
    const logo = `${world.origins.id}/client-logos/pictured`;
    await untilTrue('the logo is fetched', async () => (await fetch(logo)).ok);
    await withPage(javaScript, async (page) => {
      const requested = new Set<string>();
      page.on('request', (request) => requested.add(new URL(request.url()).origin));
      await page.goto(requestUrl('pictured'));
      const arrives = page.waitForResponse(logo);
      await signIn(page, 'yamada@example.jp');
      expect(await (await arrives).body()).toEqual(LOGO);
      await untilTrue('the logo is drawn', async () => page.evaluate(`document.querySelector('img.logo')?.naturalWidth === 1`));
      expect(await page.locator('img.logo').getAttribute('src')).toBe(new URL(logo).pathname);
      expect([...requested]).toEqual([world.origins.id]);
    });
    expect(logoAsked).toEqual(['']);
  });

  test('R7 "back" and reload after a mistake in a form show the form, and what leads on from it', async () => {
    await withPage(javaScript, async (page) => {
      const heading = page.locator('h1');
      await page.goto(requestUrl('ours'));
      await signIn(page, 'sato@example.jp', 'Wrong-0000');
      expect(await page.locator('#error-summary').count()).toBe(1);
      expect(await page.locator('#login_id').inputValue()).toBe('sato@example.jp');
      await page.getByRole('link', { name: 'パスワードを忘れた方' }).click();
      await page.waitForURL('**/password/forgotten**');
      await page.locator('#email').fill('not-an-address');
      await press(page, '認証番号を送信');
      await page.locator('#error-summary').waitFor();
      await page.reload();
      expect(await page.locator('#error-summary').count()).toBe(0);
      await page.goBack();
      expect(await heading.innerText()).toBe('パスワードの再設定');
      await page.goBack();
      expect(await heading.innerText()).toBe('TOYOTA/LEXUSの共通IDでログイン');
      await page.goBack();
      expect(await heading.innerText()).toBe('TOYOTA/LEXUSの共通IDでログイン');
      await signIn(page);
      await page.waitForURL(`${beyond}/arrived`);
    });
  });

  test('R7 "back" and reload after an error that takes the place of the page, also at the owners site: a page, and never the form once more', async () => {
    await withPage(javaScript, async (page) => {
      const heading = page.locator('h1');
      const isAt = async (expected: string): Promise<void> => {
        await untilTrue(`the page ${expected}`, async () => (await heading.innerText()) === expected);
        // The script of the page has run.
        await page.waitForLoadState('domcontentloaded');
      };
      const posts: string[] = [];
      page.on('request', (request) => request.method() === 'POST' && posts.push(request.url()));
      const { id, ownersSite } = world.origins;
      const LOGIN = 'TOYOTA/LEXUSの共通IDでログイン';
      const REFUSED = 'もう一度操作してください';
      await page.goto(requestUrl('ours'));
      const url = page.url();
      const cookies = await page.context().cookies();
      // Its cookies are lost: 403.
      await page.context().clearCookies();
      const answered = page.waitForResponse((response) => response.status() === 403);
      await signIn(page);
      expect((await answered).request().method()).toBe('GET');
      await isAt(REFUSED);
      const number = await page.locator('.reference code').innerText();
      await page.context().addCookies(cookies);
      await page.goto(`${id}/privacy`);
      await page.goBack();
      // The script puts the form's page in the place of the error. Without it, the error is shown for two minutes.
      await isAt(javaScript ? LOGIN : REFUSED);
      if (!javaScript) expect(await page.locator('.reference code').innerText()).toBe(number);
      await page.reload();
      await isAt(javaScript ? LOGIN : REFUSED);
      expect(page.url().split('?')[0]).toBe(url);

      await page.goto(`${ownersSite}/login`);
      const login = await heading.innerText();
      const mistake = page.locator('#error-summary');
      const fill = async (): Promise<void> => {
        await page.locator('[name=user_id]').fill('tanaka');
        await page.locator('[name=password]').fill('wrong-2026');
        await press(page, 'ログイン');
        await mistake.waitFor();
        await page.waitForLoadState('domcontentloaded');
      };
      await fill();
      await page.reload();
      await isAt(login);
      expect(await mistake.count()).toBe(0);
      await fill();
      await page.goto(`${ownersSite}/forgotten-id`);
      await page.goBack();
      await isAt(login);
      await page.goto(`${ownersSite}/logout`);
      await isAt(login);
      expect(posts).toHaveLength(3);
    });
  });
});

test('R12 a login page that was left open goes on when it is seen again, after a sign-in in another tab', async () => {
  await withPage(true, async (page) => {
    await page.goto(requestUrl('ours'));
    const other = await page.context().newPage();
    await other.goto(requestUrl('ours'));
    // Nobody has signed in yet: the page stays, with what was typed.
    await page.locator('#login_id').fill('sato@example.jp');
    const looked = page.waitForResponse((response) => response.request().method() === 'HEAD');
    await page.evaluate("window.dispatchEvent(new Event('focus'))");
    expect((await looked).status()).toBe(200);
    expect(await page.locator('#login_id').inputValue()).toBe('sato@example.jp');
    await signIn(other);
    await other.waitForURL(`${beyond}/arrived`);
    await page.evaluate("window.dispatchEvent(new Event('focus'))");
    await page.waitForURL(`${beyond}/arrived`);
  });
});

test('R21 each page, read in the order of a screen reader: every control has a name, headings have their order, and nothing is read twice', async () => {
  const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
  let html = '';
  await page.route('**/*', async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === '/') return route.fulfill({ contentType: 'text/html', body: html });
    return pathname.endsWith('.css') ? route.fulfill({ path: `${ROOT}/views${pathname}` }) : route.abort();
  });
  const render = createViewRenderer(`${ROOT}/views`, true);
  // With FULL_FIGURES all of them.
  const isEachPage = figure(1, 0) === 1;
  for (const language of isEachPage ? LANGUAGES : LANGUAGES.slice(0, 1)) {
    const t = createTranslator(`${ROOT}/config/locales`, WORDS).in(language);
    const samples = viewSamples(t, language);
    const chosen = samples.filter(({ name }) => isEachPage || SOME_PAGES.includes(name));
    expect(chosen.length).toBeGreaterThanOrEqual(SOME_PAGES.length);
    for (const sample of chosen) {
      html = renderSample(render, sample, t, language, 'toyota').replace('data-advance=', 'data-stays=');
      await page.goto('http://read-aloud.invalid/');
      expect([sample.name, language, findStumblingBlocks(await readAloud(page))]).toEqual([sample.name, language, []]);
    }
  }
  await page.close();
}, 240_000);

test('R11 three tabs that are opened at once in a new browser: each can be pressed', async () => {
  await withPage(true, async (page) => {
    const tabs = [page, await page.context().newPage(), await page.context().newPage()];
    await Promise.all(tabs.map(async (tab) => tab.goto(requestUrl('ours', { prompt: 'login' }))));
    for (const tab of tabs) {
      await signIn(tab);
      await tab.waitForURL(`${beyond}/arrived`);
    }
  });
});

/** A virtual authenticator of Chromium (the domain WebAuthn of its DevTools Protocol). */
async function addAuthenticator(page: Page, hasResidentKey: boolean) {
  const protocol = await page.context().newCDPSession(page);
  await protocol.send('WebAuthn.enable');
  const { authenticatorId } = await protocol.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    /** Whether its owner unlocks it. */
    unlocks: async (isUserVerified: boolean) => protocol.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
    passkeys: async () => (await protocol.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    remove: async () => protocol.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId }),
  };
}

// test/attacks/second-factor.test.ts walks the same pages by HTTP.
(process.env.FULL_FIGURES ? describe : describe.skip)('second factor, only with FULL_FIGURES=1', () => {
  test('it is switched on with the QR code as a key, asked for at the next login, and its recovery codes are shown once', async () => {
    const visitor = await createVisitor(browser, { journey: 'second-factor', widths: [360] });
    const { page } = visitor;
    const account = `${world.origins.id}/account`;
    await page.goto(`${account}/second-factor`);
    await signIn(page, 'yamada@example.jp');
    await page.waitForURL(`${account}/second-factor`);
    await visitor.press('2段階認証をオンにする');
    await page.waitForURL('**/second-factor/add');
    await visitor.look('second-factor-setup');
    const app = appOf(await page.locator('code').innerText());
    const enter = async (steps: number, button: string): Promise<void> => {
      await visitor.fill('認証アプリのコード', app.code(Date.now() + steps * 30_000));
      await visitor.press(button);
    };
    await enter(0, '2段階認証をオンにする');
    await page.waitForURL('**/recovery-codes');
    await visitor.look('recovery-codes');
    expect(await page.locator('code').count()).toBe(10);
    await visitor.follow('「2段階認証」に戻る');
    await page.goBack();
    expect(await page.locator('code').count()).toBe(0);

    await page.context().clearCookies({ name: /session/ });
    await page.goto(account);
    await signIn(page, 'yamada@example.jp');
    await page.waitForURL('**/second-factor');
    await visitor.look('second-factor');
    // The next one counts already.
    await enter(1, '確認する');
    await page.waitForURL(account);
    await visitor.follow('2段階認証の設定');
    await visitor.look('account-second-factor');
    await visitor.close();
  });
});

describe('passkeys', () => {
  test('a passkey is added where it is offered, signs in from the autofill and by the button, and is removed', async () => {
    const visitor = await createVisitor(browser, { journey: 'passkeys', widths: [1280, 360] });
    const { page } = visitor;
    const account = `${world.origins.id}/account`;
    const signOut = async (): Promise<void> => page.context().clearCookies({ name: /session/ });
    const problem = page.locator('[data-problem]');
    await page.goto(account);
    await signIn(page);
    await page.waitForURL(account);
    await visitor.look('account-offer');
    await page
      .getByRole('region', { name: 'パスキーを登録しませんか' })
      .getByRole('button', { name: 'パスキーを登録する' })
      .click();
    await page.waitForURL('**/account/passkeys/add');
    await visitor.look('passkey-add');

    // An authenticator that keeps no passkeys, and a person who does not unlock the next one.
    const key = await addAuthenticator(page, false);
    await visitor.press('パスキーを登録する');
    await problem.waitFor();
    await key.remove();
    const phone = await addAuthenticator(page, true);
    await phone.unlocks(false);
    await visitor.press('パスキーを登録する');
    await problem.waitFor({ state: 'visible' });
    await visitor.look('passkey-add-cancelled');
    expect(await problem.innerText()).toContain('パスキーは登録されませんでした');
    await phone.unlocks(true);
    await visitor.press('パスキーを登録する');
    await page.waitForURL('**/account/passkeys?done=added');
    await visitor.look('passkeys');
    expect(await visitor.text()).toContain('まだ使われていません');
    expect(await phone.passkeys()).toMatchObject([{ isResidentCredential: true, rpId: 'localhost' }]);

    // Chosen in the autofill of the login page, maybe before the page is whole.
    await signOut();
    await page.goto(account, { waitUntil: 'commit' });
    await page.waitForURL(account);
    expect(await visitor.text()).not.toContain('パスキーを登録しませんか');

    // The button: once given up, with what was typed still there, and once not. Without autofill, which would be faster.
    await signOut();
    await page.addInitScript('PublicKeyCredential.isConditionalMediationAvailable = async () => false');
    await phone.unlocks(false);
    await page.goto(account);
    await page.locator('#login_id').fill('sato@example.jp');
    await visitor.press('パスキーでログイン');
    await problem.waitFor();
    expect(await problem.innerText()).toContain('パスワードをご利用ください');
    await visitor.look('login-cancelled', 'login');
    expect(await page.locator('#login_id').inputValue()).toBe('sato@example.jp');
    await phone.unlocks(true);
    await visitor.press('パスキーでログイン');
    await page.waitForURL(account);

    await visitor.follow('パスキーの管理');
    expect(await visitor.text()).not.toContain('まだ使われていません');
    await page.getByRole('link', { name: '削除する' }).click();
    await visitor.look('passkey-remove');
    await visitor.press('パスキーを削除する');
    await page.waitForURL('**/account/passkeys?done=removed');
    // The page tells the browser, which forgets the passkey.
    await untilTrue('the authenticator forgets the passkey', async () => (await phone.passkeys()).length === 0);

    // At the end of a login to a service a passkey is offered again, because the device can make one.
    await signOut();
    await page.goto(requestUrl('ours'));
    await page.waitForFunction('document.querySelector("[data-makes-passkeys]").value === "yes"');
    await signIn(page);
    await page.waitForURL('**/passkey-offer');
    await visitor.look('passkey-offer');
    await visitor.press('パスキーを登録する');
    await page.waitForURL(`${beyond}/arrived`);
    expect(await phone.passkeys()).toHaveLength(1);
    await visitor.close();
  });
});
