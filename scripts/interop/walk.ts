// Walks one person through a sample client, in a browser without JavaScript: login, claims, refresh and logout.
import assert from 'node:assert/strict';
import type { Library } from '../../samples/clients/libraries.ts';
import { DEMO_PASSWORD } from '../../test/journeys/traveller.ts';
import { createBrowser } from '../../test/support/http-browser.ts';
import { rowsOf } from '../../test/support/rows-of.ts';
import { untilTrue } from '../../test/support/until-true.ts';
import type { World } from '../../test/support/world.ts';

const SATO = { email: 'sato@example.jp', family_name: '佐藤' };

/** @returns the text of a page, with the escapes of JSON and HTML decoded */
function plain(text: string): string {
  return text
    .replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
}

/** Counts the access tokens that the common ID has issued to a client. */
export async function issuedTo(world: World, clientId: string): Promise<number> {
  const rows = await rowsOf(world.env.DATABASE_URL ?? '', 'artifacts');
  return rows.filter(({ model, payload }) => model === 'AccessToken' && payload.includes(`"${clientId}"`)).length;
}

/**
 * Walks through a running sample.
 * @param sample.origin where the sample answers
 * @returns the names of the completed steps
 * @throws {Error} if a step fails, or if the common ID issued no new access token for the refresh
 */
export async function walk(world: World, library: Library, sample: { clientId: string; origin: string }): Promise<string[]> {
  const { paths, shows = ['email', 'family_name'] } = library;
  const { clientId, origin } = sample;
  const browser = createBrowser({ othersPages: origin });
  const home = `${origin}${paths.home ?? '/'}`;
  const seesClaims = async (after: string): Promise<void> => {
    await browser.open(home);
    const text = plain(browser.page.text);
    for (const claim of shows)
      assert.ok(text.includes(SATO[claim]), `after ${after} ${home} does not show the ${claim}:\n${text.slice(0, 1500)}`);
  };

  await browser.open(`${origin}${paths.login}`);
  if (paths.loginForm !== undefined) await browser.submit(paths.loginForm);
  assert.ok(
    browser.page.url.startsWith(world.origins.id),
    `the login does not lead to the common ID: ${describePage(browser.page)}`,
  );
  await browser.submit('/login', { login_id: SATO.email, password: DEMO_PASSWORD });
  await browser.submit('/consent', { decision: 'allow' });
  assert.ok(browser.page.url.startsWith(origin), `the login does not lead back to the app: ${describePage(browser.page)}`);
  await seesClaims('the login');
  const done = ['login', 'claims'];

  if (paths.refresh !== undefined) {
    const before = await issuedTo(world, clientId);
    const refresh = async (): Promise<boolean> => {
      await browser.open(`${origin}${paths.refresh}`);
      return (await issuedTo(world, clientId)) > before;
    };
    await untilTrue('the refresh gives a new access token', refresh, { everyMs: 500, tell: () => describePage(browser.page) });
    await seesClaims('the refresh');
    done.push('refresh');
  }

  const back = `${origin}/`;
  const end = `${world.origins.id}/session/end?${new URLSearchParams({ client_id: clientId, post_logout_redirect_uri: back }).toString()}`;
  const logout = paths.logout.replace('{home}', encodeURIComponent(back)).replace('{end}', encodeURIComponent(end));
  await browser.open(`${origin}${logout}`);
  if (paths.logoutForm !== undefined) await browser.submit(paths.logoutForm);
  await browser.submit('/session/end/confirm', { logout: 'yes' });
  assert.ok(browser.page.url.startsWith(origin), `the logout does not lead back to the app: ${describePage(browser.page)}`);
  await browser.open(home);
  assert.ok(!plain(browser.page.text).includes(SATO.email), `after the logout ${home} still shows the email`);
  await browser.open(`${origin}${paths.login}`);
  if (paths.loginForm !== undefined) await browser.submit(paths.loginForm);
  assert.ok(browser.form('/login'), 'after the logout the common ID asks for the password again');
  return [...done, 'logout'];
}

const describePage = ({ status, url, text }: { status: number; url: string; text: string }): string =>
  `${status} ${url}\n${text.slice(0, 1500)}`;
