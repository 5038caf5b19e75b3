// Attacks on the operations console: forged forms, other people's sessions, roles that were taken away, and looks without a reason.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { createTranslator } from '../../src/http/translator.ts';
import { createViewRenderer } from '../../src/http/view-renderer.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { LANGUAGES } from '../../src/language.ts';
import { operationsConsoleSamples } from '../http/operations-console-samples.ts';
import { renderSample } from '../http/render-sample.ts';
import { createBrowser, headingOf, textOf, type Browser } from '../support/http-browser.ts';
import { ledgerOf } from '../support/ledger-of.ts';
import { signInOperator } from '../support/sign-in-operator.ts';
import { untilTrue } from '../support/until-true.ts';
import { startWorld, type World } from '../support/world.ts';
import type { App } from './support/second-factor.ts';

jest.setTimeout(90_000);

const CUSTOMER = 'yamada@example.jp';
const REASON = 'C-7 asks';
const SESSION = 'operations-console.session';

let world: World;
let desk: string;
let operator: Browser;
let app: App;
/** The operator's second browser. */
let victim: Browser;
/** The customer's account, and that of another customer whom nobody has asked about. */
let customer: string;
let other: string;
beforeAll(async () => {
  // A policy makes a copy of config/, in which roles can be taken away.
  world = await startWorld({ apps: ['mailbox', 'id', 'console'], policy: () => undefined });
  desk = world.origins.operationsConsole;
  operator = createBrowser();
  app = await signInOperator(world, operator, Date.now());
  customer = await find(CUSTOMER);
  other = (await inStorage(async ({ accounts }) => accounts.findByEmail('sato@example.jp')))?.id ?? '';
});
afterAll(async () => world?.stop());

async function find(identifier: string, reason = REASON): Promise<string> {
  await operator.open(`${desk}/support`);
  await operator.submit('/support', { identifier, reason });
  return /\/people\/([\w-]+)$/.exec(operator.page.url)?.[1] ?? '';
}

type Storage = Awaited<ReturnType<typeof openStorage>>;
async function inStorage<T>(use: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = await openStorage(world.env['DATABASE_URL'] ?? '', Date.now);
  try {
    return await use(storage);
  } finally {
    await storage.close();
  }
}

/** The events that operators have caused, with whom they are about. */
const events = async (): Promise<string[]> =>
  inStorage(async (storage) =>
    (await ledgerOf(storage)).flatMap(({ type, subject, data }) => ('operator' in data ? [`${type} ${subject}`] : [])),
  );

test('S220 a form of the console without its token, or sent by another site: 403, and nothing is done', async () => {
  const before = await events();
  const body = new URLSearchParams({ reason: REASON, identifier: CUSTOMER, confirm: customer, kind: 'send_mail' });
  const paths = [
    'support',
    `people/${customer}`,
    `people/${customer}/unmask`,
    'jobs/retry',
    'audit/verify',
    'confirm-identity',
    'logout',
  ];
  for (const action of ['unlock', 'end-sessions', 'disable', 'enable', 'export', 'erase'])
    paths.push(`people/${customer}/${action}`);
  for (const path of paths)
    expect([path, (await operator.send(`${desk}/${path}`, { method: 'POST', body })).status]).toEqual([path, 403]);
  await operator.open(`${desk}/people/${customer}/disable`);
  const { fields, action } = operator.form('/disable');
  const forged = await operator.send(action, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
  });
  expect(forged.status).toBe(403);
  const done = (await events()).slice(before.length).filter((event) => !event.startsWith('account.looked_at'));
  expect(done).toEqual([]);
});

