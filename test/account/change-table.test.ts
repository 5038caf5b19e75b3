// Every change of an account as a table: one event of the ledger, and its mails, each once.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Deps } from '../../src/deps.ts';
import { createJobQueue } from '../../src/jobs/job-queue.ts';
import type { AccountAccess } from '../../src/oidc/sessions/account-access.ts';
import { disable, enable, endSignIns, liftLimits } from '../../src/operations/change-account.ts';
import { createBrowser } from '../support/http-browser.ts';
import { ledgerOf } from '../support/ledger-of.ts';
import { untilTrue } from '../support/until-true.ts';
import { startOwnAccountWorld, type OwnAccountWorld } from '../attacks/support/own-account-world.ts';
import { addPasskey } from '../attacks/support/passkeys.ts';
import { turnOn } from '../attacks/support/second-factor.ts';

jest.setTimeout(60_000);

const [ADDRESS, NEW_ADDRESS] = ['yamada@example.jp', 'new@example.jp'];
const PASSWORDS = ['Common-2026', 'Wechsel-2026'] as const;

let world: OwnAccountWorld;
beforeAll(async () => {
  world = await startOwnAccountWorld();
});
afterAll(async () => world?.close());

const browser = createBrowser({ headers: { 'X-Forwarded-For': '192.0.2.1' } });
let password: string = PASSWORDS[0];

/** Opens a page, and signs in on the way. */
async function open(path: string, email = ADDRESS): Promise<void> {
  await browser.open(world.issuer + path);
  if (browser.page.url.includes('/login')) await browser.submit('/login', { login_id: email, password });
}
const linkOn = (pattern: RegExp): string => pattern.exec(browser.page.text)?.[0] ?? 'no such link';

/** The change, its event, and the subjects of its mails. */
type Row = [change: string, make: () => Promise<unknown>, event: string, mails: string[]];
const CHANGES: Row[] = [
  [
    'the profile',
    async () => {
      await open('/account/profile');
      await browser.submit('/account/profile', { birthdate_year: '1970' });
    },
    'account.profile_changed',
    ['お客様情報が変更されました'],
  ],
  [
    'the password',
    async () => {
      await open('/account/password');
      await browser.submit('/account/password', { current_password: password, password: PASSWORDS[1] });
      password = PASSWORDS[1];
    },
    'account.password_changed',
    ['パスワードが変更されました'],
  ],
  [
    'a new passkey',
    async () => {
      await open('/account');
      await addPasskey(world.issuer, browser);
    },
    'account.passkey_added',
    ['パスキーが登録されました'],
  ],
  [
    'the name of a passkey',
    async () => {
      await open('/account/passkeys');
      await browser.open(world.issuer + linkOn(/\/account\/passkeys\/\w+\/rename/));
      await browser.submit('/rename', { name: '電話' });
    },
    'account.passkey_renamed',
    ['パスキーの名前が変更されました'],
  ],
  [
    'a passkey that goes',
    async () => {
      await open('/account/passkeys');
      await browser.open(world.issuer + linkOn(/\/account\/passkeys\/\w+\/remove/));
      await browser.submit('/remove');
    },
    'account.passkey_removed',
    ['パスキーが削除されました'],
  ],
  [
    'the second factor, on',
    async () => {
      await open('/account');
      await turnOn(world.issuer, browser, () => world.clock.now);
    },
    'account.second_factor_added',
    ['2段階認証がオンになりました'],
  ],
  [
    'new recovery codes',
    async () => {
      await open('/account/second-factor');
      await browser.submit('/recovery-codes');
    },
    'account.recovery_codes_renewed',
    ['回復コードが新しくなりました'],
  ],
  [
    'the second factor, off',
    async () => {
      await open('/account/second-factor/off');
      await browser.submit('/off');
    },
    'account.second_factor_removed',
    ['2段階認証がオフになりました'],
  ],
  [
    'the sessions of other browsers',
    async () => {
      await open('/account/sessions/end-others');
      await browser.submit('/end-others');
    },
    'account.sessions_ended',
    [],
  ],
  [
    'a wish for another address',
    async () => {
      await open('/account/email');
      await browser.submit('/account/email', { email: NEW_ADDRESS, current_password: password });
    },
    'account.email_change_asked',
    ['メールアドレス変更の認証番号'],
  ],
  [
    'the address',
    async () => {
      const { subject } = await world.mail(NEW_ADDRESS, '認証番号');
      await browser.submit('/account/email/code', { code: subject.replaceAll(/\D/g, '').slice(-6) });
    },
    'account.email_changed',
    ['メールアドレスを変更しました', 'メールアドレスが変更されました'],
  ],
  [
    'a sign-in that is reported',
    async () => {
      const stranger = createBrowser({ headers: { 'X-Forwarded-For': '198.51.100.1', 'User-Agent': 'Firefox/140.0 Windows' } });
      const { length } = world.mails;
      await stranger.open(`${world.issuer}/account`);
      await stranger.submit('/login', { login_id: NEW_ADDRESS, password });
      const { text } = await world.mail(NEW_ADDRESS, NEW_BROWSER, length);
      await stranger.open(/http\S+report\?token=\S+/.exec(text)?.[0] ?? '');
      await stranger.submit('/report');
    },
    'account.sign_in_reported',
    ['お心当たりのないログインを終了しました'],
  ],
  [
    'the withdrawal',
    async () => {
      await open('/account/withdrawal', NEW_ADDRESS);
      await browser.submit('/account/withdrawal');
    },
    'account.withdrawn',
    // The earlier address, from which the change could be undone, is told too.
    ['退会の手続きが完了しました', '退会の手続きが完了しました'],
  ],
  [
    'the withdrawal that is taken back',
    async () => {
      await open('/account', NEW_ADDRESS);
      await browser.submit('/withdrawal');
    },
    'account.withdrawal_taken_back',
    ['退会を取り消しました'],
  ],
];

