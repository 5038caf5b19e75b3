// The page of the mobile number that is a login ID, as a person uses it.
import type { Answer, Browser } from '../../support/http-browser.ts';
import { DEMO_PASSWORD, type World } from './attack-world.ts';
import { signIn } from './client.ts';

let numbers = 0;

/** A mobile number that nobody has used, as a person writes it. */
export function freshNumber(): string {
  numbers += 1;
  return `090-1234-${String(5000 + numbers)}`;
}

/** A Japanese number as it is stored. */
export const e164 = (number: string): string => `+81${number.replaceAll('-', '').slice(1)}`;

/** Opens the page, and signs in on the way. */
export async function openNumberPage(
  world: World,
  email: string,
  { browser = world.browser(), password = DEMO_PASSWORD }: { browser?: Browser; password?: string } = {},
): Promise<Browser> {
  await browser.open(`${world.issuer}/account/mobile-number`);
  if (browser.page.url.includes('/login')) await signIn(browser, email, password);
  return browser;
}

/** Asks for a code on the page that is open. */
export async function askFor(browser: Browser, number: string): Promise<Answer> {
  return browser.submit('/account/mobile-number', { mobile_number: number });
}

/** Waits until the number has this many SMS. Returns the code of the newest. */
export async function smsCode(world: World, number: string, count = 1): Promise<string> {
  const { text } = await world.mail(e164(number), count);
  return /#(\d+)$/.exec(text)?.[1] ?? '';
}

/** Makes a number the login ID of an account. Returns the browser, on the page of the number. */
export async function switchNumberOn(
  world: World,
  email: string,
  number: string,
  options: Parameters<typeof openNumberPage>[2] & { sms?: number } = {},
): Promise<Browser> {
  const browser = await openNumberPage(world, email, options);
  await askFor(browser, number);
  await browser.submit('/code', { code: await smsCode(world, number, options.sms) });
  if (!browser.page.url.endsWith('?done=on')) throw new Error(`the number is not on: ${browser.page.url}`);
  return browser;
}