test('S221 a session that was put into the operator’s browser, or taken from another’s answer: it never becomes theirs', async () => {
  const planted = 'p'.repeat(43);
  victim = createBrowser();
  victim.cookies.set(SESSION, planted);
  await signInOperator(world, victim, Date.now() + 30_000, app);
  expect(victim.page.url).toBe(`${desk}/`);
  expect(victim.cookies.get(SESSION)).not.toBe(planted);
  const thief = createBrowser();
  thief.cookies.set(SESSION, planted);
  await thief.open(`${desk}/support`);
  expect(thief.page.url).toBe(`${desk}/`);
  expect(textOf(thief.page.text)).toContain('TOYOTA/LEXUSの共通IDでログイン');
  // The answer to the victim's own request, in the browser of the thief.
  const callback = victim.visited.find((url) => url.startsWith(`${desk}/callback`)) ?? '';
  expect((await thief.open(callback)).status).toBe(400);
  expect(thief.cookies.has(SESSION) && thief.cookies.get(SESSION) !== planted).toBe(false);
});

test('S223 a look or an action without a reason, with spaces, or with one that is too long: nothing is shown, done or recorded', async () => {
  const before = await events();
  await operator.open(`${desk}/people/${other}`);
  for (const reason of ['', '    ', 'abc', 'x'.repeat(201)]) {
    await operator.submit(`/people/${other}`, { reason });
    expect([reason, operator.page.status]).toEqual([reason, 422]);
  }
  for (const action of ['unlock', 'disable', 'export']) {
    await operator.open(`${desk}/people/${customer}/${action}`);
    await operator.submit(`/${action}`, { reason: ' ' });
    expect([action, operator.page.status]).toEqual([action, 422]);
  }
  await operator.open(`${desk}/support`);
  await operator.submit('/support', { identifier: 'sato@example.jp', reason: '' });
  expect(operator.page.status).toBe(422);
  expect(await events()).toEqual(before);
});

