// Walks through the registration (④–⑨) as a person does, up to the page that a test attacks.
import type { Answer, Browser } from '../../support/http-browser.ts';
import { TYPED_PROFILE } from '../../support/typed-profile.ts';
import type { World } from './attack-world.ts';
import { begin } from './client.ts';

export const PASSWORD = 'Kaminari-482';

/** The input of ⑦. */
export const PROFILE: Record<string, string> = { ...TYPED_PROFILE, password: PASSWORD, building: '' };

export type PageName = 'about' | 'email' | 'code' | 'profile' | 'confirm' | 'complete';

let people = 0;

/** An address that nobody has used. */
export function freshEmail(): string {
  people += 1;
  return `person${people}.${Math.random().toString(36).slice(2, 8)}@example.jp`;
}

/** The code of the newest mail to an address. */
export async function codeFor(world: World, email: string, count = 1): Promise<string> {
  const { text } = await world.mail(email, count);
  const code = /\b\d{6}\b/.exec(text.normalize('NFKC'))?.[0];
  if (code === undefined) throw new Error(`no code in the mail to ${email}: ${text}`);
  return code;
}

/** Registers up to a page, and shows it. */
export async function registerUpTo(
  world: World,
  page: PageName,
  {
    browser = world.browser(),
    email = freshEmail(),
    profile = PROFILE,
    clientId = 'attack-web',
    params = {},
  }: {
    browser?: Browser;
    email?: string;
    profile?: Record<string, string>;
    clientId?: string;
    params?: Record<string, string>;
  } = {},
): Promise<{ browser: Browser; email: string; uid: string; path: (page: PageName) => string; shown: Answer }> {
  await begin(world, clientId, { prompt: 'create', ...params }, browser);
  const uid = /\/interaction\/([\w-]+)\/create/.exec(browser.page.url)?.[1] ?? '';
  const path = (name: PageName): string => `/interaction/${uid}/create${name === 'about' ? '' : `/${name}`}`;
  const steps: [PageName, () => Promise<unknown>][] = [
    ['about', async () => browser.submit('/create', { terms: 'yes' })],
    ['email', async () => browser.submit('/create/email', { email })],
    ['code', async () => browser.submit('/create/code', { code: await codeFor(world, email) })],
    ['profile', async () => browser.submit('/create/profile', profile)],
    ['confirm', async () => browser.submit('/create/confirm')],
  ];
  for (const [name, go] of steps) {
    if (name === page) break;
    await go();
  }
  if (!browser.page.url.endsWith(path(page))) {
    throw new Error(
      `expected ${page}, and it is ${browser.page.url} (${browser.page.status}): ${browser.page.text.slice(0, 3000)}`,
    );
  }
  return { browser, email, uid, path, shown: browser.page };
}

export type StoredDraft = {
  version: number;
  document: { email?: string; proven?: { email_canonical: string }; account_id?: string };
};

/** Returns the stored draft of a registration. */
export function draftOf(world: World, email: string): StoredDraft | undefined {
  const rows = world.rows<{ version: number; document: string }>(
    `SELECT version, document FROM expiring_documents WHERE document ->> 'email' = ? AND kind LIKE '%raft%'`,
    email,
  );
  return rows.map(({ version, document }) => ({ version, document: JSON.parse(document) as StoredDraft['document'] }))[0];
}

export function accountsOf(world: World, canonicalEmail: string): Record<string, unknown>[] {
  const sql = `SELECT document FROM accounts WHERE document ->> 'email_canonical' = ?`;
  return world
    .rows<{ document: string }>(sql, canonicalEmail)
    .map(({ document }) => JSON.parse(document) as Record<string, unknown>);
}
