// Walks through every form of ④–⑭, the account pages and the reset as one person, and submits each form twice: the
// first request is disturbed, and the second one is sent in the same browser, from the same page.
import { expect } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { registrationUrl } from '../../../scripts/faults/kill-in-registration.ts';
import type { Account } from '../../../src/domain/account.ts';
import type { DealerLink } from '../../../src/domain/dealer-link.ts';
import { untilTrue } from '../../support/until-true.ts';
import { NEW_PASSWORD } from '../../journeys/traveller.ts';
import { createBrowser, type Answer, type Browser } from '../../support/http-browser.ts';
import { spoil } from '../../nodes/raw-database.ts';
import { mailsUnderWay } from '../../support/mails-under-way.ts';
import { rowsOf } from '../../support/rows-of.ts';
import { TYPED_PROFILE } from '../../support/typed-profile.ts';
import type { World } from '../../support/world.ts';

/**
 * Sends the first request. The browser gets nothing of the answer, or only the head with its cookies.
 * @param how.headers additional headers
 */
export type Press = (how?: { headers?: Record<string, string>; keepsCookies?: boolean }) => Promise<Answer>;

/**
 * Disturbs the first request; resolves when the program can be asked again.
 * @returns the rest of the work, after the second request was answered
 */
export type Harm = (form: string, press: Press) => Promise<void | (() => Promise<void>)>;

type Options = {
  world: World;
  url: string;
  /** How often a second request is repeated after 503, once Retry-After is over. */
  retries?: number;
  /** The mail of the first request may be sent after that of the second: when a lease has ended, or because its job was written late. */
  mayMailLate?: boolean;
};

const DEALER = 'aichi-toyota';
/** Longer than the lease of a job whose process was killed. */
const LEASE_ENDED_MS = 90_000;

type Form = {
  name: string;
  /** The end of the form's action, and the input. */
  action: string;
  type?: Record<string, string>;
  /** The URL to which the second request leads. */
  leadsTo: RegExp;
  mailedTo?: string;
  /** The mailbox of the code that is typed. */
  codeFrom?: string;
};

/** Returns the path of a browser's page, without the host. */
const pathOf = ({ url }: Answer): string => new URL(url).pathname + new URL(url).search;

