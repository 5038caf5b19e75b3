// The second factor of an account over HTTP: an authenticator app of the test, and the pages that switch it on.
import { Secret, TOTP } from 'otpauth';
import { unescapeHtml, type Browser } from '../../support/http-browser.ts';

/** An app, with the codes that it shows. */
export type App = { secret: string; code(at: number): string };

export function appOf(secret: string): App {
  const totp = new TOTP({ secret: Secret.fromBase32(secret.replaceAll(' ', '')), algorithm: 'SHA1', digits: 6, period: 30 });
  return { secret, code: (at) => totp.generate({ timestamp: at }) };
}

/** Reads the secret from a page that shows it. */
export function appOn({ page }: Browser): App {
  const [, secret] = /<code>([A-Z2-7 ]+)<\/code>/.exec(page.text) ?? [];
  const [, url = ''] = /href="(otpauth:[^"]+)"/.exec(page.text) ?? [];
  const linked = URL.parse(unescapeHtml(url))?.searchParams.get('secret');
  if (secret === undefined || linked !== secret.replaceAll(' ', '')) throw new Error(`no secret on ${page.url}`);
  return appOf(secret);
}

/** The recovery codes on a page. */
export const codesOn = ({ page }: Browser): string[] =>
  [...page.text.matchAll(/<code>([\w]{4}-[\w]{4}-[\w]{4})<\/code>/g)].map(([, code = '']) => code);

/** Switches the second factor on, in a browser in which the person has just signed in. */
export async function turnOn(issuer: string, browser: Browser, clock: () => number): Promise<{ app: App; codes: string[] }> {
  await browser.open(`${issuer}/account/second-factor`);
  await browser.submit('/second-factor/add');
  const app = appOn(browser);
  await browser.submit('/add/confirm', { code: app.code(clock()) });
  const codes = codesOn(browser);
  if (codes.length !== 10) throw new Error(`no recovery codes on ${browser.page.url}`);
  return { app, codes };
}
