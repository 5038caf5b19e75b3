// The same request many times at once at two nodes: it counts once. test/storage/processes.ts
// does the same with bare processes on storage.
import { expect, test } from '@jest/globals';
import { createGazoo, type Tokens } from '../../scripts/faults/gazoo.ts';
import type { Nodes } from '../../scripts/faults/fault.ts';
import type { RegistrationDraft } from '../../src/domain/registration-draft.ts';
import { deliveryKey } from '../../src/jobs/enqueue-delivery.ts';
import { untilTrue } from '../support/until-true.ts';
import { codeFor, DEMO_PASSWORD, NEW_PASSWORD } from '../journeys/traveller.ts';
import { createBrowser, sendRaw, type Answer, type Browser } from '../support/http-browser.ts';
import { rowsOf } from '../support/rows-of.ts';
import type { World } from '../support/world.ts';
import { PROFILE, type Visitors } from './visitors.ts';
import { withStorage } from './with-storage.ts';
import { ledgerOf } from '../support/ledger-of.ts';

/** @param isFull with the races over tokens, pushed requests and devices as well */
export function describeRaces(getNodes: () => Nodes, { atCodePage }: Visitors, isFull: boolean): void {
  const world = (): World => getNodes().world;

  /** Sends a form of the current page this many times at once, half of it to each node. */
  async function race(browser: Browser, times: number, form: string, typed: (n: number) => Record<string, string> = () => ({})) {
    return Promise.all(Array.from({ length: times }, async (_, n) => twin(browser, n).post(form, typed(n))));
  }

  function twin(browser: Browser, n: number): Browser {
    const { nodes } = getNodes();
    const port = nodes[n % nodes.length]?.port;
    return browser.copy(port === undefined ? {} : { port });
  }

  async function draftOf(email: string): Promise<RegistrationDraft | undefined> {
    const documents = await rowsOf(getNodes().database.directUrl, 'expiring_documents');
    const drafts = documents.filter(({ kind }) => kind === 'registration_draft');
    return drafts.map(({ document }) => JSON.parse(document) as RegistrationDraft).find((draft) => draft.email === email);
  }

  const eventsOf = async (type: string, subject: string): Promise<number> =>
    withStorage(getNodes(), async (storage) => {
      const events = await ledgerOf(storage);
      return events.filter((event) => event.type === type && event.subject === subject).length;
    });

  const statuses = (answers: Answer[]): number[] => [...new Set(answers.map(({ status }) => status))];

  test('20 wrong codes at once: five are compared, and then the correct one is useless', async () => {
    const email = 'guessed.nodes@example.jp';
    const { browser, slot } = await atCodePage(email, '127.8.1.1');
    const right = await codeFor(world(), email);
    const wrong = Array.from({ length: 20 }, (_, n) => `${(Number(right) + 1 + n) % 1_000_000}`.padStart(6, '0'));
    const answers = await race(browser, 20, '/create/code', (n) => ({ code: wrong[n] ?? '' }));
    expect(statuses(answers)).toEqual([422]);
    expect(await withStorage(getNodes(), ({ emailCodes }) => emailCodes.find(slot))).toMatchObject({ attempts: 5 });
    expect((await browser.post('/create/code', { code: right })).status).toBe(422);
    expect((await draftOf(email))?.proven).toBeUndefined();
  });

  test('one registration, every step pressed 20 times at once: one proof, one account, one link, one delivery', async () => {
    const email = 'raced.nodes@example.jp';
    const { browser, slot } = await atCodePage(email, '127.8.2.1');
    const code = await codeFor(world(), email);
    const before = (await draftOf(email))?.version ?? 0;
    expect(Math.max(...statuses(await race(browser, 20, '/create/code', () => ({ code }))))).toBeLessThan(500);
    // A late request continues as well, but only one has proven anything: the draft was written once.
    expect((await draftOf(email))?.version).toBe(before + 1);
    expect(await withStorage(getNodes(), ({ emailCodes }) => emailCodes.find(slot))).toBeUndefined();

    await browser.open(browser.page.url.replace(/code$/, 'profile'));
    await browser.submit('/create/profile', PROFILE);
    const registered = await race(browser, 20, '/create/confirm');
    expect([...new Set(registered.map(({ status, location }) => `${status} ${location}`))]).toHaveLength(1);
    const account = await withStorage(getNodes(), ({ accounts }) => accounts.findByEmail(email));
    expect(await eventsOf('account.created', account?.id ?? '')).toBe(1);

    await browser.open(registered[0]?.location ?? '');
    await browser.submit('/complete');
    expect(Math.max(...statuses(await race(browser, 20, '/dealer-link', () => ({ decision: 'link' }))))).toBeLessThan(500);
    await browser.submit('/dealer-link', { decision: 'link' });
    await browser.submit('/login', { password: NEW_PASSWORD });
    const { url } = browser.page;
    const shown = await Promise.all(Array.from({ length: 20 }, async (_, n) => twin(browser, n).send(url)));
    expect(statuses(shown)).toEqual([200]);

    const links = await withStorage(getNodes(), ({ dealerLinks }) => dealerLinks.listByAccount(account?.id ?? ''));
    expect(links).toHaveLength(1);
    const id = links[0]?.id ?? '';
    expect(await eventsOf('dealer_link.consented', id)).toBe(1);
    await untilTrue('everything is delivered', async () =>
      withStorage(getNodes(), async ({ dealerLinks, jobs }) => {
        const link = await dealerLinks.find(id);
        return link?.status === 'active' && (await jobs.find(deliveryKey(link)))?.state === 'done';
      }),
    );
    const accepted = (): string[] =>
      world()
        .log()
        .split('\n')
        .filter((line) => line.includes('customer link accepted') && line.includes(id));
    // Writes of another process arrive a moment after its answer.
    await untilTrue('the dealer has written it down', async () => accepted().length > 0);
    expect(accepted()).toHaveLength(1);
  });

  if (!isFull) return;

  /** The ports of the two nodes, alternating. */
  const portOf = (n: number): number | undefined => {
    const { nodes } = getNodes();
    return nodes[n % nodes.length]?.port;
  };

  test('50 redemptions of one code at once: one gets tokens; 50 uses of one refresh token: one token for all', async () => {
    const gazoo = createGazoo(world(), { scope: 'openid offline_access' });
    const code = await gazoo.authorize();
    const redeemed = await Promise.all(Array.from({ length: 50 }, async (_, n) => gazoo.redeem(code, portOf(n))));
    expect(redeemed.filter(Boolean)).toHaveLength(1);
    const tokens = await gazoo.redeem(await gazoo.authorize());
    if (!tokens?.refresh_token) throw new Error('no refresh token');
    const refreshed = await Promise.all(Array.from({ length: 50 }, async (_, n) => gazoo.refresh(tokens, portOf(n))));
    expect(new Set(refreshed.map((answer) => answer?.refresh_token)).size).toBe(1);
    expect(refreshed[0]?.refresh_token).toBeDefined();
  });

  test('S106 one pushed request opened by 20 browsers at once: it belongs to one of them for good', async () => {
    const gazoo = createGazoo(world());
    const browsers: Browser[] = [];
    for (let n = 0; n < 20; n += 1) {
      const browser = createBrowser({ from: `127.8.3.${n + 1}` });
      await browser.open(await gazoo.push());
      browsers.push(browser);
    }
    const url = await gazoo.push();
    const open = async (turn: number) =>
      Promise.all(browsers.map(async (browser, n) => (await twin(browser, n + turn).open(url)).url.includes('/interaction/')));
    const opened = await open(0);
    expect(opened.filter(Boolean)).toHaveLength(1);
    expect(await open(1)).toEqual(opened);
  });

  test('one code of a car entered by ten browsers at once: one goes on; the polls of the car count at both nodes', async () => {
    const { id: issuer } = world().origins;
    const post = async (path: string, params: Record<string, string>, n: number) => {
      const body = new URLSearchParams({ client_id: 'head-unit', ...params });
      const { text } = await sendRaw(`${issuer}${path}`, { method: 'POST', body, port: portOf(n) });
      return JSON.parse(text) as Record<string, string>;
    };
    const { device_code = '', user_code = '' } = await post('/device/auth', { scope: 'openid' }, 0);
    const browsers = Array.from({ length: 10 }, (_, n) => createBrowser({ from: `127.8.4.${n + 1}` }));
    await Promise.all(browsers.map(async (browser) => browser.open(`${issuer}/device`)));
    const entered = await Promise.all(browsers.map(async (browser, n) => twin(browser, n).post('/device', { user_code })));
    expect(entered.filter(({ location }) => /\/device\/[\w-]+$/.test(location ?? ''))).toHaveLength(1);
    expect(entered.filter(({ text }) => text.includes('別のブラウザーで入力されています'))).toHaveLength(9);

    const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code };
    // On a busy machine the time of one poll may be over before the next one; then the next two tell.
    await untilTrue('a poll at one node slows the other', async () => {
      const here = await post('/token', grant, 0);
      const there = await post('/token', grant, 1);
      return here.error !== 'slow_down' && there.error === 'slow_down';
    });
  });

  test('S118 tokens that rotate at both nodes while the password changes: none works afterwards', async () => {
    const email = 'sato@example.jp';
    const { id: issuer } = world().origins;
    const gazoo = createGazoo(world(), { email, scope: 'openid offline_access' });
    const first = await gazoo.redeem(await gazoo.authorize());
    const second = await gazoo.redeem(await gazoo.authorize());
    if (!first || !second) throw new Error('no tokens');
    const owner = createBrowser();
    await owner.open(`${issuer}/account/password`);
    await owner.submit('/login', { login_id: email, password: DEMO_PASSWORD });
    await owner.open(`${issuer}/account/password`);

    const made = [first, second];
    let changed = false;
    const rotate = async (tokens: Tokens, port: number | undefined): Promise<void> => {
      for (let current: Tokens | undefined = tokens; current && !changed;) {
        current = await gazoo.refresh(current, port);
        if (current) made.push(current);
      }
    };
    const rotating = [rotate(first, portOf(0)), rotate(second, portOf(1))];
    await untilTrue('tokens rotate', async () => made.length > 6);
    const answer = await owner.post('/account/password', { current_password: DEMO_PASSWORD, password: NEW_PASSWORD });
    changed = true;
    await Promise.all(rotating);
    expect(answer.location).toContain('done=password');
    for (const [n, tokens] of made.slice(-6).entries())
      expect([await gazoo.statusOf(tokens), await gazoo.refresh(tokens, portOf(n))]).toEqual([401, undefined]);
    // Restored for the following tests.
    await owner.open(`${issuer}/account/password`);
    const back = await owner.post('/account/password', { current_password: NEW_PASSWORD, password: DEMO_PASSWORD });
    expect(back.location).toContain('done=password');
  });

  test('one pushed request opened 50 times at once: one code, and the others learn that it was used', async () => {
    const gazoo = createGazoo(world());
    await gazoo.authorize();
    const url = await gazoo.push();
    const opened = await Promise.all(Array.from({ length: 50 }, async (_, n) => gazoo.open(url, portOf(n))));
    const returned = opened.map(({ location = '' }) => new URLSearchParams(location.split('?')[1]));
    expect(returned.filter((answer) => answer.has('code'))).toHaveLength(1);
    const refused = opened.filter((_, n) => !returned[n]?.has('code'));
    // A late request learns it here; an overtaken one at the client.
    const told = refused.filter(
      ({ status, text, location = '' }) =>
        (status === 400 && text.includes('すでに使われた')) || location.includes('error=invalid_request_uri'),
    );
    const others = refused.filter((answer) => !told.includes(answer)).map(({ status, location }) => [status, location]);
    expect({ told: told.length, others }).toEqual({ told: 49, others: [] });
  });
}
