// Two people who keep and end their IDs at the same time, each in two browsers, and the invariants of all their deeds.
import bcrypt from 'bcrypt';
import type { Account } from '../../../src/domain/account.ts';
import { passkeyDigest } from '../../../src/domain/passkey.ts';
import { createBrowser, type Browser } from '../../support/http-browser.ts';
import type { SoftwareAuthenticator } from '../../support/software-authenticator.ts';
import { untilFound, untilTrue } from '../../support/until-true.ts';
import { e164 } from './mobile-number.ts';
import { addPasskey, authenticatorFor, optionsOn, presentPasskey } from './passkeys.ts';
import {
  approveMailbox,
  askForMailbox,
  endOfWaiting,
  stopMailbox,
  wrongAboutMailboxes,
  type LostMailboxes,
} from './life-lost-mailbox.ts';
import { turnOn } from './second-factor.ts';
import type { Disturbance } from './unsettled-storage.ts';
import type { UnsettledWorld } from './unsettled-world.ts';

export const DEEDS = [
  'sign in',
  'sign in with a passkey',
  'add a passkey',
  'remove a passkey',
  'add and remove passkeys at once',
  'end the other browsers',
  'report a sign-in',
  'withdraw',
  'take the withdrawal back',
  'change the password',
  'log out',
  'turn the second factor on',
  'turn the second factor off',
  'prove the number',
  'sign in with the number',
  'switch the number off',
  'lose the mailbox',
  'approve the other mailbox',
  'stop the other mailbox',
] as const;

export type Deed = { person: 'A' | 'B'; browser: 0 | 1; do: (typeof DEEDS)[number] };
/** One or two deeds at the same moment, and the faults of their writes. */
export type LifeStep = { deeds: Deed[]; plan: Disturbance[] };

type Person = {
  name: 'A' | 'B';
  email: string;
  /** All passwords that the person has typed. */
  passwords: string[];
  browsers: [Browser, Browser];
  passkeys: SoftwareAuthenticator[];
  removed: SoftwareAuthenticator[];
  recoveryCodes: string[];
  usedCodes: string[];
  /** Whether the person has proven the number. */
  hasProven: boolean;
} & LostMailboxes;

/** The page does not have this: the person was somewhere else, or it has ended meanwhile. */
const NOT_THERE = /^no (form|options|secret|passkey was added|recovery codes|link)/;
const FIFTEEN_DAYS_MS = 15 * 24 * 60 * 60 * 1000;
/** An erasure takes a turn of the job runner, so only some sequences wait for it. */
const MOST_ERASURES = 3;
/** How many ended sessions are tried after each step, the newest ones. */
const MOST_ENDED = 6;

let sequences = 0;
let erasures = 0;

