// The programs of `npm run demo`, as a person runs them: a car's screen, and the notebook as a native app. The person has a phone with Chromium, and the test's own browser.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createVisitor } from '../browser/visitor.ts';
import { CHILD_ENVIRONMENT } from '../support/child-environment.ts';
import { launchChromium } from '../support/chromium.ts';
import { createBrowser, headingOf, type Browser } from '../support/http-browser.ts';
import { untilFound } from '../support/until-true.ts';
import { startWorld, type World } from '../support/world.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/demo.ts', import.meta.url));

let world: World;
let person: Browser;
let running: ChildProcess | undefined;

beforeAll(async () => {
  // The car asks for the answer every two seconds. openid-client waits as long as it is told.
  world = await startWorld({
    apps: ['mailbox', 'dealer', 'id'],
    policy: ({ rate_limits: limits }) => (limits.device_code!.poll_after_seconds = 2),
  });
  person = createBrowser();
}, 60_000);
afterEach(() => void running?.kill('SIGKILL'));
afterAll(async () => world?.stop());

/** Starts a demo. */
function start(...args: string[]) {
  const child = spawn(process.execPath, ['--no-warnings', SCRIPT, ...args], {
    env: { ...CHILD_ENVIRONMENT, ...world.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running = child;
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'exit');
  let read = 0;
  return {
    /** Waits for a text behind what was read before. @returns the first group of the pattern */
    async says(pattern: RegExp): Promise<string> {
      const find = (): RegExpExecArray | undefined => pattern.exec(output.slice(read)) ?? undefined;
      const found = await untilFound(`the demo says ${pattern}`, find, { withinMs: 60_000, tell: () => output });
      read += found.index + found[0].length;
      return found[1] ?? '';
    },
    types: (line: string): void => void child.stdin.write(`${line}\n`),
    /** @returns its exit code */
    async ends(): Promise<unknown> {
      return (await ended)[0] as unknown;
    },
    interrupt: (): void => void child.kill('SIGINT'),
    output: (): string => output,
  };
}

async function signIn(): Promise<void> {
  if (!headingOf(person.page).includes('ログイン') || !person.page.text.includes('login_id')) return;
  await person.submit('/login', { login_id: 'yamada@example.jp', password: 'Common-2026' });
}

/** Types the code on a phone, in Chromium, and looks at each page on the way. */
async function confirmOnPhone(code: string): Promise<void> {
  const chromium = await launchChromium();
  try {
    const phone = await createVisitor(chromium, { journey: 'device', widths: [360] });
    const { page } = phone;
    await page.goto(`${world.origins.id}/device`);
    await phone.look('device');
    await phone.fill('コード', code.replace('-', '').toLowerCase());
    await phone.press('次へ');
    await page.fill('[name=login_id]', 'yamada@example.jp');
    await page.fill('[name=password]', 'Common-2026');
    await page.press('[name=password]', 'Enter');
    await page.getByRole('heading', { name: '車などへのログインの確認' }).waitFor();
    await phone.look('consent');
    for (const words of ['車載ナビ', code, 'このコンピューター']) expect(await phone.text()).toContain(words);
    await phone.press('許可する');
    await page.getByRole('heading', { name: 'ログインを許可しました' }).waitFor();
  } finally {
    await chromium.close();
  }
}

const modeOf = (...path: string[]): number => statSync(join(world.env.DATA_DIRECTORY ?? '', 'demo', ...path)).mode & 0o777;

test('a car’s screen: signs in by a phone, renews its tokens, is switched off and on again, signs out', async () => {
  const first = start('head-unit');
  await first.says(/█▀/);
  const code = await first.says(/and enter ([A-Z]{4}-[A-Z]{4})/);
  await confirmOnPhone(code);
  await first.says(/Signed in {3}山田 優子 <yamada@example.jp>/);
  await first.says(/Vehicles {4}\S+ · \S+/);
  await first.says(/Dealer {6}神奈川トヨタ/);
  first.types('');
  await first.says(/tokens were renewed/);
  await first.says(/Signed in/);
  first.interrupt();
  expect([await first.ends(), /stays signed in/.test(first.output())]).toEqual([0, true]);
  expect([modeOf('head-unit', 'dpop-key.json'), modeOf('head-unit', 'sign-in.json')]).toEqual([0o600, 0o600]);

  const second = start('head-unit');
  await second.says(/Signed in {3}山田 優子/);
  expect(second.output()).not.toContain('and enter');
  second.types('s');
  await second.says(/Signed out/);
  expect(await second.ends()).toBe(0);
}, 240_000);

test('the notebook as a native app: signs in by the browser, books a visit, logs out', async () => {
  const app = start('phone-app', '--no-browser');
  const allow = async (): Promise<void> => {
    await person.open(await app.says(/Sign in here:\s+(http\S+request_uri=\S+)/));
    await signIn();
    await person.submit('/consent', { decision: 'allow' });
    expect(person.page.text).toContain('アプリにお戻りください');
  };
  await allow();
  await app.says(/Signed in {3}山田 優子/);
  app.types('b');
  await allow();
  const wish = await app.says(/such as: (\S+ \S+ \S+)/);
  app.types(wish);
  await app.says(new RegExp(`Booked: ${wish}`));
  app.types('b');
  // The second time nobody is asked.
  await app.says(new RegExp(`Booked already: ${wish}`));
  app.types('');
  await app.says(/Signed in/);
  app.types('o');
  const logout = await app.says(/log out in the browser as well:\s+(http\S+)/);
  await person.open(logout);
  expect(headingOf(person.page)).toContain('ログアウト');
  await app.says(/Logged out/);
  expect(await app.ends()).toBe(0);
  expect(modeOf('phone-app', 'dpop-key.json')).toBe(0o600);
}, 240_000);