test('S224 HTML in the name of a passkey, a reason, a device or anything else that the console shows: it is text', async () => {
  const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>'&`;
  const html = '<img src=x onerror=alert(1)>';
  await find(CUSTOMER, html);
  expect(operator.page.text).toContain('&lt;img src=x onerror=alert(1)&gt;');
  expect(operator.page.text).not.toContain(html);
  for (const page of ['audit', `audit?operator=${encodeURIComponent(evil)}&subject=${encodeURIComponent(evil)}`]) {
    await operator.open(`${desk}/${page}`);
    expect(operator.page.text).not.toMatch(/<script>|<img src=x/);
  }
  const render = createViewRenderer('views', true);
  for (const language of LANGUAGES) {
    const t = createTranslator('config/locales', ['common', 'operations-console', 'mail']).in(language);
    for (const sample of operationsConsoleSamples(t)) {
      const poisoned = JSON.parse(
        JSON.stringify(sample.data).replaceAll(
          /寿限無寿限無[^"]*|ta\*\*\*@example\.jp|C-1024/g,
          JSON.stringify(evil).slice(1, -1),
        ),
      ) as Record<string, unknown>;
      const shown = renderSample(render, { ...sample, data: poisoned }, t, language, 'toyota');
      expect([sample.name, /<script>|<img src=x/.test(shown)]).toEqual([sample.name, false]);
    }
  }
});

test('S225 the id of another person in the address: the reason is asked for first, and no action opens; a crafted id reaches no other endpoint', async () => {
  const before = await events();
  await operator.open(`${desk}/people/${other}`);
  expect(headingOf(operator.page)).toBe('お客様の情報を開く');
  for (const action of ['unlock', 'disable', 'erase', 'export', 'export/file']) {
    await operator.open(`${desk}/people/${other}/${action}`);
    expect([action, operator.page.url]).toEqual([action, `${desk}/people/${other}`]);
  }
  // The form of one person, sent to the address of another.
  await operator.open(`${desk}/people/${customer}/unlock`);
  const form = operator.form('/unlock');
  await operator.submit({ ...form, action: form.action.replace(customer, other) });
  expect(operator.page.url).toBe(`${desk}/people/${other}`);
  const looks = (await events()).slice(before.length);
  expect(looks).toEqual([]);
  for (const id of ['..%2f..%2fjobs', `${customer}%2funlock%3f`, '%2e%2e', 'x%00']) {
    await operator.open(`${desk}/people/${id}`);
    const asked = `/people/${encodeURIComponent(decodeURIComponent(id))}`;
    if (operator.page.text.includes(`action="${asked}"`)) await operator.submit(asked, { reason: REASON });
    expect([id, operator.page.status]).toEqual([id, 404]);
  }
  expect((await events()).slice(before.length)).toEqual([]);
});

test('S226 a login that another site starts: it leads to no other site', async () => {
  const { id } = world.origins;
  for (const target of ['https://evil.example/', '//evil.example/', `${desk}//evil.example/`, 'javascript:alert(1)'])
    expect(
      (await operator.open(`${desk}/login?${new URLSearchParams({ iss: id, target_link_uri: target }).toString()}`)).url,
    ).toBe(`${desk}/`);
  expect((await operator.open(`${desk}/login?iss=https://evil.example`)).status).toBe(400);
});

test('S227 the key of one action sent with another: refused, and the other is not done', async () => {
  await find(CUSTOMER);
  await operator.open(`${desk}/people/${customer}/end-sessions`);
  const { fields } = operator.form('/end-sessions');
  await operator.submit('/end-sessions');
  expect(textOf(operator.page.text)).toContain('すべてのログインを終了しました。');
  await operator.open(`${desk}/people/${customer}/disable`);
  await operator.submit('/disable', { action_key: fields['action_key'] ?? '' });
  expect(operator.page.status).toBe(400);
  expect((await events()).filter((event) => event.startsWith('account.disabled'))).toEqual([]);
});

test('S228 the tokens of a session: they never reach the browser, and its cookie is closed to scripts', async () => {
  await operator.open(`${desk}/people/${customer}`);
  const seen = [
    operator.page.text,
    ...[...operator.cookies].filter(([name]) => name.startsWith('operations-console')).flat(),
  ].join('\n');
  expect(seen).not.toMatch(/eyJ[\w-]{10}/);
  const anew = createBrowser();
  for (const { setCookies } of [await anew.send(`${desk}/login`), await anew.send(`${desk}/`)])
    for (const cookie of setCookies) expect(cookie).toMatch(/; httponly/i);
});

test('S229 the operator signs out everywhere at the common ID: the session here ends, without a visit', async () => {
  const agent = operator.copy();
  expect((await agent.open(`${desk}/support`)).status).toBe(200);
  const { id } = world.origins;
  await operator.open(`${id}/session/end`);
  await operator.submit(operator.form('/session/end/confirm'), { logout: 'yes' });
  await untilTrue('the session of the console ends', async () => (await agent.open(`${desk}/support`)).url === `${desk}/`);
});

test('S222 a role that is taken away, and an operator who is taken off the list, while signed in: the next request is refused', async () => {
  const file = join(world.project, 'config/operators.json');
  type File = { operators: { roles: string[]; email: string }[] };
  const write = (change: (listed: File['operators'][number]) => void): void => {
    const json = JSON.parse(readFileSync(file, 'utf8')) as File;
    for (const listed of json.operators) change(listed);
    writeFileSync(file, JSON.stringify(json));
  };
  operator = victim;
  const id = await find(CUSTOMER);
  write((listed) => {
    listed.roles = ['audit'];
  });
  await untilTrue('the role is gone', async () => (await operator.open(`${desk}/people/${id}`)).status === 403);
  const before = await events();
  expect(headingOf(operator.page)).toBe('この操作をする権限がありません');
  expect(operator.page.text).not.toMatch(/@example\.jp/);
  expect((await operator.open(`${desk}/jobs`)).status).toBe(403);
  await operator.open(desk);
  expect(textOf(operator.page.text)).not.toContain('お客様対応');
  expect(textOf(operator.page.text)).toContain('監査');
  write((listed) => {
    listed.email = 'another@example.jp';
  });
  await untilTrue('the operator is gone', async () => (await operator.open(desk)).status === 403);
  expect(headingOf(operator.page)).toBe('担当者として登録されていません');
  expect(await events()).toEqual(before);
});
