// Shared by the tests of the account pages: a world with one more service, and a person who signs in.
import { createHash, randomBytes } from 'node:crypto';
import { createBrowser, headingOf as headingOfPage, mainOf as mainOfPage, type Browser } from '../support/http-browser.ts';
import { startWorld, type Message, type World } from '../support/world.ts';
import { untilFound } from '../support/until-true.ts';

/** The redirect URI of the service. Nobody listens there. */
const CALLBACK = 'http://127.0.0.1:9/callback';
const SERVICE = 'test-service';
const SECRET = 'secret-of-the-test-service-0123456789ab';

/** The password of both demo accounts. Yamada has a birth date, 1988-07-21; Sato has none. */
export const PASSWORD = 'Common-2026';
export const YAMADA = 'yamada@example.jp';
export const SATO = 'sato@example.jp';

export type Tokens = { access_token: string; refresh_token: string; id_token: string };

export async function startAccountWorld(): Promise<World> {
  return startWorld({
    apps: ['mailbox', 'dealer', 'id'],
    env: { TEST_SERVICE_SECRET: SECRET },
    clients: {
      [SERVICE]: {
        client_name: 'Test service',
        application_type: 'web',
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: { $env: 'TEST_SERVICE_SECRET' },
        redirect_uris: [CALLBACK],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        scope: 'openid profile email offline_access dealer_link',
        common_id: { first_party: true, contact: 'tests' },
      },
    },
  });
}

/** Waits for a new mail to an address whose subject contains a text. */
export async function nextMail(world: World, to: string, subject: string, after = 0): Promise<Message> {
  return untilFound(`the mail "${subject}" to ${to}`, async () =>
    (await world.messages(to)).find((message) => message.id > after && message.subject.includes(subject)),
  );
}

/** Returns the id of the newest mail to an address. */
export const newestMail = async (world: World, to: string): Promise<number> => (await world.messages(to))[0]?.id ?? 0;

export const headingOf = ({ page }: Browser): string => headingOfPage(page);
export const mainOf = ({ page }: Browser): string => mainOfPage(page);

/** Opens マイページ, and signs in on the way. */
export async function openAccount(
  world: World,
  email: string,
  { password = PASSWORD, browser = createBrowser(), path = '/account' } = {},
): Promise<Browser> {
  await browser.open(`${world.origins.id}${path}`);
  if (headingOf(browser) === 'TOYOTA/LEXUSの共通IDでログイン') {
    await browser.submit('/login', { login_id: email, password });
  }
  return browser;
}

/** Opens the service in this browser, signs in if asked, and returns the service's tokens. */
export async function useService(world: World, browser: Browser, email: string, password = PASSWORD): Promise<Tokens> {
  const verifier = randomBytes(32).toString('base64url');
  const parameters = new URLSearchParams({
    client_id: SERVICE,
    response_type: 'code',
    scope: 'openid email offline_access dealer_link',
    redirect_uri: CALLBACK,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  let answer = await browser.open(`${world.origins.id}/auth?${parameters.toString()}`, CALLBACK);
  if (answer.status === 200) answer = await browser.submit('/login', { login_id: email, password }, CALLBACK);
  const code = new URL(answer.location ?? '').searchParams.get('code') ?? '';
  const { status, body } = await askForTokens(world, { grant_type: 'authorization_code', code, code_verifier: verifier });
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body as Tokens;
}

/** Refreshes a token. Returns the status: 200, or 400 (`invalid_grant`) if the token is revoked. */
export async function refresh(world: World, { refresh_token: token }: Tokens): Promise<number> {
  return (await askForTokens(world, { grant_type: 'refresh_token', refresh_token: token })).status;
}

async function askForTokens(world: World, parameters: Record<string, string>): Promise<{ status: number; body: unknown }> {
  const body = new URLSearchParams({ redirect_uri: CALLBACK, ...parameters });
  const headers = { Authorization: `Basic ${Buffer.from(`${SERVICE}:${SECRET}`).toString('base64')}` };
  const response = await fetch(`${world.origins.id}/token`, { method: 'POST', body, headers });
  return { status: response.status, body: await response.json() };
}

/** Whether UserInfo accepts the access token. */
export async function userInfoStatus(world: World, { access_token: token }: Tokens): Promise<number> {
  const response = await fetch(`${world.origins.id}/me`, { headers: { Authorization: `Bearer ${token}` } });
  return response.status;
}