/** Runs the steps. @throws an error that names the broken invariant, and the steps before it */
export async function playLife(world: UnsettledWorld, steps: readonly LifeStep[]): Promise<void> {
  sequences += 1;
  const people = [await createPerson(world, 'A'), await createPerson(world, 'B')] as const;
  /** The browsers as they were when their sessions ended, and what ended them. */
  const ended: { by: string; browser: Browser }[] = [];
  const story: string[] = [];
  const { storage, issuer } = world;
  /** Both want this number: a carrier has given it out again. */
  const number = `090-${String(1000 + (sequences >> 10)).slice(-4)}-${String(10_000 + (sequences & 1023)).slice(-4)}`;
  const fail = (what: string): never => {
    throw new Error(what);
  };
  const accountOf = async ({ email }: Person): Promise<Account | undefined> => storage.accounts.findByEmail(email);

  async function currentPassword(person: Person): Promise<string> {
    const hash = (await accountOf(person))?.password_hash ?? '';
    return person.passwords.find((password) => bcrypt.compareSync(password, hash)) ?? fail(`${person.name} has another password`);
  }

  /** Opens a page of the account, and signs in on the way. */
  async function open(person: Person, browser: Browser, path: string, login_id = person.email): Promise<void> {
    await browser.open(issuer + path);
    if (isAt(browser, '/login')) await browser.submit('/login', { login_id, password: await currentPassword(person) });
    if (!isAt(browser, '/second-factor')) return;
    const code = person.recoveryCodes.shift() ?? fail('no link');
    await enterRecoveryCode(browser, code);
    person.usedCodes.push(code);
  }

  /** Opens the page that removes a passkey. Returns the passkey. */
  async function openRemoval(person: Person, browser: Browser): Promise<SoftwareAuthenticator> {
    await open(person, browser, '/account/passkeys');
    const [path, digest] = /\/account\/passkeys\/(\w+)\/remove/.exec(browser.page.text) ?? fail('no link');
    await browser.open(`${issuer}${path}`);
    return (
      person.passkeys.find(({ id }) => passkeyDigest(id) === digest) ?? fail(`${person.name} sees a passkey of somebody else`)
    );
  }

  /** Does a deed. Returns the browsers whose sessions it has ended, as they were before. */
  async function act(person: Person, browser: Browser, other: Browser, deed: Deed['do']): Promise<Browser[]> {
    const [here, there] = [browser.copy(), other.copy()];
    switch (deed) {
      case 'sign in':
        await open(person, browser, '/account');
        return [];
      case 'sign in with a passkey': {
        const authenticator = person.passkeys.at(-1);
        await browser.open(`${issuer}/account`);
        if (authenticator) await presentPasskey(browser, authenticator);
        return [];
      }
      case 'add a passkey': {
        await open(person, browser, '/account/passkeys');
        const authenticator = authenticatorFor(issuer);
        person.passkeys.push(authenticator);
        await addPasskey(issuer, browser, authenticator);
        return [];
      }
      case 'remove a passkey': {
        const passkey = await openRemoval(person, browser);
        await browser.submit('/remove');
        if (browser.page.url.endsWith('?done=removed')) person.removed.push(passkey);
        return [];
      }
      case 'add and remove passkeys at once': {
        const twin = browser.copy();
        const passkey = await openRemoval(person, twin);
        await browser.open(`${issuer}/account/passkeys`);
        await browser.submit('/passkeys/add');
        const authenticator = authenticatorFor(issuer);
        person.passkeys.push(authenticator);
        const credential = authenticator.create(optionsOn(browser.page));
        await Promise.all([browser.submit('/account/passkeys', { credential }), twin.submit('/remove')]);
        if (twin.page.url.endsWith('?done=removed')) person.removed.push(passkey);
        return [];
      }
      case 'end the other browsers':
        await open(person, browser, '/account/sessions/end-others');
        await browser.submit('/end-others');
        return browser.page.url.endsWith('?done=sessions_ended') ? [there] : [];
      case 'report a sign-in': {
        const reportedAt = (await accountOf(person))?.sign_in_reported_at;
        const link = world.mails(person.email).findLast((text) => LINK.test(text));
        const scanner = createBrowser(browser.options);
        await scanner.open(LINK.exec(link ?? '')?.[0] ?? fail('no link'));
        await scanner.submit('/report');
        // A link that was used, or of a sign-in that is over, ends nothing.
        return (await accountOf(person))?.sign_in_reported_at === reportedAt ? [] : [here, there];
      }
      case 'withdraw':
        await open(person, browser, '/account/withdrawal');
        await browser.submit('/account/withdrawal');
        return browser.page.url.endsWith('/account/withdrawn') ? [here, there] : [];
      case 'take the withdrawal back':
        await open(person, browser, '/account');
        await browser.submit('/withdrawal');
        return [];
      case 'change the password': {
        await open(person, browser, '/account/password');
        // The other person has another one, because both sign in with the same number.
        const password = `Wechsel-${person.name}${sequences}${person.passwords.length}`;
        const current_password = await currentPassword(person);
        person.passwords.push(password);
        await browser.submit('/account/password', { current_password, password });
        return browser.page.url.endsWith('?done=password') ? [there] : [];
      }
      case 'log out':
        await browser.open(`${issuer}/session/end`);
        await browser.submit('/confirm', { logout: 'yes' });
        return [here];
      case 'turn the second factor on':
        await open(person, browser, '/account/second-factor');
        person.recoveryCodes = (await turnOn(issuer, browser, world.now)).codes;
        return [];
      case 'prove the number': {
        await open(person, browser, '/account/mobile-number');
        await browser.submit('/account/mobile-number', { mobile_number: number });
        // The ID was withdrawn meanwhile, so there is no SMS.
        if (!browser.page.url.includes('/account/mobile-number/code')) return fail('no link');
        const code = await smsCode();
        // Noted before: the proof counts from the write on, which the answer follows.
        person.hasProven = true;
        await browser.submit('/account/mobile-number/code', { code });
        return [];
      }
      case 'sign in with the number':
        await open(person, browser, '/account', number);
        if (isAt(browser, '/login')) return fail('no link');
        return [];
      case 'switch the number off':
        await open(person, browser, '/account/mobile-number');
        await browser.submit('/account/mobile-number', { action: 'off' });
        return [];
      case 'lose the mailbox':
        await askForMailbox(world, person, person.email, browser.options);
        return [];
      case 'approve the other mailbox':
        if (person.asked.length === 0) await askForMailbox(world, person, person.email, browser.options);
        await approveMailbox(world, person);
        return [];
      case 'stop the other mailbox':
        await stopMailbox(world, person, person.email, browser.options);
        return [];
      case 'turn the second factor off':
        await open(person, browser, '/account/second-factor/off');
        await browser.submit('/off');
        return [];
    }
  }

  /** The code of the newest SMS. */
  async function smsCode(): Promise<string> {
    const text = await untilFound('the SMS', () => world.sms(e164(number)).at(-1), { everyMs: 10 });
    return /#(\d+)$/.exec(text)?.[1] ?? fail('no link');
  }

  async function attempt({ person: name, browser: which, do: deed }: Deed): Promise<void> {
    const person = people[name === 'A' ? 0 : 1];
    const browser = person.browsers[which];
    const told = `${name}${which} ${deed}`;
    try {
      const over = await act(person, browser, person.browsers[which === 0 ? 1 : 0], deed);
      ended.push(...over.map((one) => ({ by: told, browser: one })));
      world.lived[deed] += 1;
    } catch (error) {
      if (!(error instanceof Error) || !NOT_THERE.test(error.message)) throw error;
    }
    story.push(`${told} → ${browser.page.status} ${browser.page.url}`);
  }

  const isSignedIn = async (browser: Browser): Promise<boolean> =>
    (await browser.copy().send(`${issuer}/account`)).location === undefined;

  async function checkInvariants(): Promise<void> {
    for (const { by, browser } of ended.slice(-MOST_ENDED))
      if (await isSignedIn(browser)) fail(`a session that was ended goes on: ${by}`);
    const holder = await storage.accounts.findByPhone(e164(number));
    for (const person of people) {
      const account = await accountOf(person);
      const has = account?.phone_canonical !== undefined;
      if (has && !person.hasProven) fail(`${person.name} has a number without a proof`);
      if (has !== (account !== undefined && holder?.id === account.id)) fail(`${person.name}'s number leads to somebody else`);
      if (!account) return fail(`${person.name}'s account is gone`);
      await currentPassword(person);
      const wrong = wrongAboutMailboxes(person, account);
      if (wrong !== undefined) fail(`${person.name} ${wrong}`);
      for (const { id } of account.passkeys ?? []) {
        if (!person.passkeys.some((own) => own.id === id)) fail(`${person.name} has a passkey of somebody else`);
        if (person.removed.some((own) => own.id === id)) fail(`${person.name} has a passkey again that was removed`);
      }
      const owner = account.user_handle === undefined ? undefined : await storage.passkeyOwners.find(account.user_handle);
      if (account.user_handle !== undefined && owner?.account_id !== account.id)
        fail(`${person.name}'s user handle leads nowhere`);
      for (const browser of person.browsers)
        if (account.withdrawal && (await isSignedIn(browser))) fail(`${person.name} has withdrawn and is signed in`);
    }
  }

  /** What holds when nothing else happens. */
  async function checkEnd(person: Person): Promise<void> {
    const account = await accountOf(person);
    if (!account) return;
    const stranger = (): Browser => createBrowser(person.browsers[0].options);
    for (const authenticator of person.removed.slice(-2)) {
      const browser = stranger();
      await browser.open(`${issuer}/account`);
      await presentPasskey(browser, authenticator);
      if (!isAt(browser, '/login')) fail(`a removed passkey signs ${person.name} in`);
    }
    if (account.second_factor) {
      const browser = stranger();
      await browser.open(`${issuer}/account`);
      await browser.submit('/login', { login_id: person.email, password: await currentPassword(person) });
      if (await isSignedIn(browser)) fail(`the password alone signs ${person.name} in`);
      for (const code of person.usedCodes.slice(-1)) await enterRecoveryCode(browser, code);
      if (await isSignedIn(browser)) fail(`a used recovery code signs ${person.name} in`);
    }
    // The number and the own password open the ID of its owner, and no other one.
    const byNumber = stranger();
    await byNumber.open(`${issuer}/account`);
    await byNumber.submit('/login', { login_id: number, password: await currentPassword(person) });
    if (isAt(byNumber, '/login') === (account.phone_canonical !== undefined))
      fail(`the number ${account.phone_canonical ? 'does not sign' : 'signs'} ${person.name} in`);
    if (account.withdrawal && erasures < MOST_ERASURES) await checkErasure(person, account);
  }

  async function checkErasure(person: Person, { id, user_handle: handle }: Account): Promise<void> {
    erasures += 1;
    world.advance(FIFTEEN_DAYS_MS);
    await untilTrue(`${person.name} is erased`, async () => (await storage.accounts.find(id)) === undefined, 120_000);
    world.advance(-FIFTEEN_DAYS_MS);
    const left = [
      await storage.signInHistories.find(id),
      await storage.lastUses.find(id),
      await storage.passkeyOffers.find(id),
      handle && (await storage.passkeyOwners.find(handle)),
      (await storage.accounts.findByPhone(e164(number)))?.id === id,
    ];
    if (left.some(Boolean)) fail(`something of ${person.name} is left: ${JSON.stringify(left)}`);
    await world.register(person.email, person.passwords[0] ?? '');
    if ((await accountOf(person))?.id === id) fail(`${person.name} has the earlier subject again`);
    const browser = createBrowser(person.browsers[0].options);
    for (const authenticator of person.passkeys.slice(-1)) {
      await browser.open(`${issuer}/account`);
      await presentPasskey(browser, authenticator);
      if (!isAt(browser, '/login')) fail(`a passkey of the erased ID signs ${person.name} in`);
    }
    world.lived.erased += 1;
  }

  try {
    for (const { deeds, plan } of steps) {
      world.disturb(plan);
      const [first, second] = deeds;
      const sharesBrowser = first && second && first.person === second.person && first.browser === second.browser;
      if (sharesBrowser) for (const deed of deeds) await attempt(deed);
      else await Promise.all(deeds.map(attempt));
      world.disturb([]);
      await checkInvariants();
    }
    for (const person of people) await checkEnd(person);
    for (const person of people) {
      const wrong = await endOfWaiting(world, person, person.email);
      if (wrong !== undefined) fail(`${person.name} ${wrong}`);
    }
  } catch (cause) {
    throw new Error(`${cause instanceof Error ? cause.stack : String(cause)}\n${story.join('\n')}`, { cause });
  }
}

