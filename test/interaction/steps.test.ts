// A prompt without a step, or a step without a prompt, prevents the start; a renamed step works during an upgrade.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { hasView } from '../../src/http/page-app.ts';
import { journeyProgress } from '../../src/interaction/journey-progress.ts';
import { pairSteps } from '../../src/interaction/pair-steps.ts';
import { STEPS } from '../../src/interaction/steps.ts';
import { CALLBACK, startWorld, type World } from '../attacks/support/attack-world.ts';
import { returned } from '../attacks/support/client.ts';
import { beginMigration, detailsOf } from '../attacks/support/migration.ts';
import { CHILD_ENVIRONMENT } from '../support/child-environment.ts';
import { freePorts } from '../support/free-ports.ts';
import { headingOf, type Browser } from '../support/http-browser.ts';

// Processes start slowly on a busy machine.
jest.setTimeout(60_000);

const ROOT = new URL('../../', import.meta.url);

/** Starts the common ID after a change of its tables. Returns the exit and the message to the operator. */
async function startAfter(change: string): Promise<{ code: number | null; written: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'common-id-steps-'));
  const [port] = await freePorts(1);
  const preload = `
    import { PROMPTS } from '${new URL('src/oidc/policy/prompts.ts', ROOT).href}';
    import { STEPS } from '${new URL('src/interaction/steps.ts', ROOT).href}';
    ${change}`;
  const child = spawn(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(preload)}`, fileURLToPath(new URL('src/main.js', ROOT)), 'id'],
    {
      // The program ends by itself. If it does not, it must not outlive the test.
      timeout: 30_000,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...CHILD_ENVIRONMENT,
        ISSUER: `http://localhost:${port}`,
        DATA_DIRECTORY: directory,
        PASSWORD_HASH_COST: '4',
        DEMO_DATA: 'false',
      },
    },
  );
  let written = '';
  child.stderr.on('data', (chunk: Buffer) => (written += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  await rm(directory, { recursive: true });
  return { code, written };
}

describe('the program does not start', () => {
  const NEW_PROMPT = `PROMPTS.push({ name: 'rate_us', requestable: false, without: [], checks: [] });`;
  test.concurrent.each([
    [
      'a prompt without a step',
      NEW_PROMPT,
      "The prompt 'rate_us' in src/oidc/policy/prompts.ts has no step, so nobody can answer it. " +
        'Add src/interaction/rate-us/routes.ts, and its step to STEPS in src/interaction/steps.ts.\n',
    ],
    [
      'a step without a prompt',
      `STEPS.rate_us = { create: () => ({ addRoutes() {} }), pages: [['rate-us']] };`,
      "The step 'rate_us' in src/interaction/steps.ts has no prompt, so nobody is ever sent to it. " +
        'Add src/oidc/policy/prompts/rate-us.ts, and its prompt to PROMPTS in src/oidc/policy/prompts.ts.\n',
    ],
    [
      'a step that needs a person, before the login',
      `PROMPTS.unshift(PROMPTS.pop());`,
      "The step 'passkey_offer' needs a person who is signed in, and is asked before 'login'. " +
        'Move its prompt behind LOGIN in src/oidc/policy/prompts.ts.\n',
    ],
  ])('with %s', async (_what, change, sentence) => {
    expect(await startAfter(change)).toEqual({ code: 1, written: sentence });
  });
});

test('a step whose page has no view, or that has no page, prevents the start too', () => {
  const steps = Object.entries(STEPS).map(([name, { pages }]) => [name, { pages }] as const);
  const pair = (pages: string[][]) => () =>
    pairSteps(new Map([...steps, ['terms', { pages }]]), (view) => hasView(`common-id/${view}`));
  expect(pair([['terms-changed'], ['consent', 'login']])).not.toThrow();
  expect(pair([['terms-changed'], ['consent', 'rate-us']])).toThrow(
    "The step 'terms' shows the view 'rate-us', which does not exist. Add views/common-id/rate-us.ejs.",
  );
  expect(pair([])).toThrow(
    "The step 'terms' in src/interaction/steps.ts has no pages, so nobody can answer it. Name its views in 'pages'.",
  );
});

test('the progress counts the pages of the steps that the journey has, in the order of the policy', () => {
  const at = (view: string, step: string, journey: object) =>
    journeyProgress(view, step, { client: { requiredClaims: [] }, facts: {}, ...journey } as never);
  const everything = { client: { requiredClaims: [{}] }, dealerLink: {}, legacy: {} };
  expect(at('about', 'create', everything)).toEqual({ at: 2, of: 14 });
  expect(at('finalize', 'finalize', { ...everything, facts: { registration: {} } })).toEqual({ at: 13, of: 14 });
  expect(at('continue-as', 'login', { legacy: {} })).toEqual({ at: 2, of: 4 });
  // Without a hand-over there is no page before and after.
  expect(at('about', 'create', {})).toEqual({ at: 1, of: 7 });
  expect(at('terms-changed', 'terms', everything)).toBeUndefined();
  expect(at('login', 'login', {})).toBeUndefined();
});

// `link` is the former name of `finalize`. In a rolling upgrade, a node of the earlier version stores it and sends the browser there.
describe('an interaction stored with the prompt `link`', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(async () => world?.close());

  const INTERACTION = 'common-id.interaction';
  let people = 0;

  /** Walks to ⑭ with an interaction that an earlier version stored. Returns the path to which this version redirects the browser. */
  async function arrive(): Promise<{ browser: Browser; uid: string; earlier: string }> {
    const details = { authorization_details: detailsOf('aichi-toyota') };
    const { browser } = await beginMigration(world, { sub: `renamed-${(people += 1)}` }, details);
    await browser.submit('/dealer-link', { decision: 'link' });
    const signedIn = await browser.post('/login', { login_id: 'sato@example.jp', password: 'Common-2026' });
    const { location = '' } = await browser.send(signedIn.location ?? '');
    const uid = /\/interaction\/([\w-]+)\/finalize$/.exec(location)?.[1] ?? '';
    const changed = `json_set(payload, '$.prompt.name', 'link')`;
    world.change(`UPDATE artifacts SET payload = ${changed} WHERE model = 'Interaction' AND id LIKE ?`, `%${uid}`);
    expect(world.rows(`SELECT 1 FROM artifacts WHERE payload LIKE '%"name":"link"%' AND id LIKE ?`, `%${uid}`)).toHaveLength(1);
    return { browser, uid, earlier: location.replace(/finalize$/, 'link') };
  }
  /** oidc-provider's cookie is sent only to the path of the step. */
  const leaveCookie = (browser: Browser): void => {
    for (const name of [INTERACTION, `${INTERACTION}.sig`]) browser.cookies.delete(name);
  };

  test('the path of the earlier version leads to ⑭, and ⑭ back to the service', async () => {
    const { browser, uid, earlier } = await arrive();
    const answer = await browser.send(earlier);
    expect([answer.status, answer.location]).toEqual([303, earlier.replace(/link$/, 'finalize')]);
    const cookie = answer.setCookies.find((header) => header.startsWith(`${INTERACTION}=${uid}`));
    expect(cookie).toContain(`path=/interaction/${uid}/finalize;`);
    const page = await browser.open(answer.location ?? '');
    expect([page.status, headingOf(page)]).toEqual([200, '販売店連携情報を作成中です。']);
    expect(returned(await browser.open(`${page.url}/continue`, CALLBACK)).has('code')).toBe(true);
  });

  test("the form of the earlier version's page works, too", async () => {
    const { browser, earlier } = await arrive();
    const page = await browser.open(earlier);
    for (const path of ['/wait', '/continue', '/cancel', '/same-person']) {
      leaveCookie(browser);
      const isPressed = path === '/cancel' || path === '/same-person';
      const sent = await browser.send(`${earlier}${path}`, isPressed ? { method: 'POST', body: new URLSearchParams() } : {});
      const answer = await browser.open(sent.location ?? '');
      expect([path, answer.url, headingOf(answer)]).toEqual([path, page.url, '販売店連携情報を作成中です。']);
    }
  });

  test('if the account is gone, the page says that the request is over, and does not redirect in a loop', async () => {
    const { browser, earlier } = await arrive();
    const [{ id } = { id: '' }] = world.rows<{ id: string }>(`SELECT id FROM accounts WHERE document LIKE '%sato@example.jp%'`);
    world.change('UPDATE accounts SET id = ? WHERE id = ?', 'gone', id);
    const answer = await browser.open(earlier);
    world.change('UPDATE accounts SET id = ? WHERE id = ?', id, 'gone');
    expect([answer.status, headingOf(answer)]).toEqual([400, '画面の有効期限が切れました']);
  });

  test('another browser gets nothing of it', async () => {
    const { browser, uid, earlier } = await arrive();
    const other = world.browser();
    other.cookies.set(INTERACTION, browser.cookies.get(INTERACTION) ?? '');
    other.cookies.set(`${INTERACTION}.sig`, browser.cookies.get(`${INTERACTION}.sig`) ?? '');
    const answer = await other.open(earlier);
    expect([answer.status, answer.setCookies.filter((cookie) => cookie.includes(uid))]).toEqual([400, []]);
  });
});
