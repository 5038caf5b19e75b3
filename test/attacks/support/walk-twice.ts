// Walks through every form of ④–⑭, the account's pages and the reset as one person, and presses each button twice: something happens to the
// first press, and the second one is made in the same browser, on the same page.
import { expect } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { registrationUrl } from '../../../scripts/faults/kill-in-registration.ts';
import { NEW_PASSWORD } from '../../journeys/traveller.ts';
import { createBrowser, type Answer, type Browser } from '../../support/http-browser.ts';
import { TYPED_PROFILE } from '../../support/typed-profile.ts';
import type { World } from '../../support/world.ts';

export type Press = () => Promise<Answer>;

/** Does something to the first press; resolves when the program can be asked again. */
export type Harm = (form: string, press: Press) => Promise<void>;

const DEALER = 'aichi-toyota';

type Form = {
  name: string;
  /** How the action of the form ends, and what is typed. */
  action: string;
  type?: Record<string, string>;
  /** Where the second press leads. */
  leadsTo: RegExp;
};

/** Where a browser is, of whatever host. */
const pathOf = ({ url }: Answer): string => new URL(url).pathname + new URL(url).search;

export async function walkTwice(
  world: World,
  person: { email: string; newEmail: string; from: string },
  harm: Harm,
): Promise<void> {
  const { email, newEmail, from } = person;
  const browser = createBrowser({ from });

  /** @throws where the second press is answered with a fault, or leads elsewhere */
  async function press(form: Form, by: Browser = browser): Promise<void> {
    const { action, fields } = by.form(form.action);
    const body = { ...fields, ...form.type };
    const page = by.page;
    // What the first one is answered is lost, and the cookies with it.
    await harm(form.name, async () => by.copy().post({ ...by.form(form.action), action, fields: body }, {}, { mayFail: true }));
    by.page = page;
    const answer = await by.submit({ ...by.form(form.action), action, fields: body }, {}, world.origins.demoClients);
    const shown = answer.location ?? pathOf(answer);
    if (answer.status >= 400 || !form.leadsTo.test(shown)) {
      const text = answer.text.replace(/<(script|style)\b[\s\S]*?<\/\1>/g, '').replace(/<[^>]+>|\s+/g, ' ');
      throw new Error(`${form.name}: the second press led to ${shown} (${answer.status}): ${text.slice(0, 1_500)}`);
    }
  }

  const newest = async (to: string): Promise<number | undefined> => (await world.messages(to))[0]?.id;

  await browser.open(registrationUrl(world));
  await press({ name: '④ about', action: '/create', type: { terms: 'yes' }, leadsTo: /\/create\/email$/ });
  await press({ name: '⑤ email', action: '/create/email', type: { email }, leadsTo: /\/create\/code$/ });
  const code = await newestCode(world, email);
  await press({ name: '⑥ code', action: '/create/code', type: { code }, leadsTo: /\/create\/profile$/ });
  const profile = { ...TYPED_PROFILE, building: '', password: NEW_PASSWORD };
  await press({ name: '⑦ profile', action: '/create/profile', type: profile, leadsTo: /\/create\/confirm$/ });
  await press({ name: '⑧ confirm', action: '/create/confirm', leadsTo: /\/create\/complete$/ });
  await press({ name: '⑨ complete', action: '/create/complete', leadsTo: /\/dealer-link$/ });
  const choice = { decision: 'link', dealer: DEALER };
  await press({ name: '⑩ dealer link', action: '/dealer-link', type: choice, leadsTo: /\/login$/ });
  const credentials = { login_id: email, password: NEW_PASSWORD };
  await press({ name: 'login', action: '/login', type: credentials, leadsTo: /\/link$/ });
  // ⑭ is no form: the page is opened, and goes on by itself.
  const link = new URL(browser.page.url).href;
  await harm('⑭ link', async () => browser.copy().send(link, { mayFail: true }));
  expect((await browser.open(link)).status).toBe(200);
  const goOn = `${link}/continue`;
  await harm('⑭ go on', async () => browser.copy().send(goOn, { mayFail: true }));
  const back = await browser.open(goOn, world.origins.notebook);
  expect([back.status, new URL(back.location ?? back.url).pathname]).toEqual([303, '/callback']);

  await browser.open(requestOf(world, 'toyota-jp'), world.origins.demoClients);
  const required = { ...TYPED_PROFILE, building: '', birthdate_year: '1980', birthdate_month: '5', birthdate_day: '17' };
  await press({
    name: '⑪ required',
    action: '/required-profile',
    type: required,
    leadsTo: /\/required-profile\/(confirm|done)$/,
  });
  await press({ name: '⑫ confirm', action: '/required-profile/confirm', leadsTo: /\/required-profile\/done$/ });
  await press({ name: '⑬ done', action: '/required-profile/done', leadsTo: /callback\?.*code=/ });

  await browser.open(`${world.origins.id}/account`);
  const withdraw = /href="([^"]*\/dealer-links\/[^"]*\/withdraw)"/.exec(browser.page.text)?.[1];
  if (!withdraw) throw new Error(`no dealer link to withdraw at ${browser.page.url}`);
  await browser.open(new URL(withdraw, browser.page.url).href);
  await press({ name: 'withdraw', action: '/withdraw', leadsTo: /^\/account\?done=dealer_link_withdrawn$/ });
  await browser.open(`${world.origins.id}/account/email`);
  const wanted = { email: newEmail, current_password: NEW_PASSWORD };
  await press({ name: 'another address', action: '/account/email', type: wanted, leadsTo: /^\/account\/email\/code$/ });
  const changeCode = await newestCode(world, newEmail);
  // Where the first press changed the address, every session from before is over, this one too where its answer is lost.
  const changed = /^\/account(\?done=email)?$|\/login$/;
  await press({ name: 'its code', action: '/account/email/code', type: { code: changeCode }, leadsTo: changed });

  const forgetful = createBrowser({ from });
  await forgetful.open(`${world.origins.id}/password/forgotten`);
  const before = await newest(newEmail);
  await press(
    { name: 'reset', action: '/password/forgotten', type: { email: newEmail }, leadsTo: /\/forgotten\/code$/ },
    forgetful,
  );
  const resetCode = await newestCode(world, newEmail, before);
  const { birthdate_year, birthdate_month, birthdate_day } = required;
  const proof = { code: resetCode, birthdate_year, birthdate_month, birthdate_day };
  await press({ name: 'reset code', action: '/forgotten/code', type: proof, leadsTo: /\/forgotten\/new$/ }, forgetful);
  const renewed = { password: `${NEW_PASSWORD}-neu` };
  await press({ name: 'new password', action: '/forgotten/new', type: renewed, leadsTo: /\/forgotten(\/done)?$/ }, forgetful);

  // The person gets in with what they typed.
  const after = createBrowser({ from });
  await after.open(`${world.origins.id}/account`);
  await after.submit('/login', { login_id: newEmail, ...renewed });
  expect(pathOf(after.page)).toBe('/account');
}

/** The code of the newest mail that has one, when none is on its way any more. */
async function newestCode(world: World, to: string, after = 0): Promise<string> {
  const newestNow = async (): Promise<string | undefined> => {
    const news = (await world.messages(to)).filter(({ id }) => id > after);
    return news.flatMap(({ text }) => /\b\d{6}\b/.exec(text) ?? [])[0];
  };
  for (let look = 0; look < 1_000 && (await newestNow()) === undefined; look += 1) await sleep(100);
  // The second press may have asked for another one, which makes the first one worthless.
  await sleep(400);
  const code = await newestNow();
  if (code === undefined) throw new Error(`no code came to ${to}`);
  return code;
}

function requestOf({ origins }: World, clientId: string): string {
  const challenge = 'code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256';
  const redirect = encodeURIComponent(`${origins.demoClients}/${clientId}/callback`);
  return `${origins.id}/auth?client_id=${clientId}&response_type=code&scope=openid&redirect_uri=${redirect}&state=s&nonce=n&${challenge}`;
}
