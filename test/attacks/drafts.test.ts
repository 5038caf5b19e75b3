// A registration in two tabs, in two browsers, by two people: design/security-2.md S101 to S103.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { headingOf, textOf, type Browser } from '../support/http-browser.ts';
import { startWorld, type World } from './support/attack-world.ts';
import { begin, signIn } from './support/client.ts';
import { conflicts, holdAt, HOLDING, pressBetween, type Press } from './support/conflicts.ts';
import { figure } from './support/figure.ts';
import { beginAsLegacyUser, goOnTo } from './support/legacy-user.ts';
import { accountsOf, codeFor, freshEmail, PASSWORD, PROFILE, registerUpTo, type PageName } from './support/registration.ts';

jest.setTimeout(180_000);

type Draft = {
  id: string;
  terms?: object;
  email_canonical?: string;
  proven?: { email_canonical: string };
  profile?: { given_name?: string };
  password_hash?: string;
  registering_at?: number;
  registered_at?: number;
};

let world: World;
/** A stored draft at ⑧, with which most situations begin. */
let confirmed: { draft: Draft; row: { id: string; version: number }; browser: Browser; path: (page: string) => string };

beforeAll(async () => {
  world = await startWorld(HOLDING);
  const { browser, email, uid } = await registerUpTo(world, 'confirm');
  const [row] = world.rows<{ id: string; version: number; document: string }>(
    `SELECT id, version, document FROM expiring_documents WHERE document ->> 'email' = ?`,
    email,
  );
  if (!row) throw new Error('there is no draft');
  const path = (page: string): string => `/interaction/${uid}/create${page === 'about' ? '' : `/${page}`}`;
  confirmed = { draft: JSON.parse(row.document) as Draft, row, browser, path };
});
afterAll(async () => world?.close());

function stored(): Draft {
  const [row] = world.rows<{ document: string }>('SELECT document FROM expiring_documents WHERE id = ?', confirmed.row.id);
  return JSON.parse(row?.document ?? '{}') as Draft;
}

/** Returns the page of the registration that a browser shows. */
function pathIn(browser: Browser, page: PageName): string {
  const start = /\/interaction\/[\w-]+\/create/.exec(browser.page.url)?.[0] ?? '';
  return page === 'about' ? start : `${start}/${page}`;
}

/** Describes the result in words that do not depend on the addresses. */
function outcomeOf(addresses: Record<string, string>) {
  const nameOf = (email: unknown): string | undefined => Object.entries(addresses).find(([, address]) => address === email)?.[0];
  const passwordOf = (hash: unknown): string | undefined =>
    hash === undefined ? undefined : hash === confirmed.draft.password_hash ? 'old' : 'new';
  const draft = stored();
  return {
    address: nameOf(draft.email_canonical ?? (draft as { email?: string }).email),
    proven: nameOf(draft.proven?.email_canonical),
    given_name: draft.profile?.given_name,
    password: passwordOf(draft.password_hash),
    agreed: draft.terms !== undefined,
    state: draft.registered_at ? 'registered' : draft.registering_at ? 'registering' : 'open',
    accounts: Object.entries(addresses).flatMap(([name, address]) =>
      accountsOf(world, address).map((account) => ({
        name,
        given_name: (account.profile as { given_name: string }).given_name,
        password: passwordOf(account.password_hash),
      })),
    ),
  };
}

type Outcome = ReturnType<typeof outcomeOf>;

/** The person at this browser has proven the address of each account, and the proof of the draft is for its address. */
function expectInvariants({ address, proven, accounts, password }: Outcome): void {
  expect(accounts.filter(({ name }) => name !== 'proven')).toEqual([]);
  expect(accounts.length).toBeLessThanOrEqual(1);
  if (proven !== undefined) expect(proven).toBe(address);
  if (address !== 'proven') expect(password).not.toBe('old');
}

