// A legacy user who is handed over and registers, in any browser.
import { type Answer, type Browser } from '../../support/http-browser.ts';
import { CALLBACK, type World } from './attack-world.ts';
import { authorizationUrl, makePkce, parseJson, push, requestParams, type Pkce } from './client.ts';
import { handOver } from './hand-over.ts';
import { codeFor, PROFILE, type PageName } from './registration.ts';

export type LegacyUser = { legacyId: string; claims?: Record<string, unknown> };

/** Hands the legacy user over, and opens the request in this browser. */
export async function beginAsLegacyUser(
  world: World,
  { legacyId, claims = {} }: LegacyUser,
  browser: Browser = world.browser(),
  changes: Record<string, string> = { prompt: 'create' },
): Promise<{ browser: Browser; pkce: Pkce; page: Answer }> {
  const pkce = makePkce();
  const legacy = await handOver(world, { sub: legacyId, ...claims });
  const pushed = await push(world, requestParams('attack-site', pkce, { legacy_profile: legacy, ...changes }));
  const requestUri = String(parseJson(pushed.text).request_uri);
  const page = await browser.open(
    authorizationUrl(world.issuer, { client_id: 'attack-site', request_uri: requestUri }),
    CALLBACK,
  );
  return { browser, pkce, page };
}

/** Walks from ④ to a page of the registration. */
export async function goOnTo(
  world: World,
  browser: Browser,
  to: PageName,
  { email, profile = PROFILE, mails = 1 }: { email: string; profile?: Record<string, string>; mails?: number },
): Promise<void> {
  const steps: [PageName, () => Promise<unknown>][] = [
    ['about', async () => browser.submit('/create', { terms: 'yes' })],
    ['email', async () => browser.submit('/create/email', { email })],
    ['code', async () => browser.submit('/create/code', { code: await codeFor(world, email, mails) })],
    ['profile', async () => browser.submit('/create/profile', profile)],
    ['confirm', async () => browser.submit('/create/confirm')],
  ];
  for (const [page, step] of steps) {
    if (page === to) break;
    await step();
  }
  const ending = to === 'about' ? '/create' : `/create/${to}`;
  if (!browser.page.url.endsWith(ending))
    throw new Error(`expected ${to}, and it is ${browser.page.url} (${browser.page.status})`);
}
