// A material change of the terms: asked again at the next login, shown with what changed, stored with what was agreed to.
import { DatabaseSync } from 'node:sqlite';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createBrowser, textOf, type Browser } from '../support/http-browser.ts';
import { startWorld, type World } from '../support/world.ts';

const CALLBACK = 'http://127.0.0.1:9/callback';
const DAY = 24 * 60 * 60 * 1000;
const data = mkdtempSync(join(tmpdir(), 'common-id-terms-'));
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
  world = await startWorld({ apps: ['id'], clients: { site }, env: { DATA_DIRECTORY: data } });
  browser = createBrowser();
}, 60_000);
afterAll(async () => {
  await world.stop();
  rmSync(data, { recursive: true });
});

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

/** A new version, in force today by the clock of the apps, with one section changed, one added and one gone. */
async function publish(version: string, material: boolean, today: number): Promise<void> {
  const before = (await ready()).configuration.version;
  for (const language of ['ja', 'en']) {
    const [, text = ''] = /^---[\s\S]*?---\n([\s\S]*)$/.exec(readTerms(`2026-04-01.${language}.md`)) ?? [];
    const changed = `${text.replace(/(## [^\n]*\n\n)[^\n]*/, `$1Changed in ${version}.`)}\n\n## New in ${version}\n\nAdded text.\n`;
    const front = `---\neffective_from: ${new Date(today + 9 * 60 * 60 * 1000).toISOString().slice(0, 10)}\nmaterial: ${material}\n---\n`;
    writeFileSync(join(world.project, 'config/terms', `${version}.${language}.md`), front + changed);
  }
  while ((await ready()).configuration.version === before) await new Promise((resolve) => setTimeout(resolve, 50));
}
const readTerms = (name: string): string => readFileSync(join(world.project, 'config/terms', name), 'utf8');
const ready = async () =>
  (await (await fetch(`${world.origins.id}/health/ready`)).json()) as { configuration: { version: string } };

test('whoever agreed to the terms in force is not asked', async () => {
  await goTo();
  await browser.submit('/login', { login_id: 'sato@example.jp', password: 'Common-2026' }, CALLBACK);
  expect(isBack()).toBe(true);
});

test('a change that is not material asks nobody', async () => {
  await publish('slight', false, Date.now());
  await goTo();
  expect(isBack()).toBe(true);
});

test('a material change is shown with what changed, and nobody goes on without agreeing', async () => {
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

test('whoever refuses is back at the client without a code', async () => {
  await goTo();
  await browser.submit('/terms/cancel', {}, CALLBACK);
  expect(browser.page.location).toContain('error=access_denied');
});

test('agreement is stored with version, language and a digest of the text, beside what was agreed to before; nobody is asked twice', async () => {
  await goTo({ ui_locales: 'en' });
  await browser.submit('/terms', { terms: 'yes' }, CALLBACK);
  expect(isBack()).toBe(true);
  await goTo();
  expect(isBack()).toBe(true);
  const database = new DatabaseSync(join(data, 'common-id.sqlite'), { readOnly: true });
  const columns = database
    .prepare('SELECT * FROM accounts')
    .all()
    .map((row) => JSON.stringify(row));
  database.close();
  const [, markdown = ''] = /^---[\s\S]*?---\n([\s\S]*)$/.exec(readTerms('material.en.md')) ?? [];
  const sato = columns.find((row) => row.includes('sato@example.jp')) ?? '';
  expect(sato).toContain('2026-04-01');
  expect(sato).toContain('material');
  expect(sato).toContain(createHash('sha256').update(markdown.trim()).digest('hex'));
});