/** Resets the draft to ⑧ with a new proven address. Returns the requests that are possible there. */
function situation(): { addresses: Record<'proven' | 'victim' | 'third', string>; press: Record<string, Press> } {
  const addresses = { proven: freshEmail(), victim: freshEmail(), third: freshEmail() };
  const { draft, row, browser, path } = confirmed;
  const next = {
    ...draft,
    email: addresses.proven,
    email_canonical: addresses.proven,
    proven: { ...draft.proven, email_canonical: addresses.proven },
    account_id: crypto.randomUUID(),
  };
  world.change(
    'UPDATE expiring_documents SET version = ?, document = ? WHERE id = ?',
    row.version,
    JSON.stringify({ ...next, version: row.version }),
    row.id,
  );
  const press =
    (page: string, fields: Record<string, string>): Press =>
    async (headers = {}) => {
      // A network may request only a limited number of codes.
      const from = browser.copy({ from: world.freshAddress() });
      return from.post({ ...browser.form('/create/confirm'), action: path(page) }, fields, { headers });
    };
  return {
    addresses,
    press: {
      '④': press('about', { terms: 'yes', terms_version: (draft.terms as { version: string }).version }),
      '⑤': press('email', { email: addresses.victim }),
      '⑤ with a third address': press('email', { email: addresses.third }),
      '⑦': press('profile', { ...PROFILE, given_name: '新', password: 'Arashi-9358' }),
      '⑦ with the password that was typed before': press('profile', { ...PROFILE, given_name: '新', password: '' }),
      登録: press('confirm', {}),
    },
  };
}

const NAMES = ['⑤', '登録', '④', '⑦', '⑤ with a third address', '⑦ with the password that was typed before'];
const PAIRS = NAMES.flatMap((first, n) => NAMES.slice(n).map((second) => [first, second] as const));
const SHORT: typeof PAIRS = [
  ['⑤', '登録'],
  ['⑤', '⑦'],
  ['登録', '⑦'],
  ['登録', '登録'],
];

/** Runs two requests in every order of their writes. The results must be those of one after the other. Returns the number of held writes. */
async function everyOrder<T>(
  name: string,
  begin: Parameters<typeof conflicts<T>>[1],
  heldFirst?: 1 | 2,
): Promise<{ seen: T[]; held: number }> {
  const seen: T[] = [];
  const { wrong, orders, held } = await conflicts(
    world,
    async () => {
      const { presses, outcome } = await begin();
      return {
        presses,
        async outcome() {
          const came = await outcome();
          seen.push(came);
          return came;
        },
      };
    },
    heldFirst,
  );
  expect([name, wrong, orders]).toEqual([name, [], orders]);
  return { seen, held };
}

