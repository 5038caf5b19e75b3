// The screens of the guide in order, each checked; the pressed words are the guide's.
import { expect } from '@jest/globals';
import { passwordRule } from '../../src/authentication/password/password-form.ts';
import { ANY_CHARACTER, checkPassword } from '../../src/domain/password-policy.ts';
import type { World } from '../support/world.ts';
import type { Visitor } from './visitor.ts';

export const OWNERS_PASSWORD = 'owners-2026';
export const NEW_PASSWORD = 'Toride-4092';

/** ①②③: signs in at the owners site, and follows the banner. */
export async function openMigration(visitor: Visitor, world: World, userId: string): Promise<void> {
  await visitor.page.goto(`${world.origins.ownersSite}/`);
  await visitor.look('login', '01');
  await visitor.fill('ユーザーID', userId);
  await visitor.fill('パスワード', OWNERS_PASSWORD);
  await visitor.press('ログイン');
  await visitor.look('top', '02');
  await visitor.follow('詳細はこちら');
  await visitor.look('guidance', '03');
}

/** ④⑤⑥: agrees to the terms, and proves the address with the mailed code. */
export async function proveAddress(visitor: Visitor, world: World, email: string): Promise<void> {
  await visitor.look('about', '04');
  await visitor.page.getByLabel('利用規約に同意する。').check();
  await visitor.press('会員登録(無料)する');
  await visitor.look('email', '05');
  await visitor.fill('メールアドレス', email);
  await visitor.press('上記のメールアドレスに認証番号を送信');
  await visitor.look('code', '06');
  const { subject, text, html } = await world.nextMessage(email);
  const [code = ''] = /\d{6}/.exec(subject) ?? [];
  expect(code).toMatch(/^\d{6}$/);
  expect(text).toContain(code);
  expect(html).toContain(code);
  // The number of the support desk (R18).
  expect(text).toContain('0120-000-000');
  expect(html).toContain('0120-000-000');
  await visitor.fill('認証番号', code);
  await visitor.press('次へ');
}

/** What people type as a new password, right and wrong. */
const TYPED = [
  'a',
  'abcdefg',
  'abcdefgh',
  'abcdefg1',
  '12345678',
  'Ａbcdefg1',
  'abcdefg１',
  'abcdefg 1',
  'abcdefgあ1',
  'é1234567',
  '👨‍👩‍👧',
  'e\u0301'.repeat(7),
  'abcdefg\u30001',
  `${'a'.repeat(19)}1`,
  `${'a'.repeat(20)}1`,
  `${'a'.repeat(63)}1`,
  `${'あ'.repeat(24)}a1`,
  `${'a'.repeat(90)}1`,
];

/** The list of rules at ⑦ ticks itself off as the server decides, for the shipped rule and for one that allows everything. */
export async function expectLiveRules({ page: profile }: Visitor): Promise<void> {
  const page = await profile.context().newPage();
  for (const policy of [
    { minLength: 8, maxLength: 20, symbols: '-*_!#$%' },
    { minLength: 8, maxLength: 64, symbols: ANY_CHARACTER },
  ]) {
    await page.goto(profile.url());
    if (policy.symbols === ANY_CHARACTER) {
      const { min, max, maxBytes, allowed } = passwordRule({ config: { passwordPolicy: policy } });
      const rule = JSON.stringify(JSON.stringify([min, max, maxBytes, allowed]));
      await page.evaluate(`document.querySelector('[data-password-rules]').dataset.passwordRules = ${rule}`);
      await page.addScriptTag({ url: '/assets/password.js?again', type: 'module' });
    }
    const seen = await page.evaluate<boolean[][]>(`${JSON.stringify(TYPED)}.map((typed) => {
      const field = document.getElementById('password');
      field.value = typed;
      field.dispatchEvent(new InputEvent('input'));
      return [...document.querySelectorAll('[data-password-rules] li')].map((rule) => rule.classList.contains('is-met'));
    })`);
    const decided = TYPED.map((typed) => {
      const problems = checkPassword(typed, policy, [], new Set());
      const rules = ['too_short too_long too_many_bytes', 'full_width characters', 'letter_missing digit_missing'];
      const met = rules.map((rule) => !problems.some((problem) => rule.split(' ').includes(problem)));
      // The last one is advice, which a script cannot check.
      return [typed, ...met, false];
    });
    expect(seen.map((met, index) => [TYPED[index], ...met])).toEqual(decided);
  }
  await page.goto(profile.url());
  const field = page.locator('#password');
  const status = page.locator('[data-password-rules] [role=status]');
  expect(await field.getAttribute('maxlength')).toBe('20');
  await field.focus();
  // A paste that is too long is not cut; a screen reader says what the server would answer.
  await page.keyboard.insertText('Kaminari-4827-Higashi-Nishi');
  expect(await field.inputValue()).toBe('Kaminari-4827-Higashi-Nishi');
  await status.filter({ hasText: '8～20文字で作成してください。' }).waitFor({ state: 'attached' });
  await field.fill('Kaminari-4827');
  await status.filter({ hasText: 'すべて満たしています' }).waitFor({ state: 'attached' });
  await page.close();
}

