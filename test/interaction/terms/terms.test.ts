// A change of the terms during a registration, and, if it is material, at the next login: shown with the changes,
// stored with the agreement.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createBrowser, textOf, type Browser } from '../../support/http-browser.ts';
import { documentsOf } from '../../support/documents-of.ts';
import { startWorld, type World } from '../../support/world.ts';
import { untilTrue } from '../../support/until-true.ts';

const CALLBACK = 'http://127.0.0.1:9/callback';
const DAY = 24 * 60 * 60 * 1000;
let world: World;
let browser: Browser;

beforeAll(async () => {
  const site = {
    client_name: 'Site',
    application_type: 'web',
    redirect_uris: [CALLBACK],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: 'http://127.0.0.1:9/jwks.json',
    common_id: { contact: 'tests', first_party: true },
  };
  world = await startWorld({ apps: ['mailbox', 'id'], clients: { site } });
  browser = createBrowser();
}, 60_000);
afterAll(async () => world.stop());

async function goTo(more: Record<string, string> = {}): Promise<void> {
  const parameters = new URLSearchParams({
    client_id: 'site',
    response_type: 'code',
    scope: 'openid',
    redirect_uri: CALLBACK,
    code_challenge: randomBytes(32).toString('base64url'),
    code_challenge_method: 'S256',
    ...more,
  });
  await browser.open(`${world.origins.id}/auth?${parameters.toString()}`, CALLBACK);
}
const isBack = (): boolean => browser.page.location?.startsWith(`${CALLBACK}?code=`) ?? false;

/** A new version, in force today by the apps' clock, with one section changed, one added and one removed. */
async function publish(version: string, material: boolean, today: number): Promise<void> {
  const before = (await ready()).configuration.version;
  for (const language of ['ja', 'en']) {
    const [, text = ''] = /^---[\s\S]*?---\n([\s\S]*)$/.exec(readTerms(`2026-04-01.${language}.md`)) ?? [];
    const changed = `${text.replace(/(## [^\n]*\n\n)[^\n]*/, `$1Changed in ${version}.`)}\n\n## New in ${version}\n\nAdded text.\n`;
    const front = `---\neffective_from: ${new Date(today + 9 * 60 * 60 * 1000).toISOString().slice(0, 10)}\nmaterial: ${material}\n---\n`;
    writeFileSync(join(world.project, 'config/terms', `${version}.${language}.md`), front + changed);
  }
  await untilTrue(`version ${version} of the terms is taken up`, async () => (await ready()).configuration.version !== before);
}
const readTerms = (name: string): string => readFileSync(join(world.project, 'config/terms', name), 'utf8');
/** The stored accounts of an address. */
const accounts = async (email: string): Promise<string[]> =>
  (await documentsOf(world, 'accounts')).filter((document) => document.includes(email));
const ready = async () =>
  ((await (await fetch(`${world.admin}/health/ready`)).json()) as { processes: { configuration: { version: string } }[] })
    .processes[0]!;

test('terms that change during a registration: nobody can skip them, and no input is lost', async () => {
  let changes = 0;
  const change = async (): Promise<string> => {
    changes += 1;
    // Each version takes effect on a day of last week; the interaction lives an hour.
    await publish(`revision-${changes}`, false, Date.now() - (8 - changes) * DAY);
    return `revision-${changes}`;
  };
  const person = browser;
  browser = createBrowser();
  const isAbout = (): void => {
    expect(new URL(browser.page.url).pathname).toMatch(/\/create$/);
    expect(textOf(browser.page.text)).toContain('お手続きの間に、利用規約が変わりました。');
  };
  await goTo({ prompt: 'create' });
  // In force after ④ was shown: the agreement is to the version that was shown.
  await change();
  await browser.submit('/create', { terms: 'yes' });
  expect(browser.page.status).toBe(422);
  expect(textOf(browser.page.text)).toContain('利用規約が変わりました。いま一度');
  await browser.submit('/create', { terms: 'yes' });

  await change();
  await browser.submit('/create/email', { email: 'registering@example.jp' });
  isAbout();
  await browser.submit('/create', { terms: 'yes' });
  expect(browser.page.url).toMatch(/\/create\/code$/);

  const code = /\d{6}/.exec((await world.nextMessage('registering@example.jp')).subject)?.[0] ?? '';
  await change();
  await browser.submit('/create/code', { code });
  isAbout();
  await browser.submit('/create', { terms: 'yes' });
  expect(browser.page.url).toMatch(/\/create\/profile$/);

  await change();
  const name = { family_name: '伊藤', given_name: '葵', family_name_kana: 'イトウ', given_name_kana: 'アオイ' };
  await browser.submit('/create/profile', { ...name, password: 'Kaminari-482' });
  isAbout();
  await browser.submit('/create', { terms: 'yes' });
  expect(browser.page.url).toMatch(/\/create\/confirm$/);
  expect(textOf(browser.page.text)).toContain('お名前 伊藤 葵');

  const inForce = await change();
  await browser.submit('/create/confirm');
  isAbout();
  expect(await accounts('registering@example.jp')).toEqual([]);
  await browser.submit('/create', {});
  expect(browser.page.status).toBe(422);
  isAbout();
  await browser.submit('/create', { terms: 'yes' });
  await browser.submit('/create/confirm');
  expect(browser.page.url).toMatch(/\/create\/complete$/);
  const registered = await accounts('registering@example.jp');
  expect(registered).toHaveLength(1);
  const { terms, profile } = JSON.parse(registered[0] ?? '') as { terms: { version: string }[]; profile: object };
  expect(terms.map(({ version }) => version)).toEqual([inForce]);
  expect(profile).toMatchObject(name);
  browser = person;
});

test('a person who agreed to the terms in force is not asked', async () => {
  await goTo();
  await browser.submit('/login', { login_id: 'sato@example.jp', password: 'Common-2026' }, CALLBACK);
  expect(isBack()).toBe(true);
});

test('after a change that is not material nobody is asked', async () => {
  await publish('slight', false, Date.now());
  await goTo();
  expect(isBack()).toBe(true);
});

test('a material change is shown with the changes, and nobody continues without agreeing', async () => {
  await world.advance(DAY);
  await publish('material', true, Date.now() + DAY);
  await goTo();
  expect(browser.page.status).toBe(200);
  const shown = textOf(browser.page.text);
  expect(shown).toContain('利用規約の変更');
  expect(shown).toContain('Changed in material.');
  expect(shown).toContain('追加: New in material');
  expect(shown).not.toContain('Changed in slight.');
  await browser.submit('/terms', {}, CALLBACK);
  expect(browser.page.status).toBe(422);
  await goTo({ prompt: 'none' });
  expect(browser.page.location).toContain('error=interaction_required');
});

test('a person who refuses returns to the client without a code', async () => {
  await goTo();
  await browser.submit('/terms/cancel', {}, CALLBACK);
  expect(browser.page.location).toContain('error=access_denied');
});

test('the agreement is stored with version, language and hash of the text, beside earlier agreements; nobody is asked twice', async () => {
  await goTo({ ui_locales: 'en' });
  await browser.submit('/terms', { terms: 'yes' }, CALLBACK);
  expect(isBack()).toBe(true);
  await goTo();
  expect(isBack()).toBe(true);
  const [, markdown = ''] = /^---[\s\S]*?---\n([\s\S]*)$/.exec(readTerms('material.en.md')) ?? [];
  const [sato] = await accounts('sato@example.jp');
  expect(sato).toContain('2026-04-01');
  expect(sato).toContain('material');
  expect(sato).toContain(createHash('sha256').update(markdown.trim()).digest('hex'));
});
