// The same thing many times at once, by the client that hands people over and by these people: one client assertion,
// and one legacy identity for two people.
import { expect, test } from '@jest/globals';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT, type JSONWebKeySet } from 'jose';
import { loadClientKey } from '../../src/apps/client-key.ts';
import { createLegacyProfile } from '../../src/apps/owners-site/legacy-profile.ts';
import type { Nodes } from '../../scripts/faults/fault.ts';
import type { LedgerEntry } from '../../src/storage/storage.ts';
import { untilTrue } from '../support/until-true.ts';
import { DEMO_PASSWORD, HEADINGS } from '../journeys/traveller.ts';
import { createBrowser, headingOf, sendRaw, type Answer, type Browser } from '../support/http-browser.ts';
import { HELD, HOLD } from '../support/stop-file.ts';
import { withStorage } from './with-storage.ts';
import { ledgerOf } from '../support/ledger-of.ts';

const CLIENT_ID = 'owners-site';
const [SHE, HE] = ['yamada@example.jp', 'sato@example.jp'] as const;
const BIRTHDATE = { birthdate_year: '1995', birthdate_month: '12', birthdate_day: '25' };

export function describeLegacySiteRaces(getNodes: () => Nodes): void {
  const origins = () => getNodes().world.origins;
  const portOf = (n: number): number => getNodes().nodes.map(({ port }) => port)[n % 2] ?? 0;
  /** The same browser, at this node. */
  const at = (node: number, browser: Browser): Browser => browser.copy({ port: portOf(node) });
  const siteKey = async () => loadClientKey(join(getNodes().world.env['DATA_DIRECTORY'] ?? '', 'owners-site-keys'));

  async function authentication(): Promise<Record<string, string>> {
    const key = await siteKey();
    const assertion = await new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ alg: 'ES256', kid: key.kid })
      .setIssuer(CLIENT_ID)
      .setSubject(CLIENT_ID)
      .setAudience(origins().id)
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(key.privateKey);
    return {
      client_id: CLIENT_ID,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    };
  }

  async function call(path: string, parameters: Record<string, string>, port?: number): Promise<Answer> {
    return sendRaw(`${origins().id}${path}`, { method: 'POST', body: new URLSearchParams(parameters), port });
  }

  test('one client assertion (jti) sent 50 times at once: one token', async () => {
    const parameters = { grant_type: 'client_credentials', scope: 'migration:read', ...(await authentication()) };
    const answers = await Promise.all(Array.from({ length: 50 }, async (_, n) => call('/token', parameters, portOf(n))));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused).toHaveLength(49);
    for (const { status, text } of refused) {
      expect([400, 401]).toContain(status);
      expect(text).not.toContain('access_token');
    }
  });

  type Claim = { browser: Browser; verifier: string };

  const isLinkPage = (page: Answer): boolean => headingOf(page).startsWith(HEADINGS.finalizeWithoutDealer);

  /** Hands a legacy user over. Returns the URL for the person's browser. */
  async function handOver(legacyId: string): Promise<{ url: string; verifier: string }> {
    const issuer = origins().id;
    const verifier = randomBytes(32).toString('base64url');
    const providerKeys = JSON.parse((await sendRaw(`${issuer}/jwks`)).text) as JSONWebKeySet;
    const user = { legacy_id: legacyId, user_id: legacyId, profile: { family_name: '伊藤', given_name: '蓮' } };
    const legacy_profile = await createLegacyProfile(user as never, Date.now(), {
      clientId: CLIENT_ID,
      issuer,
      key: await siteKey(),
      providerKeys,
      now: Date.now(),
    });
    const pushed = await call('/request', {
      ...(await authentication()),
      response_type: 'code',
      scope: 'openid migration',
      redirect_uri: `${origins().ownersSite}/callback`,
      state: 'state',
      nonce: 'nonce',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      legacy_profile,
    });
    const { request_uri = pushed.text } = JSON.parse(pushed.text) as { request_uri?: string };
    return { url: `${issuer}/auth?${new URLSearchParams({ client_id: CLIENT_ID, request_uri }).toString()}`, verifier };
  }

  /** Goes on to ⑭, or to the page that says that there is no way on. */
  async function claim(legacyId: string, email: string, browser: Browser): Promise<Claim> {
    const { url, verifier } = await handOver(legacyId);
    await browser.open(url);
    for (let page = 0; page < 6; page += 1) {
      const { pathname } = new URL(browser.page.url);
      if (browser.page.text.includes('name="login_id"')) {
        await browser.submit('/login', { login_id: email, password: DEMO_PASSWORD });
      } else if (pathname.endsWith('/login')) await browser.submit('/continue-as', { decision: 'continue' });
      else if (browser.page.text.includes('/same-person')) await browser.submit('/same-person', { decision: 'same' });
      else if (pathname.includes('/required-profile')) await browser.submit(pathname, BIRTHDATE);
      else break;
    }
    return { browser, verifier };
  }

  /** From ⑭ to the code. */
  async function takeCode({ browser }: Claim): Promise<string> {
    const { location = '' } = await browser.open(`${browser.page.url}/continue`, origins().ownersSite);
    return new URL(location).searchParams.get('code') ?? '';
  }

  const redeem = async ({ verifier }: Claim, code: string): Promise<Answer> =>
    call('/token', {
      ...(await authentication()),
      grant_type: 'authorization_code',
      code,
      redirect_uri: `${origins().ownersSite}/callback`,
      code_verifier: verifier,
    });

  const eventsOf = async (legacyId: string): Promise<LedgerEntry[]> =>
    withStorage(getNodes(), async (storage) => {
      const events = await ledgerOf(storage);
      return events.filter(({ subject }) => subject === `${CLIENT_ID}:${legacyId}`);
    });

  /** The identity belongs to one person: the ledger has it once, and the other person gets a page that says so. */
  async function expectOneLink(legacyId: string, loser: Browser): Promise<void> {
    const events = await eventsOf(legacyId);
    expect(events.filter(({ type }) => type === 'migration.started')).toHaveLength(1);
    const completed = events.filter(({ type }) => type === 'migration.completed');
    expect(completed).toHaveLength(1);
    const migration = await withStorage(getNodes(), ({ migrations }) => migrations.find(CLIENT_ID, legacyId));
    expect(migration?.account_id).toBe(completed[0]?.data['account_id']);
    expect(headingOf(loser.page)).toBe(HEADINGS.alreadyLinked);
  }

  test('two people claim one legacy identity at once: one link, and the other person gets a page', async () => {
    const [hers, his] = [createBrowser({ from: '127.8.6.1' }), createBrowser({ from: '127.8.7.1' })];
    const both = async (legacyId: string) => {
      const claims = await Promise.all([claim(legacyId, SHE, hers), claim(legacyId, HE, his)]);
      // The person who was at ⑭ last is the candidate: she.
      expect(isLinkPage(await hers.open(hers.page.url))).toBe(true);
      return claims;
    };

    // Her code is redeemed while he opens ⑭ many times. The first one gets the identity.
    const [she, he] = await both('raced');
    const page = his.page.url;
    const code = await takeCode(she);
    const coming = Array.from({ length: 20 }, async (_, n) => at(n, his).send(page));
    expect((await redeem(she, code)).status).toBe(200);
    await Promise.all(coming);
    const isHis = isLinkPage(await his.open(page));
    if (isHis) expect((await redeem(he, await takeCode(he))).status).toBe(200);
    await expectOneLink('raced', isHis ? (await claim('raced', SHE, hers)).browser : his);

    // He is overtaken: one node has read that nobody has the identity, and writes after the other node has given it to her.
    const { stopFile } = getNodes();
    const [first] = await both('overtaken');
    writeFileSync(stopFile, `${HOLD}migration.proposed`);
    const late = at(1, his);
    const arriving = late.open(his.page.url);
    await untilTrue('he is held', async () => readFileSync(stopFile, 'utf8') === HELD);
    expect((await redeem(first, await takeCode(first))).status).toBe(200);
    rmSync(stopFile);
    await arriving;
    await expectOneLink('overtaken', late);
  });
}