/** ⑦⑧⑨: the password and the data, which the owners site has filled in as far as it knows them. */
export async function register(visitor: Visitor, email: string, typed: Record<string, string> = {}): Promise<void> {
  await visitor.look('profile', '07');
  await visitor.fill('パスワード', NEW_PASSWORD);
  if (visitor.javaScript) await expectNoHoldOnPassword(visitor);
  for (const [label, text] of Object.entries(typed)) await visitor.fill(label, text);
  await visitor.press('確認');
  await visitor.look('confirm', '08');
  expect(await visitor.text()).toContain(email);
  expect(await visitor.text()).not.toContain(NEW_PASSWORD);
  await visitor.press('登録');
  await visitor.look('complete', '09');
  expect(await visitor.text()).toContain(email);
  await visitor.press('次へ');
}

/** A password can be pasted, and the script stores no input (S27). */
async function expectNoHoldOnPassword({ page }: Visitor): Promise<void> {
  const found = await page.evaluate(`(() => {
    const field = document.querySelector('[name=password]');
    const pastes = field.dispatchEvent(new ClipboardEvent('paste', { bubbles: true, cancelable: true }));
    return { pastes, kept: [localStorage.length, sessionStorage.length, document.cookie] };
  })()`);
  expect(found).toEqual({ pastes: true, kept: [0, 0, ''] });
}

/** ⑩: agrees to the link with the dealer, or continues without it. */
export async function decideOnDealer(visitor: Visitor, dealer: string, decision: string): Promise<void> {
  await visitor.look('dealer-link', '10');
  expect(await visitor.text()).toContain(dealer);
  await visitor.press(decision);
}

export async function signIn(visitor: Visitor, email: string, password: string): Promise<void> {
  await visitor.look('id-login', 'login');
  await visitor.fill('ID（メールアドレスまたは携帯電話番号）', email);
  await visitor.fill('パスワード', password);
  await visitor.press('ログイン');
}

/** ⑪⑫⑬: the birth date, which the owners site knows or the person types. */
export async function giveBirthdate(
  visitor: Visitor,
  [year, month, day]: [string, string, string],
  known: boolean,
): Promise<void> {
  await visitor.look('required', '11');
  const field = (label: string) => visitor.page.getByLabel(label, { exact: true });
  if (known) expect(await field('年').inputValue()).toBe(year);
  await field('年').fill(year);
  await field('月').fill(month);
  await field('日').fill(day);
  await visitor.press('確認');
  await visitor.look('required-confirm', '12');
  expect(await visitor.text()).toContain(`西暦${year}年${Number(month)}月${Number(day)}日`);
  await visitor.press('登録');
  await visitor.look('required-done', '13');
}

/** ⑭ is stopped for the check, because it continues by itself too soon; its own button continues. */
export async function lookAtLink(visitor: Visitor): Promise<void> {
  const { page } = visitor;
  await page.route('**/finalize/wait', async (route) => route.abort('aborted'));
  await visitor.press('次へ');
  await visitor.look('finalize', '14');
  await visitor.follow('自動で遷移しない場合はこちら');
}

/** ⑭ continues by itself, within the promised three seconds. */
export async function waitForLink(visitor: Visitor, world: World): Promise<void> {
  const { page } = visitor;
  await visitor.press('次へ');
  await page.waitForURL('**/finalize', { waitUntil: 'commit' });
  const shown = performance.now();
  await page.waitForURL(`${world.origins.ownersSite}/**`, { waitUntil: 'commit' });
  // Three seconds, and the delay of a machine that runs other tests at the same time.
  expect(performance.now() - shown).toBeLessThan(6000);
}

/** The end page, and from there to the notebook without any input. */
export async function openNotebook(visitor: Visitor, world: World): Promise<void> {
  await visitor.page.waitForURL(`${world.origins.ownersSite}/migration/completed`);
  await visitor.look('end', 'end');
  await visitor.follow('整備手帳WEBサイトへのログインはこちら');
  await visitor.page.waitForURL(`${world.origins.notebook}/`);
  await visitor.look('notebook');
}

/** The owners site's top page, without the banner. */
export async function seeNoBanner(visitor: Visitor, world: World): Promise<void> {
  await visitor.page.goto(`${world.origins.ownersSite}/`);
  await visitor.look('top-after');
  const text = await visitor.text();
  expect(text).toContain('ようこそ');
  expect(text).not.toContain('重要なお知らせ');
}

/** Signs out of the notebook, the owners site, and finally the ID. */
export async function signOutEverywhere(visitor: Visitor, world: World): Promise<void> {
  const { page } = visitor;
  const { notebook, ownersSite, id } = world.origins;
  await page.goto(`${notebook}/`);
  await visitor.press('ログアウト');
  await page.waitForURL(`${id}/**`);
  await visitor.look('logout');
  await visitor.press('ログアウトする');
  await page.waitForURL(`${notebook}/**`);
  await visitor.look('notebook-signed-out');
  // The ID's session has ended: the notebook asks for the password again.
  await page.goto(`${notebook}/login`);
  await page.waitForURL(`${id}/**`);
  await visitor.look('login-again', 'login');
  await page.goto(`${ownersSite}/`);
  await visitor.press('ログアウト');
  await visitor.look('owners-site-signed-out');
  await page.goto(`${ownersSite}/`);
  await page.getByLabel('ユーザーID', { exact: true }).waitFor();
}
