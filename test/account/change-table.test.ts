// Every change of an account as a table: one event of the ledger, and its mails, each once.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Deps } from '../../src/deps.ts';
import { createJobQueue } from '../../src/jobs/job-queue.ts';
import type { AccountAccess } from '../../src/oidc/sessions/account-access.ts';
import { disable, enable, endSignIns, liftLimits } from '../../src/operations/change-account.ts';
import { signedIn } from '../attacks/support/client.ts';
import type { Sms } from '../../src/domain/sms.ts';
import { createBrowser } from '../support/http-browser.ts';
import { ledgerOf } from '../support/ledger-of.ts';
import { untilFound, untilTrue } from '../support/until-true.ts';
import { startOwnAccountWorld, type OwnAccountWorld } from '../attacks/support/own-account-world.ts';
import { addPasskey } from '../attacks/support/passkeys.ts';
import { turnOn } from '../attacks/support/second-factor.ts';

jest.setTimeout(60_000);

const [ADDRESS, NEW_ADDRESS] = ['yamada@example.jp', 'new@example.jp'];
const BIRTHDAY = { birthdate_year: '1970', birthdate_month: '7', birthdate_day: '21' };
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
/** The code of the SMS that waits for a gateway. */
const smsCode = async (): Promise<string> =>
  untilFound('the SMS', async () => {
    const [job] = await world.storage.jobs.listAfter('waiting', '', 1, 'send_sms');
    return (job?.payload as Sms | undefined)?.values.code?.replaceAll(' ', '');
  });
const linkOn = (pattern: RegExp): string => pattern.exec(browser.page.text)?.[0] ?? 'no such link';

