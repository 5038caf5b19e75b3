// Two people who use the common ID at the same time, each in one browser with three tabs, and the invariants of all their actions.
// A person reads only their own mail and types only their own password and name. All other actions may be an attack.
import bcrypt from 'bcrypt';
import { formsOf, sendRaw, type Form } from '../../support/http-browser.ts';
import { TYPED_PROFILE } from '../../support/typed-profile.ts';
import { createHttpDriver, type HttpDriver } from '../../journeys/http-driver.ts';
import type { Account } from '../../../src/domain/account.ts';
import { assertion, makePkce, requestParams, type Pkce } from './client.ts';
import { encryptOuter, handOverClaims, signInner } from './hand-over.ts';
import type { Disturbance } from './unsettled-storage.ts';
import type { UnsettledWorld } from './unsettled-world.ts';

export type Name = 'A' | 'B';
export type Address = 'own' | "the other's";

/** An action of a person in one of their tabs. */
export type Action = { person: Name; tab: number } & (
  | { do: 'start'; way: 'new' | 'existing' }
  /** Opens the newest request of the other person, whose URL they were sent. */
  | { do: 'open the other request' }
  /** Submits forms: `form` and `button` choose among the forms of the page, 0 is the main one; and again on the next pages, this many times. */
  | { do: 'press'; form: number; button: number; address: Address; code: 'right' | 'wrong'; times: number }
  /** Submits the main form of an earlier page of this tab. */
  | { do: 'press on an earlier page'; back: number; button: number; address: Address; code: 'right' | 'wrong' }
  | { do: 'go to'; page: 'email' | 'code' | 'profile' | 'confirm' }
  | { do: 'forget the password'; address: Address }
  | { do: 'change the address' }
  | { do: 'log out' }
);

/** One or two actions at the same moment, and the faults of their writes. */
export type Step = { actions: Action[]; plan: Disturbance[] };

type Flow = {
  owner: Name;
  url: string;
  state: string;
  pkce: Pkce;
  redeemed: boolean;
  /** The step in which a person last chose 連携する without cancelling it since. */
  linkPressed: Map<Name, number>;
};

type Tab = { driver: HttpDriver; flow: Flow | undefined; seen: Form[] };

type Person = {
  name: Name;
  email: string;
  password: string;
  /** The family name that this person types; nobody else may ever see it. */
  typed: string;
  legacyId: string;
  customerNumber: string;
  vin: string;
  /** Whether a code from this person's mailbox was typed. */
  proved: boolean;
  tabs: Tab[];
};

let sequences = 0;

/** Returns the forms of a page without those of its header, with absolute URLs, because some are submitted from another page. */
function formsOn({ driver }: Tab): Form[] {
  const { text, url } = driver.page();
  return formsOf(/<main[\s\S]*<\/main>/.exec(text)?.[0] ?? '')
    .filter(({ buttons }) => buttons.length > 0)
    .map((form) => ({ ...form, action: new URL(form.action, url).href }));
}