describe('two requests at the same moment', () => {
  test('S101 two requests of ④ to ⑧ in every order of their writes: the result is that of one after the other', async () => {
    let held = 0;
    const pairs = figure(1, 0) ? PAIRS : SHORT;
    for (const [first, second] of pairs) {
      // In both orders, held at each write.
      const result = await everyOrder(`${first} and ${second}`, async () => {
        const { addresses, press } = situation();
        return {
          presses: [press[first] as Press, press[second] as Press],
          outcome: async () => outcomeOf(addresses),
        };
      });
      result.seen.forEach(expectInvariants);
      held += result.held;
    }
    expect(held).toBeGreaterThan(2 * pairs.length);
  });

  test('S101 the code of ⑥ while the address changes, in every order of the writes: proves the address of its mail, or nothing', async () => {
    const others = ['⑤', '⑥', '④'].slice(0, figure(3, 1));
    for (const other of others) {
      const { seen, held } = await everyOrder(`⑥ and ${other}`, async () => {
        const { addresses, press } = situation();
        const { browser, path } = confirmed;
        // Another address, and its code.
        const form = { ...browser.form('/create/confirm'), action: path('email') };
        await browser.copy({ from: world.freshAddress() }).post(form, { email: addresses.third });
        const code = await codeFor(world, addresses.third);
        const six: Press = async (headers = {}) => browser.copy().post({ ...form, action: path('code') }, { code }, { headers });
        return { presses: [six, other === '⑥' ? six : (press[other] as Press)], outcome: async () => outcomeOf(addresses) };
      });
      for (const { address, proven, accounts } of seen) {
        expect([undefined, address]).toContain(proven);
        expect(accounts).toEqual([]);
      }
      expect(held).toBeGreaterThan(3);
    }
  });

  test('S101 two addresses requested at once: the code of the stored address is correct, and the other code proves nothing', async () => {
    const { addresses, press } = situation();
    const held = await pressBetween(world, press['⑤'] as Press, 2, press['⑤ with a third address'] as Press);
    expect(held).toBe(true);
    const { browser, path } = confirmed;
    const standing = stored().email_canonical as string;
    const other = Object.values(addresses).find((address) => address !== standing && address !== addresses.proven) as string;
    const enter = async (code: string) =>
      browser.copy().post({ ...browser.form('/create/confirm'), action: path('code') }, { code });
    expect((await enter(await codeFor(world, other))).status).toBe(422);
    expect(stored().proven).toBeUndefined();
    expect((await enter(await codeFor(world, standing))).status).toBe(303);
    expect(stored().proven?.email_canonical).toBe(standing);
  });

  test('S101 ⑦ posted repeatedly while ⑤ names another person’s address: no account gets that address', async () => {
    const strangers: string[] = [];
    for (let attempt = 0; attempt < figure(24, 4); attempt += 1) {
      const { addresses, press } = situation();
      strangers.push(addresses.victim);
      await Promise.all([press['⑦'], press['⑤'], press['⑦'], press['登録'], press['⑦']].map(async (one) => (one as Press)()));
      await (press['登録'] as Press)();
    }
    expect(strangers.flatMap((email) => accountsOf(world, email))).toEqual([]);
  });

  test('S101 ④, ⑤ and ⑦ begun before 登録 and written during it: the draft does not change, and the account has the proven values', async () => {
    for (const name of ['⑤', '⑦', '④']) {
      for (let n = 1; ; n += 1) {
        const { addresses, press } = situation();
        const other = await holdAt(world.directory, press[name] as Press, n);
        if (!other.isHeld) break;
        // The first write seals the draft, the second one creates the account.
        const confirm = await holdAt(world.directory, press['登録'] as Press, 2);
        const sealed = stored();
        const { email_canonical, proven, registering_at } = sealed;
        expect([email_canonical, proven?.email_canonical]).toEqual([addresses.proven, addresses.proven]);
        expect([confirm.isHeld, registering_at !== undefined, accountsOf(world, addresses.proven)]).toEqual([true, true, []]);
        await other.release();
        // These begin only now.
        await (press[name] as Press)();
        expect([name, n, stored()]).toEqual([name, n, sealed]);
        await confirm.release();
        expect(stored().registered_at).toBeDefined();
        const { password_hash, profile } = confirmed.draft;
        expect(accountsOf(world, addresses.proven)).toMatchObject([{ email: addresses.proven, password_hash, profile }]);
        expect([...accountsOf(world, addresses.victim), ...accountsOf(world, addresses.third)]).toEqual([]);
      }
    }
  });

  test('S103 登録 in two browsers of one legacy user, in every order of the writes: one ID, and the other browser gets a correct answer', async () => {
    const { held } = await everyOrder(
      '登録 and 登録 elsewhere',
      async () => {
        const legacyId = `two-${crypto.randomUUID()}`;
        const answers: Record<string, number> = {};
        const emails = [freshEmail(), freshEmail()];
        const presses = await Promise.all(
          emails.map(async (email, n): Promise<Press> => {
            const { browser } = await beginAsLegacyUser(world, { legacyId });
            await goOnTo(world, browser, 'confirm', { email });
            return async (headers = {}) => {
              const answer = await browser.post('/create/confirm', {}, { headers });
              answers[n] = answer.status;
              return answer;
            };
          }),
        );
        return {
          presses: presses as [Press, Press],
          outcome: async () => ({ accounts: emails.map((email) => accountsOf(world, email).length), answers }),
        };
      },
      figure(2, 1) as 1 | 2,
    );
    expect(held).toBeGreaterThan(3);
  });
});