const LINK = /http\S+\/account\/sign-in\/report\?token=\S+/;

/** Whether the browser is at this step of a sign-in. */
const isAt = ({ page }: Browser, step: string): boolean => page.url.includes('/interaction/') && page.url.includes(step);

async function enterRecoveryCode(browser: Browser, code: string): Promise<void> {
  await browser.open(
    `${new URL(browser.page.url).origin}${/\/interaction\/[\w-]+\/second-factor/.exec(browser.page.url)?.[0] ?? ''}/recovery`,
  );
  await browser.submit('/recovery', { code });
}

async function createPerson(world: UnsettledWorld, name: Person['name']): Promise<Person> {
  const email = `life.${name.toLowerCase()}${sequences}@example.jp`;
  const password = name === 'A' ? 'Aokaze-482' : 'Benihana-731';
  await world.register(email, password);
  const from = `127.${name === 'A' ? 16 : 32}.${sequences & 255}.1`;
  const browser = (agent: string): Browser => createBrowser({ from, headers: { 'User-Agent': agent } });
  return {
    name,
    email,
    passwords: [password],
    browsers: [browser('Firefox/140.0 Windows'), browser('iPhone Safari/604.1')],
    passkeys: [],
    removed: [],
    recoveryCodes: [],
    usedCodes: [],
    hasProven: false,
    asked: [],
  };
}