/** A consequence of a new password and of other changes, too. */
const GRANT_ENDED = 'client.grant_ended';

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
    'a wish for a mobile number',
    async () => {
      await open('/account/mobile-number', NEW_ADDRESS);
      await browser.submit('/account/mobile-number', { mobile_number: '090-1234-5678' });
    },
    'account.login_number_asked',
    [],
  ],
  [
    'the mobile number',
    async () => {
      await browser.submit('/account/mobile-number/code', { code: await smsCode() });
    },
    'account.login_number_on',
    ['携帯電話番号でログインできるようになりました'],
  ],
  [
    'the mobile number that goes',
    async () => browser.submit(browser.form('/account/mobile-number'), { action: 'off' }),
    'account.login_number_off',
    ['携帯電話番号でのログインが解除されました'],
  ],
  [
    'a service that ends',
    async () => {
      await signedIn(world as never, {}, { browser });
      await open('/account/services/attack-web/end');
      await browser.submit('/end');
    },
    GRANT_ENDED,
    [],
  ],
  [
    'a dealer link that ends',
    async () => {
      await open('/account');
      await browser.open(world.issuer + linkOn(/\/account\/dealer-links\/[\w-]+/));
      await browser.open(world.issuer + linkOn(/\/account\/dealer-links\/[\w-]+\/withdraw/));
      await browser.submit('/withdraw');
    },
    'dealer_link.withdrawn',
    [],
  ],
  [
    'a request for a lost mailbox',
    async () => {
      const [stranger, to] = [world.browser('198.51.100.2'), 'stranger@example.net'];
      await stranger.open(`${world.issuer}/lost-mailbox`);
      const known = { family_name: '山田', given_name: '優子', ...BIRTHDAY, phone_number: '' };
      await stranger.submit('/lost-mailbox', { ...known, email: NEW_ADDRESS, new_email: to });
      const { subject } = await world.mail(to, '認証番号');
      await stranger.submit('/lost-mailbox/code', { code: subject.replaceAll(/\D/g, '').slice(-6) });
      await world.mail(NEW_ADDRESS, 'お申し込みがありました');
    },
    'account.lost_mailbox_asked',
    // Both known addresses.
    ['メールアドレス変更の認証番号', 'メールアドレス変更のお申し込みがありました', 'メールアドレス変更のお申し込みがありました'],
  ],
  [
    'the request that is stopped',
    async () => {
      await open('/account');
      await browser.submit('/account/lost-mailbox/stop');
    },
    'account.lost_mailbox_stopped',
    ['メールアドレスを変更できませんでした'],
  ],
  [
    'a password that was forgotten',
    async () => {
      const { length } = world.mails;
      const reset = world.browser('192.0.2.1');
      await reset.open(`${world.issuer}/password/forgotten`);
      await reset.submit('/password/forgotten', { email: NEW_ADDRESS });
      const { subject } = await world.mail(NEW_ADDRESS, '認証番号', length);
      await reset.submit('/code', { ...BIRTHDAY, code: subject.replaceAll(/\D/g, '').slice(-6) });
      password = 'Vergessen-26';
      await reset.submit('/new', { password });
    },
    'account.password_reset',
    ['パスワード再設定の認証番号', 'パスワードが変更されました'],
  ],
  [
    'the undo of the address',
    async () => {
      const { text } = await world.mail(ADDRESS, 'メールアドレスが変更されました');
      const keeper = world.browser('192.0.2.1');
      await keeper.open(/http\S+email\/undo\?token=\S+/.exec(text)?.[0] ?? '');
      await keeper.submit('/undo', { known_password: password, password: 'Zurueck-2026' });
      password = 'Zurueck-2026';
    },
    'account.email_change_undone',
    ['パスワードが変更されました'],
  ],
  [
    'a sign-in that is reported',
    async () => {
      const stranger = createBrowser({ headers: { 'X-Forwarded-For': '198.51.100.1', 'User-Agent': 'Firefox/140.0 Windows' } });
      const { length } = world.mails;
      await stranger.open(`${world.issuer}/account`);
      await stranger.submit('/login', { login_id: ADDRESS, password });
      const { text } = await world.mail(ADDRESS, NEW_BROWSER, length);
      await stranger.open(/http\S+report\?token=\S+/.exec(text)?.[0] ?? '');
      await stranger.submit('/report');
    },
    'account.sign_in_reported',
    ['お心当たりのないログインを終了しました'],
  ],
  [
    'the withdrawal',
    async () => {
      await open('/account/withdrawal', ADDRESS);
      await browser.submit('/account/withdrawal');
    },
    'account.withdrawn',
    ['退会の手続きが完了しました'],
  ],
  [
    'the withdrawal that is taken back',
    async () => {
      await open('/account', ADDRESS);
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
const WHY = { operator: 'a.tanaka', reason: 'ticket 1', from: 'the test' };
const idOf = async (): Promise<string> => (await world.account(ADDRESS)).id;
// The mail about a disabled ID goes to the former address, too.
CHANGES.push(
  [
    'limits that are lifted',
    async () => liftLimits(deps(), await world.account(ADDRESS), WHY),
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
    ['共通IDの利用を停止しています'],
  ],
  ['an ID that is enabled', async () => enable(deps(), await idOf(), WHY), 'account.enabled', ['共通IDの利用を再開しました']],
);

const NEW_BROWSER = '新しいブラウザーでログインがありました';
/** What tells of a sign-in, and not of a change. */
const SIGN_INS = ['account.signed_in', 'account.passkey_used', 'account.second_factor_used', 'session.ended'];

/** What a list has more than an earlier one. Events of several records have no order. */
function added(before: readonly string[], after: readonly string[]): string[] {
  const rest = [...before];
  return after.filter((one) => {
    const index = rest.indexOf(one);
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
}

test('each change of an account: exactly one event in the ledger and its mails, each once', async () => {
  const { id } = await world.account(ADDRESS);
  // The link of the demo data is on its way to a dealer that does not answer.
  await untilTrue('the demo data is written', async () => (await world.storage.dealerLinks.listByAccount(id)).length > 0);
  const links = (await world.storage.dealerLinks.listByAccount(id)).map((link) => link.id);
  const told: string[] = [];
  const eventsOf = async (): Promise<string[]> =>
    (await ledgerOf(world.storage))
      .filter(({ subject, type }) => [id, ...links].includes(subject) && !SIGN_INS.includes(type))
      .map(({ type }) => type);
  const subjects = (): string[] =>
    world.mails
      .filter(({ subject }) => !subject.includes(NEW_BROWSER))
      .map(({ subject }) => subject.replace(/^【.*】/, '').replace(/[\s\d]+$/, ''));
  for (const [change, make, event, mails] of CHANGES) {
    const before = await eventsOf();
    await make();
    // What follows is later.
    world.clock.now += 1000;
    const events = added(before, await eventsOf()).filter((type) => type === event || type !== GRANT_ENDED);
    expect({ change, events }).toEqual({ change, events: [event] });
    told.push(...mails);
    await untilTrue(`the mails about ${change}`, () => subjects().length >= told.length, { tell: subjects });
  }
  expect(subjects().toSorted()).toEqual(told.toSorted());
});
