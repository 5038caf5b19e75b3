// Passkeys of the accounts under attack, in authenticators of software.
import { unescapeHtml, type Answer, type Browser } from '../../support/http-browser.ts';
import { createSoftwareAuthenticator, type SoftwareAuthenticator } from '../../support/software-authenticator.ts';

export type CreationOptions = { challenge: string; user: { id: string }; excludeCredentials?: { id: string }[] };

/** The options on a page with a form for a passkey. */
export function optionsOn({ text, url }: Answer): CreationOptions {
  const json = /data-options="([^"]*)"/.exec(text)?.[1];
  if (json === undefined) throw new Error(`no options for a passkey on ${url}`);
  return JSON.parse(unescapeHtml(json)) as CreationOptions;
}

/** Makes an authenticator for the pages of an issuer. */
export function authenticatorFor(issuer: string): SoftwareAuthenticator {
  return createSoftwareAuthenticator({ rpId: new URL(issuer).hostname, origin: issuer });
}

/** Adds a passkey in a browser in which the person has just signed in. */
export async function addPasskey(
  issuer: string,
  browser: Browser,
  authenticator = authenticatorFor(issuer),
): Promise<SoftwareAuthenticator> {
  await browser.open(`${issuer}/account/passkeys`);
  await browser.submit('/passkeys/add');
  await browser.submit('/account/passkeys', { credential: authenticator.create(optionsOn(browser.page)) });
  if (browser.page.url !== `${issuer}/account/passkeys?done=added`) throw new Error(`no passkey was added: ${browser.page.url}`);
  return authenticator;
}

/** Answers the login page that a browser shows, or the page that asks for a second factor. */
export async function presentPasskey(browser: Browser, authenticator: SoftwareAuthenticator, until?: string): Promise<Answer> {
  const step = browser.page.url.includes('/second-factor') ? '/second-factor/passkey' : '/login/passkey';
  const { text } = await browser.send(`${browser.form(step).action}/options`);
  const credential = authenticator.get(JSON.parse(text) as { challenge: string });
  return browser.submit(step, { credential }, until);
}