/** What the support desk does. */
const deps = () => {
  const { storage, issuer } = world;
  const config = { issuer, rateLimits: { emailCode: {}, smsCode: {} } } as unknown as Deps['config'];
  const clock = (): number => world.clock.now;
  return { config, storage, clock, jobs: createJobQueue(storage.jobs, clock) };
};
const nothing = async (): Promise<void> => undefined;
const ACCESS = { endSignIns: nothing, endTokens: nothing, endSessions: nothing } as unknown as AccountAccess;
const WHY = { operator: 'a.tanaka', reason: 'ticket 1' };
const idOf = async (): Promise<string> => (await world.account(NEW_ADDRESS)).id;
// The mail about a disabled ID goes to the former address, too.
CHANGES.push(
  [
    'limits that are lifted',
    async () => liftLimits(deps(), await world.account(NEW_ADDRESS), WHY),
    'account.limits_lifted',
    ['ログインの一時停止を解除しました'],
  ],
  [
    'sign-ins that are ended',
    async () => endSignIns(deps(), ACCESS, await idOf(), WHY),
    'account.sign_ins_ended',
    ['すべてのブラウザーからログアウトしました'],
  ],
  [
    'an ID that is disabled',
    async () => disable(deps(), ACCESS, await idOf(), WHY),
    'account.disabled',
    ['共通IDの利用を停止しています', '共通IDの利用を停止しています'],
  ],
  ['an ID that is enabled', async () => enable(deps(), await idOf(), WHY), 'account.enabled', ['共通IDの利用を再開しました']],
);

const NEW_BROWSER = '新しいブラウザーでログインがありました';
/** What tells of a sign-in, and not of a change. */
const SIGN_INS = [
  'account.signed_in',
  'account.passkey_used',
  'account.second_factor_used',
  'session.ended',
  'client.grant_ended',
];

test('each change of an account: exactly one event in the ledger and its mails, each once', async () => {
  const { id } = await world.account(ADDRESS);
  const told: string[] = [];
  const eventsOf = async (): Promise<string[]> =>
    (await ledgerOf(world.storage))
      .filter(({ subject, type }) => subject === id && !SIGN_INS.includes(type))
      .map(({ type }) => type);
  const subjects = (): string[] =>
    world.mails
      .filter(({ subject }) => !subject.includes(NEW_BROWSER))
      .map(({ subject }) => subject.replace(/^【.*】/, '').replace(/[\s\d]+$/, ''));
  for (const [change, make, event, mails] of CHANGES) {
    const before = (await eventsOf()).length;
    await make();
    expect({ change, events: (await eventsOf()).slice(before) }).toEqual({ change, events: [event] });
    told.push(...mails);
    await untilTrue(`the mails about ${change}`, () => subjects().length >= told.length, { tell: subjects });
  }
  expect(subjects().toSorted()).toEqual(told.toSorted());
});