describe('another browser', () => {
  const SECRET = 'Himitsu-7731';

  test('S102 a draft filled in for a person who is lured into the flow: they tick the terms, prove their address and set their own password', async () => {
    const legacyId = `lure-${crypto.randomUUID()}`;
    const victim = freshEmail();
    const attacker = await beginAsLegacyUser(world, { legacyId, claims: { email: victim, family_name: '手渡' } });
    await goOnTo(world, attacker.browser, 'confirm', {
      email: freshEmail(),
      profile: { ...PROFILE, given_name: '攻撃', password: SECRET },
    });
    await attacker.browser.submit(
      { ...attacker.browser.form('/create/confirm'), action: pathIn(attacker.browser, 'email') },
      { email: victim },
    );

    const lured = await beginAsLegacyUser(world, { legacyId, claims: { email: victim, family_name: '手渡' } });
    // No page can be skipped.
    expect(lured.browser.page.url).toMatch(/\/create$/);
    const jump = await lured.browser.open(world.issuer + pathIn(lured.browser, 'confirm'));
    expect(jump.url).toMatch(/\/create$/);
    await goOnTo(world, lured.browser, 'profile', { email: victim, mails: 2 });
    // Data of the legacy site, and no values that were typed elsewhere.
    expect(lured.browser.form('/create/profile').fields.family_name).toBe('手渡');
    expect(lured.browser.page.text).not.toContain('攻撃');
    const refused = await lured.browser.post('/create/profile', { ...PROFILE, password: '' });
    expect(refused.status).toBe(422);
    await lured.browser.submit('/create/profile', PROFILE);
    await lured.browser.submit('/create/confirm');
    expect(accountsOf(world, victim)).toMatchObject([{ profile: { given_name: PROFILE.given_name } }]);
    const thief = await begin(world, 'attack-web');
    expect(headingOf(await signIn(thief.browser, victim, SECRET))).toContain('ログイン');
    expect((await signIn(thief.browser, victim, PASSWORD)).location).toContain('code=');
  });

  test('S102 the address changed and changed back in one browser: the password must be typed again', async () => {
    const { addresses, press } = situation();
    await (press['⑤'] as Press)();
    const { browser, path } = confirmed;
    const form = browser.form('/create/confirm');
    await browser.copy({ from: world.freshAddress() }).post({ ...form, action: path('email') }, { email: addresses.proven });
    const code = await codeFor(world, addresses.proven);
    const answer = await browser.copy().post({ ...form, action: path('code') }, { code });
    expect(answer.location).toContain('/create/profile');
    expect(stored().password_hash).toBeUndefined();
    // The person's other values stay.
    expect(stored().profile).toEqual(confirmed.draft.profile);
  });

  test('S103 the victim’s address handed over as the attacker’s: the attacker’s other browser reads nothing, sets no password and gets a correct answer', async () => {
    const legacyId = `claimed-${crypto.randomUUID()}`;
    const victim = freshEmail();
    const claims = { email: victim };
    const attacker = await beginAsLegacyUser(world, { legacyId, claims });
    await goOnTo(world, attacker.browser, 'confirm', { email: freshEmail() });

    const lured = await beginAsLegacyUser(world, { legacyId, claims });
    await goOnTo(world, lured.browser, 'confirm', {
      email: victim,
      profile: { ...PROFILE, given_name: '被害', building: '秘密荘 8' },
    });

    // The same legacy session in a third browser, and again in the attacker's second one: ④, empty.
    const spy = await beginAsLegacyUser(world, { legacyId, claims });
    for (const page of ['about', 'email', 'code', 'profile', 'confirm', 'complete'] as const) {
      const seen = await spy.browser.open(world.issuer + pathIn(spy.browser, page));
      expect([page, seen.url]).toEqual([page, expect.stringMatching(/\/create$/)]);
      expect(seen.text).not.toMatch(/被害|秘密荘/);
    }
    // The password of the owner counts; the second browser is told so.
    await lured.browser.submit('/create/confirm');
    expect(lured.browser.page.url).toContain('/create/complete');
    const second = await attacker.browser.post('/create/confirm');
    expect([second.status, headingOf(second)]).toEqual([409, 'すでに登録されています']);
    expect(second.text).toContain('別のブラウザーで先に');
    expect(second.text).not.toMatch(/被害|秘密荘/);
    expect(second.text).not.toContain(victim);
    expect(accountsOf(world, victim)).toMatchObject([{ profile: { given_name: '被害' } }]);
    // Leads to the login, and to no second ID for this legacy user.
    attacker.browser.page = second;
    await attacker.browser.submit('/create/sign-in');
    expect(attacker.browser.page.url).toContain('/login');
    expect(attacker.browser.form('/login').fields.login_id).toBe('');
    await attacker.browser.submit('/login/register');
    expect(attacker.browser.page.text).toContain('すでに取得されています');
  });

  test('S103 another request registers the same address meanwhile: 登録 says so, and the first password counts', async () => {
    const email = freshEmail();
    const first = await registerUpTo(world, 'confirm', { email });
    const second = await begin(world, 'attack-web', { prompt: 'create' });
    await goOnTo(world, second.browser, 'confirm', { email, mails: 2, profile: { ...PROFILE, password: SECRET } });
    await first.browser.submit('/create/confirm');
    const answer = await second.browser.post('/create/confirm');
    expect([answer.status, headingOf(answer)]).toEqual([409, 'すでに登録されています']);
    expect(textOf(answer.text)).toContain('登録済みの共通IDでログインしてください');
    // Another address can be entered instead.
    const other = await second.browser.open(world.issuer + pathIn(second.browser, 'email'));
    expect(other.url).toContain('/create/email');
    const login = await begin(world, 'attack-web');
    expect((await signIn(login.browser, email, PASSWORD)).location).toContain('code=');
  });

  test('S103 a forgotten registration, as after an undone migration: the same browser begins again, and 完了 is not shown', async () => {
    const legacyId = `undone-${crypto.randomUUID()}`;
    const user = await beginAsLegacyUser(world, { legacyId });
    await goOnTo(world, user.browser, 'complete', { email: freshEmail() });
    world.change('DELETE FROM expiring_documents WHERE id = ?', `legacy:attack-site:${legacyId}`);
    await beginAsLegacyUser(world, { legacyId }, user.browser);
    const email = freshEmail();
    await goOnTo(world, user.browser, 'complete', { email });
    expect(accountsOf(world, email)).toHaveLength(1);
  });

  test('S103 登録 that failed in a browser: another browser can register after a minute', async () => {
    const legacyId = `died-${crypto.randomUUID()}`;
    const email = freshEmail();
    const { browser } = await beginAsLegacyUser(world, { legacyId });
    await goOnTo(world, browser, 'confirm', { email });
    // The state that a process leaves if it dies between the claim and the account.
    const claim = { account_id: crypto.randomUUID(), registering_at: Date.now(), expires_at: Date.now() + 3_600_000 };
    const id = `legacy:attack-site:${legacyId}`;
    world.change(
      `INSERT INTO expiring_documents (kind, id, version, expires_at, document) VALUES ('registration_draft', ?, 1, ?, ?)`,
      id,
      claim.expires_at,
      JSON.stringify({ id, version: 1, ...claim }),
    );
    expect((await browser.post('/create/confirm')).status).toBe(409);
    await world.advance(61_000);
    await browser.submit('/create/confirm');
    expect(browser.page.url).toContain('/create/complete');
    expect(accountsOf(world, email)).toHaveLength(1);
  });
});

test('S101 a draft of an earlier version: its proof and password do not count, and the person continues', async () => {
  const { addresses } = situation();
  const { browser, row, path } = confirmed;
  const { proven, ...rest } = stored();
  const old = { ...rest, email_verified_at: Date.now(), proven_in: row.id.split(':')[1], elsewhere: { password_hash: 'x' } };
  world.change('UPDATE expiring_documents SET document = ? WHERE id = ?', JSON.stringify(old), row.id);
  expect(proven?.email_canonical).toBe(addresses.proven);
  const post = async (page: PageName, fields: Record<string, string>) =>
    browser.copy({ from: world.freshAddress() }).post({ ...browser.form('/create/confirm'), action: path(page) }, fields);
  expect((await post('confirm', {})).location).toContain('/create/code');
  expect(accountsOf(world, addresses.proven)).toEqual([]);
  await post('email', { email: addresses.proven });
  // The address is proven now, and the password still has to be typed.
  const proof = await post('code', { code: await codeFor(world, addresses.proven) });
  expect(proof.location).toContain('/create/profile');
  expect(stored().password_hash).toBeUndefined();
  expect((await post('confirm', {})).location).toContain('/create/profile');
  expect(accountsOf(world, addresses.proven)).toEqual([]);
});
