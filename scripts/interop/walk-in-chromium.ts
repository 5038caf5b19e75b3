// Walks one person through a single-page app, in Chromium: login, claims, refresh and logout.
import assert from 'node:assert/strict';
import { DEMO_PASSWORD } from '../../test/journeys/traveller.ts';
import { launchChromium } from '../../test/support/chromium.ts';
import { untilTrue } from '../../test/support/until-true.ts';
import type { World } from '../../test/support/world.ts';
import { issuedTo } from './walk.ts';

const EMAIL = 'sato@example.jp';

/**
 * Walks through a running sample whose page has the ids of samples/clients/oidc-client-ts.
 * @returns the names of the completed steps
 * @throws {Error} if a step fails
 */
export async function walkInChromium(
  world: World,
  { origin, clientId }: { origin: string; clientId: string },
): Promise<string[]> {
  const chromium = await launchChromium();
  try {
    const page = await chromium.newPage();
    await page.goto(origin);
    await page.click('#sign-in');
    await page.fill('[name=login_id]', EMAIL);
    await page.fill('[name=password]', DEMO_PASSWORD);
    await page.press('[name=password]', 'Enter');
    await page.click('button[name=decision][value=allow]');
    await page.waitForSelector('#signed-in:not([hidden])');
    assert.ok((await page.textContent('#claims'))?.includes(EMAIL), 'the app does not show the email');
    const before = await issuedTo(world, clientId);
    const user = await page.evaluate(() => Object.values(sessionStorage).join());
    await page.click('#refresh');
    await untilTrue('the refresh gives a new access token', async () => (await issuedTo(world, clientId)) > before);
    // The library keeps the refreshed user when the answer has come. A logout that is pressed before would be undone by it.
    await page.waitForFunction((earlier) => Object.values(sessionStorage).join() !== earlier, user);
    await page.click('#sign-out');
    await page.click('button[name=logout]');
    await page.waitForSelector('#sign-in:not([hidden])');
    assert.deepEqual([await page.textContent('#claims'), await page.textContent('#error')], ['', '']);
    return ['login', 'claims', 'refresh', 'logout'];
  } finally {
    await chromium.close();
  }
}