/** Runs the steps. @throws an error that names the broken invariant, and the steps before it */
export async function play(
  world: UnsettledWorld,
  handedOver: 'own' | "the other's" | 'none',
  steps: readonly Step[],
): Promise<void> {
  sequences += 1;
  const people = { A: await createPerson('A', sequences), B: await createPerson('B', sequences) };
  const flows: Flow[] = [];
  const story: string[] = [];
  const other = ({ name }: Person): Person => (name === 'A' ? people.B : people.A);
  const passwordFits = new Map<string, boolean>();
  const forgetAfterStep: (() => void)[] = [];
  const linksSeen = new Set<string>();
  let step = 0;

  const fail = (what: string): never => {
    throw new Error(what);
  };

  async function start(person: Person, tab: Tab, way: 'new' | 'existing'): Promise<void> {
    const pkce = makePkce();
    const state = crypto.randomUUID();
    const email = { own: person.email, "the other's": other(person).email, none: undefined }[handedOver];
    const { legacyId, customerNumber, vin } = person;
    const claims = {
      sub: legacyId,
      family_name: '旧姓',
      given_name: '太郎',
      ...(email === undefined ? {} : { email }),
      dealer: { code: 'aichi-toyota', customer_number: customerNumber },
      vehicles: [{ vin, model: 'プリウス' }],
    };
    const jwt = await encryptOuter(world, await signInner(world, handOverClaims(world, claims)));
    const params = requestParams('attack-site', pkce, {
      redirect_uri: world.callback,
      scope: 'openid profile email migration dealer_link',
      state,
      legacy_profile: jwt,
      authorization_details: JSON.stringify([{ type: 'dealer_link', dealer: 'aichi-toyota' }]),
      ...(way === 'new' ? { prompt: 'create' } : {}),
    });
    const body = new URLSearchParams({ ...params, ...(await assertion('attack-site', world.siteKey, world.issuer)) });
    const answer = await sendRaw(`${world.issuer}/request`, { method: 'POST', body });
    if (answer.status !== 201) return;
    const { request_uri: uri } = JSON.parse(answer.text) as { request_uri: string };
    const url = `${world.issuer}/auth?${new URLSearchParams({ client_id: 'attack-site', request_uri: uri }).toString()}`;
    const flow: Flow = { owner: person.name, url, state, pkce, redeemed: false, linkPressed: new Map() };
    flows.push(flow);
    tab.flow = flow;
    await tab.driver.open(url);
  }

  /** Returns the code of the newest mail to this person. */
  function newestCode({ email }: Person): string | undefined {
    return world
      .mails(email)
      .map((text) => /\b\d{6}\b/.exec(text.normalize('NFKC').replaceAll(/http\S+/g, ''))?.[0])
      .findLast((code) => code !== undefined);
  }

  function fieldsOf(
    person: Person,
    form: Form,
    button: number,
    address: Address,
    code: 'right' | 'wrong',
  ): Record<string, string> {
    const chosen = form.buttons[button % Math.max(form.buttons.length, 1)];
    const email = (address === 'own' ? person : other(person)).email;
    const mine: Record<string, string> = {
      ...TYPED_PROFILE,
      family_name: person.typed,
      building: '',
      terms: 'yes',
      email,
      login_id: email,
      code: (code === 'right' && newestCode(person)) || '000000',
      password: person.password,
      current_password: person.password,
      new_password: person.password,
    };
    const typed = Object.entries(mine).filter(([field]) => form.html.includes(`name="${field}"`));
    return { ...form.fields, ...Object.fromEntries(typed), ...(chosen?.name ? { [chosen.name]: chosen.value } : {}) };
  }

  async function send(person: Person, tab: Tab, form: Form, fields: Record<string, string>): Promise<void> {
    const { flow } = tab;
    if (flow && form.action.endsWith('/dealer-link') && fields.decision === 'link') flow.linkPressed.set(person.name, step);
    if (fields.code !== undefined && fields.code === newestCode(person)) person.proved = true;
    story.push(
      `${step} ${person.name}${person.tabs.indexOf(tab)} ${form.action} ${JSON.stringify({ ...fields, csrf_token: undefined })}`,
    );
    await tab.driver.send(form, fields);
    story.push(`  → ${person.name}${person.tabs.indexOf(tab)} ${tab.driver.page().status} ${tab.driver.url()}`);
  }

  async function press(person: Person, tab: Tab, action: Extract<Action, { do: 'press' }>): Promise<void> {
    for (let time = 0; time < action.times; time += 1) {
      const forms = formsOn(tab);
      const onward = tab.driver.links().find(({ url }) => url.endsWith('/finalize/continue'));
      if (onward) await tab.driver.open(onward.url);
      else {
        const form = forms[action.form % Math.max(forms.length, 1)];
        if (!form) return;
        tab.seen.push(form);
        await waitForMail(person, form);
        await send(person, tab, form, fieldsOf(person, form, action.button, action.address, action.code));
      }
      await arrive(person, tab);
    }
  }

  /** A person who needs a code first looks into the mailbox. */
  async function waitForMail(person: Person, form: Form): Promise<void> {
    if (!form.html.includes('name="code"')) return;
    for (let waited = 0; waited < 100 && newestCode(person) === undefined; waited += 5)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** The legacy site redeems the code if this browser began its request. */
  async function arrive(person: Person, tab: Tab): Promise<void> {
    const url = new URL(tab.driver.url());
    if (!url.href.startsWith(world.callback)) return;
    const flow = flows.find(({ state }) => state === url.searchParams.get('state'));
    if (url.searchParams.has('error') && flow && (flow.linkPressed.get(person.name) ?? step) < step) {
      // Counted after the step: at the same moment another tab may make the link, or choose it anew.
      forgetAfterStep.push(() => {
        if ((flow.linkPressed.get(person.name) ?? step) < step) flow.linkPressed.delete(person.name);
      });
    }
    const code = url.searchParams.get('code');
    if (!flow || flow.owner !== person.name || code === null || flow.redeemed) return;
    flow.redeemed = true;
    const params = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: world.callback,
      code_verifier: flow.pkce.verifier,
      ...(await assertion('attack-site', world.siteKey, world.issuer)),
    };
    const { status } = await sendRaw(`${world.issuer}/token`, { method: 'POST', body: new URLSearchParams(params) });
    story.push(`  ${person.name} redeems: ${status}`);
    if (status >= 500) fail('a redemption was answered with a server error');
  }

  async function logOut(person: Person, tab: Tab): Promise<void> {
    const before = person.tabs[0]!.driver.cookies().map((cookie) => ({ ...cookie }));
    await tab.driver.open(`${world.issuer}/session/end`);
    const form = formsOn(tab).find(({ buttons }) => buttons.some(({ name }) => name === 'logout'));
    if (!form) return;
    await send(person, tab, form, { ...form.fields, logout: 'yes' });
    if (tab.driver.page().status !== 200 || !tab.driver.url().includes('/session/end/success')) return;
    ended.push({ person: person.name, cookies: before });
  }
  const ended: { person: Name; cookies: { name: string; value: string; path: string }[] }[] = [];

  async function act(action: Action): Promise<void> {
    const person = people[action.person];
    const tab = person.tabs[action.tab]!;
    const uid = /\/interaction\/([\w-]+)\//.exec(tab.driver.url())?.[1];
    story.push(`${step} ${action.person}${action.tab}: ${JSON.stringify(action)}`);
    switch (action.do) {
      case 'start':
        await start(person, tab, action.way);
        break;
      case 'open the other request': {
        const flow = flows.findLast(({ owner }) => owner !== action.person);
        if (!flow) return;
        tab.flow = flow;
        await tab.driver.open(flow.url);
        break;
      }
      case 'press':
        await press(person, tab, action);
        return;
      case 'press on an earlier page': {
        const form = tab.seen.at(-action.back);
        if (form) await send(person, tab, form, fieldsOf(person, form, action.button, action.address, action.code));
        break;
      }
      case 'go to':
        if (uid !== undefined) await tab.driver.open(`${world.issuer}/interaction/${uid}/create/${action.page}`);
        break;
      case 'forget the password':
        await tab.driver.open(`${world.issuer}/password/forgotten`);
        break;
      case 'change the address':
        await tab.driver.open(`${world.issuer}/account/email`);
        break;
      case 'log out':
        await logOut(person, tab);
        break;
    }
    await arrive(person, tab);
  }

  function fits(password: string, hash: string): boolean {
    const key = `${password} ${hash}`;
    const known = passwordFits.get(key) ?? bcrypt.compareSync(password, hash);
    passwordFits.set(key, known);
    return known;
  }

  async function checkAccount(person: Person): Promise<Account | undefined> {
    const account = await world.storage.accounts.findByEmail(person.email);
    if (!account) return undefined;
    const { name } = person;
    const stranger = other(person);
    if (!person.proved) fail(`${name}'s address has an account, and ${name} never typed a code`);
    if (fits(stranger.password, account.password_hash)) fail(`${stranger.name}'s password opens ${name}'s account`);
    if (!fits(person.password, account.password_hash)) fail(`${name}'s password does not open ${name}'s account`);
    if (account.profile.family_name === stranger.typed) fail(`${name}'s account has the name that ${stranger.name} typed`);
    for (const link of await world.storage.dealerLinks.listByAccount(account.id)) {
      if (linksSeen.has(link.id)) continue;
      linksSeen.add(link.id);
      if (!flows.some(({ linkPressed }) => linkPressed.has(name)))
        fail(`${name}'s account is linked, and ${name} did not choose that`);
    }
    return account;
  }

  async function checkInvariants(): Promise<void> {
    const accounts = { A: await checkAccount(people.A), B: await checkAccount(people.B) };
    for (const person of [people.A, people.B]) {
      const migration = await world.storage.migrations.find('attack-site', person.legacyId);
      if (migration?.account_id !== undefined && migration.account_id !== accounts[person.name]?.id)
        fail(`the legacy identity of ${person.name} belongs to another account`);
      for (const { driver } of person.tabs) {
        if (driver.url() !== '' && driver.page().text.includes(other(person).typed))
          fail(`${person.name} sees what ${other(person).name} typed, at ${driver.url()}`);
      }
    }
    for (const { vins, customerNumber, final } of world.deliveries) {
      const told = [people.A, people.B].find(
        ({ vin, customerNumber: number }) => vins.includes(vin) || number === customerNumber,
      );
      if (told && !final) fail(`the dealer knows the cars of ${told.name}, whose migration is not final`);
    }
    for (const { person, cookies } of ended) {
      const session = cookies.filter(({ path }) => path === '/').map(({ name, value }) => `${name}=${value}`);
      const answer = await sendRaw(`${world.issuer}/account`, { headers: { Cookie: session.join('; '), Accept: 'text/html' } });
      if (answer.status === 200) fail(`the session that ${person} ended still opens the account's page`);
    }
  }

  try {
    for (const { actions, plan } of steps) {
      step += 1;
      world.disturb(plan);
      await Promise.all(actions.map(act));
      world.disturb([]);
      await checkInvariants();
      for (const forget of forgetAfterStep.splice(0)) forget();
    }
  } catch (cause) {
    throw new Error(`${cause instanceof Error ? cause.message : String(cause)}\n${story.join('\n')}`, { cause });
  }
  world.reached.links += linksSeen.size;
  for (const { email, legacyId } of [people.A, people.B]) {
    if (await world.storage.accounts.findByEmail(email)) world.reached.accounts += 1;
    const migration = await world.storage.migrations.find('attack-site', legacyId);
    if (migration?.account_id !== undefined) world.reached.migrations += 1;
  }

  async function createPerson(name: Name, sequence: number): Promise<Person> {
    const first = createHttpDriver({ from: `127.${(name === 'A' ? 64 : 128) + (sequence >> 8)}.${sequence & 255}.1` });
    const drivers = [first, await first.newTab(), await first.newTab()];
    await Promise.all(drivers.map(async (driver) => driver.open(`${world.issuer}/terms`)));
    const legacyId = `legacy-${name}-${sequence}-${crypto.randomUUID().slice(0, 8)}`;
    const vin = `VIN-${name}-${sequence}`;
    world.legacyIdOfVin.set(vin, legacyId);
    return {
      name,
      email: `person.${name.toLowerCase()}${sequence}@example.jp`,
      password: name === 'A' ? 'Aokaze-482' : 'Benihana-731',
      typed: name === 'A' ? '青風院' : '紅花堂',
      legacyId,
      customerNumber: `C-${name}-${sequence}`,
      vin,
      proved: false,
      tabs: drivers.map((driver) => ({ driver, flow: undefined, seen: [] })),
    };
  }
}
