// Forms that are sent while nothing can be written to the database.
import { expect } from '@jest/globals';
import { CALLBACK, type World } from '../attacks/support/attack-world.ts';
import { begin } from '../attacks/support/client.ts';
import { codeFor, freshEmail, PROFILE } from '../attacks/support/registration.ts';
import { formOn, headingOf, textOf, type Answer, type Browser } from '../support/http-browser.ts';
import { untilTrue } from '../support/until-true.ts';

type Press = {
  /** The end of the form's address. */
  form: string;
  typed?: Record<string, string>;
  /** What must never be on a page again: passwords. */
  secret?: Record<string, string>;
};

/** Another process writes and does not end. */
async function withoutDatabase<T>(world: World, action: () => Promise<T>): Promise<T> {
  world.change('BEGIN IMMEDIATE');
  try {
    return await action();
  } finally {
    world.change('ROLLBACK');
  }
}

/** Sends a form during an outage, then sends it again as the page offers, and types the password where it is asked for. Nothing else is typed twice. */
async function pressInOutage(world: World, browser: Browser, { form, typed = {}, secret = {} }: Press): Promise<Answer> {
  const sent = { ...browser.form(form).fields, ...typed, ...secret };
  const answer = await withoutDatabase(world, async () => browser.submit(form, { ...typed, ...secret }));
  expect([form, answer.status, headingOf(answer)]).toEqual([form, 503, 'ただいま混み合っています']);
  const { fields } = formOn(answer, form);
  const kept = Object.entries(sent).filter(([name]) => !(name in secret));
  expect([form, fields]).toEqual([form, Object.fromEntries(kept)]);
  for (const password of Object.values(secret)) expect(answer.text).not.toContain(password);
  const asksPassword = Object.keys(secret).length > 0;
  expect(textOf(answer.text).includes('パスワードだけは')).toBe(asksPassword);
  // The form may lead to a client, whose own redirects Chromium would check.
  expect(answer.headers['content-security-policy']).not.toContain('form-action');
  const next = await browser.submit(form, {}, CALLBACK);
  if (!asksPassword) return next;
  expect([form, next.status, formOn(next, form).fields]).toEqual([form, 422, expect.objectContaining(typed)]);
  return browser.submit(form, secret, CALLBACK);
}

/** Registers, signs in, confirms data, changes the address and resets the password; each form is pressed in an outage. Returns the headings that they led to. */
export async function walkInOutages(world: World): Promise<string[]> {
  const [email, newEmail] = [freshEmail(), freshEmail()];
  const { browser } = await begin(world, 'attack-required', { prompt: 'create' });
  const led: string[] = [];
  const press = async (form: string, typed = {}, secret = {}): Promise<void> =>
    void led.push(headingOf(await pressInOutage(world, browser, { form, typed, secret })));
  const { password = '', ...profile } = PROFILE;
  await press('/create', { terms: 'yes' });
  await press('/create/email', { email });
  await press('/create/code', { code: await codeFor(world, email) });
  await press('/create/profile', profile, { password });
  await press('/create/confirm');
  await press('/create/complete');
  await press('/login', { login_id: email }, { password });
  const birthdate = { birthdate_year: '1971', birthdate_month: '2', birthdate_day: '3' };
  await press('/required-profile', birthdate);
  await press('/required-profile/confirm');
  await browser.open(`${world.issuer}/account/email`);
  await press('/account/email', { email: newEmail }, { current_password: password });
  await press('/account/email/code', { code: await codeFor(world, newEmail) });
  await browser.open(`${world.issuer}/password/forgotten`);
  await press('/password/forgotten', { email: newEmail });
  const codes = async () => (await world.mails(newEmail)).flatMap(({ subject }) => /\d{6}/.exec(subject) ?? []);
  await untilTrue('the code of the reset is mailed', async () => (await codes()).length === 2);
  const [code = ''] = await codes();
  await press('/password/forgotten/code', { code, ...birthdate });
  await press('/password/forgotten/new', {}, { password: 'Kaminari-593' });
  return led;
}