/** @throws if a second request does not succeed */
export async function walkTwice(
  { world, url: databaseUrl, retries = 0, mayMailLate = false }: Options,
  person: { email: string; newEmail: string; from: string },
  harm: Harm,
): Promise<void> {
  const { email, newEmail, from } = person;
  const browser = createBrowser({ from });

  /** The newest message before the last code was requested. */
  let mailedBefore = 0;
  const newest = async (to: string): Promise<number | undefined> => (await world.messages(to))[0]?.id;

  /**
   * @param form.mailedTo the address that gets a code
   * @returns the code that counts, or an empty text: the newest one. Of two resets, which exist side by side, that of the second request
   * @throws if the second request is answered with a fault, or leads elsewhere
   */
  async function press(form: Form, by: Browser = browser): Promise<string> {
    const shownForm = by.form(form.action);
    const pressed = { ...shownForm, fields: { ...shownForm.fields, ...form.type } };
    const page = by.page;
    const before = form.mailedTo === undefined ? undefined : await newest(form.mailedTo);
    if (form.mailedTo !== undefined) mailedBefore = before ?? 0;
    const settle = await harm(form.name, async ({ headers = {}, keepsCookies = false } = {}) =>
      (keepsCookies ? by : by.copy()).post(pressed, {}, { mayFail: true, headers }),
    );
    by.page = page;
    let answer = await by.submit(pressed, {}, world.origins.demoClients);
    for (let again = 0; answer.status === 503 && again < retries; again += 1) {
      await sleep(Number(answer.headers['retry-after']) * 1_000);
      by.page = page;
      answer = await by.submit(pressed, {}, world.origins.demoClients);
    }
    const codeNow = async () => (form.mailedTo === undefined ? '' : newestCode(world, form.mailedTo, before));
    let code = await codeNow();
    await settle?.();
    if (settle && form.name !== 'reset') {
      // The mail of the first request may arrive last.
      await mailsUnderWay(databaseUrl, Date.now, LEASE_ENDED_MS);
      code = await codeNow();
    }
    if (form.codeFrom !== undefined && (mayMailLate || form.name === 'reset code') && isRefused(answer)) {
      // Of two mails, the one of the first request came last. A person tries the other one, too. Two resets exist side by side.
      const other = await otherCode(world, form.codeFrom, String(form.type?.code), mailedBefore);
      answer = await by.submit(form.action, { ...form.type, code: other }, world.origins.demoClients);
    }
    const shown = answer.location ?? pathOf(answer);
    if (answer.status >= 400 || !form.leadsTo.test(shown)) {
      const text = answer.text.replace(/<(script|style)\b[\s\S]*?<\/\1>/g, '').replace(/<[^>]+>|\s+/g, ' ');
      throw new Error(`${form.name}: the second press led to ${shown} (${answer.status}): ${text.slice(0, 1_500)}`);
    }
    return code;
  }

  /** Opens a page; like a form, again after 503. */
  async function openPage(url: string, until?: string): Promise<Answer> {
    let answer = await browser.open(url, until);
    for (let again = 0; answer.status === 503 && again < retries; again += 1) {
      await sleep(Number(answer.headers['retry-after']) * 1_000);
      answer = await browser.open(url, until);
    }
    return answer;
  }

  /** The same for a page that continues by itself, without a form. */
  async function openTwice(name: string, url: string, until?: string): Promise<Answer> {
    const settle = await harm(name, async ({ headers = {}, keepsCookies = false } = {}) =>
      (keepsCookies ? browser : browser.copy()).send(url, { mayFail: true, headers }),
    );
    const answer = await openPage(url, until);
    await settle?.();
    return answer;
  }

  await browser.open(registrationUrl(world));
  await press({ name: '④ about', action: '/create', type: { terms: 'yes' }, leadsTo: /\/create\/email$/ });
  const code = await press({
    name: '⑤ email',
    action: '/create/email',
    type: { email },
    leadsTo: /\/create\/code$/,
    mailedTo: email,
  });
  await press({ name: '⑥ code', action: '/create/code', type: { code }, leadsTo: /\/create\/profile$/, codeFrom: email });
  const profile = { ...TYPED_PROFILE, building: '', password: NEW_PASSWORD };
  await press({ name: '⑦ profile', action: '/create/profile', type: profile, leadsTo: /\/create\/confirm$/ });
  await press({ name: '⑧ confirm', action: '/create/confirm', leadsTo: /\/create\/complete$/ });
  await press({ name: '⑨ complete', action: '/create/complete', leadsTo: /\/dealer-link$/ });
  const choice = { decision: 'link', dealer: DEALER };
  await press({ name: '⑩ dealer link', action: '/dealer-link', type: choice, leadsTo: /\/login$/ });
  const credentials = { login_id: email, password: NEW_PASSWORD };
  await press({ name: 'login', action: '/login', type: credentials, leadsTo: /\/finalize$/ });
  const link = new URL(browser.page.url).href;
  expect((await openTwice('⑭ link', link)).status).toBe(200);
  const back = await openTwice('⑭ go on', `${link}/continue`, world.origins.notebook);
  expect([back.status, new URL(back.location ?? back.url).pathname]).toEqual([303, '/callback']);

  // New terms can only take effect on a later day, so the person agreed on an earlier one.
  const older = { version: '2024-04-01', language: 'ja', accepted_at: Date.parse('2024-04-01') };
  await rewrite<Account>(databaseUrl, 'accounts', email, (account) => ({ ...account, terms: [older] }));
  await openPage(requestOf(world, 'toyota-jp'), world.origins.demoClients);
  const required = { ...TYPED_PROFILE, building: '', birthdate_year: '1980', birthdate_month: '5', birthdate_day: '17' };
  await press({ name: 'new terms', action: '/terms', type: { terms: 'yes' }, leadsTo: /\/required-profile$/ });
  await press({
    name: '⑪ required',
    action: '/required-profile',
    type: required,
    leadsTo: /\/required-profile\/(confirm|done)$/,
  });
  await press({ name: '⑫ confirm', action: '/required-profile/confirm', leadsTo: /\/required-profile\/done$/ });
  await press({ name: '⑬ done', action: '/required-profile/done', leadsTo: /callback\?.*code=/ });

  // As if the dealer's system had not answered for three days.
  const accountId = await accountIdOf(databaseUrl, email);
  const isLinked = async () => {
    const links = (await rowsOf(databaseUrl, 'dealer_links')).map(({ document }) => JSON.parse(document) as DealerLink);
    return links.some((link) => link.account_id === accountId && link.status === 'active');
  };
  await untilTrue('the dealer has accepted', isLinked, LEASE_ENDED_MS);
  await rewrite<DealerLink>(databaseUrl, 'dealer_links', accountId, (link) => ({ ...link, status: 'failed' }));
  await openPage(`${world.origins.id}/account`);
  await press({ name: 'retry', action: '/retry', leadsTo: /^\/account\?done=dealer_link_retried$/ });
  expect(browser.page.text).not.toContain('/retry"');
  const withdraw = /href="([^"]*\/dealer-links\/[^"]*\/withdraw)"/.exec(browser.page.text)?.[1];
  if (!withdraw) throw new Error(`no dealer link to withdraw at ${browser.page.url}`);
  await openPage(new URL(withdraw, browser.page.url).href);
  await press({ name: 'withdraw', action: '/withdraw', leadsTo: /^\/account\?done=dealer_link_withdrawn$/ });
  await openPage(`${world.origins.id}/account/email`);
  const wanted = { email: newEmail, current_password: NEW_PASSWORD };
  const changeCode = await press({
    name: 'another address',
    action: '/account/email',
    type: wanted,
    leadsTo: /^\/account\/email\/code$/,
    mailedTo: newEmail,
  });
  // If the first request changed the address, every earlier session ends, also this one if its answer was lost.
  const changed = /^\/account(\?done=email)?$|\/login$/;
  await press({
    name: 'its code',
    action: '/account/email/code',
    type: { code: changeCode },
    leadsTo: changed,
    codeFrom: newEmail,
  });

  const forgetful = createBrowser({ from });
  await forgetful.open(`${world.origins.id}/password/forgotten`);
  const asked = { email: newEmail };
  const resetCode = await press(
    { name: 'reset', action: '/password/forgotten', type: asked, leadsTo: /\/forgotten\/code$/, mailedTo: newEmail },
    forgetful,
  );
  const { birthdate_year, birthdate_month, birthdate_day } = required;
  const proof = { code: resetCode, birthdate_year, birthdate_month, birthdate_day };
  await press(
    { name: 'reset code', action: '/forgotten/code', type: proof, leadsTo: /\/forgotten\/new$/, codeFrom: newEmail },
    forgetful,
  );
  const renewed = { password: `${NEW_PASSWORD}-neu` };
  await press({ name: 'new password', action: '/forgotten/new', type: renewed, leadsTo: /\/forgotten(\/done)?$/ }, forgetful);

  // The person can sign in with the typed values.
  const after = createBrowser({ from });
  await after.open(`${world.origins.id}/account`);
  await after.submit('/login', { login_id: newEmail, ...renewed });
  expect(pathOf(after.page)).toBe('/account');
}

