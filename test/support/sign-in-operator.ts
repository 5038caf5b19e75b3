// Signs the operator of the demo data in at the operations console. The first sign-in sets up a second factor.
import { appOn, type App } from '../attacks/support/second-factor.ts';
import { DEMO_PASSWORD } from '../journeys/traveller.ts';
import type { Browser } from './http-browser.ts';
import type { World } from './world.ts';

/**
 * @param at the time of the common ID's clock. A code counts once: for a second sign-in, give the time of the next code
 * @param app the authenticator app of an earlier sign-in
 * @returns the app
 */
export async function signInOperator(world: World, browser: Browser, at: number, app?: App): Promise<App> {
  await browser.open(`${world.origins.operationsConsole}/login`);
  await browser.submit('/login', { login_id: 'operator@example.jp', password: DEMO_PASSWORD });
  if (app) {
    await browser.submit('/second-factor', { code: app.code(at) });
    return app;
  }
  await browser.submit('/enrol/app');
  const made = appOn(browser);
  await browser.submit('/app/confirm', { code: made.code(at) });
  await browser.submit('/enrol/codes');
  return made;
}