async function accountIdOf(databaseUrl: string, email: string): Promise<string> {
  const accounts = (await rowsOf(databaseUrl, 'accounts')).map(({ document }) => JSON.parse(document || '{}') as Account);
  return accounts.find((account) => account.email_canonical === email)?.id ?? 'none';
}

/** Changes the one record that contains a text, directly in the database. */
async function rewrite<T>(databaseUrl: string, collection: string, text: string, change: (record: T) => T): Promise<void> {
  const rewritten = await spoil(databaseUrl, collection, 'document', text, (json) =>
    JSON.stringify(change(JSON.parse(json) as T)),
  );
  await rewritten.leave();
  expect([collection, rewritten.count]).toEqual([collection, 1]);
}

/** Returns the code of the newest mail with a code, once no mail is on its way. */
async function newestCode(world: World, to: string, after = 0): Promise<string> {
  const newestNow = async (): Promise<string | undefined> => (await codesAfter(world, to, after))[0];
  for (let look = 0; look < 1_000 && (await newestNow()) === undefined; look += 1) await sleep(100);
  // The second request may have asked for another code, which replaces the first one.
  await sleep(400);
  const code = await newestNow();
  if (code === undefined) throw new Error(`no code came to ${to}`);
  return code;
}

/** Whether a form was shown again with an error. */
const isRefused = ({ status, location, url }: Answer): boolean => status === 422 || /[?&]again=/.test(location ?? url);

/** Returns a code of another mail, once one is there. */
async function otherCode(world: World, to: string, tried: string, after: number): Promise<string> {
  const other = async (): Promise<string | undefined> => (await codesAfter(world, to, after)).find((code) => code !== tried);
  await untilTrue('another mail has a code', async () => (await other()) !== undefined, LEASE_ENDED_MS);
  return (await other()) ?? '';
}

/** Returns the codes of the mails after a message, the newest first. */
async function codesAfter(world: World, to: string, after: number): Promise<string[]> {
  const news = (await world.messages(to)).filter(({ id }) => id > after);
  return news.flatMap(({ text }) => /\b\d{6}\b/.exec(text)?.slice(0, 1) ?? []);
}

function requestOf({ origins }: World, clientId: string): string {
  const challenge = 'code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256';
  const redirect = encodeURIComponent(`${origins.demoClients}/${clientId}/callback`);
  return `${origins.id}/auth?client_id=${clientId}&response_type=code&scope=openid&redirect_uri=${redirect}&state=s&nonce=n&${challenge}`;
}
