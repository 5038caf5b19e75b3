// F1: a node is killed at random moments while people register and link their dealer. Acknowledged changes survive; others are complete
// or absent; and the address of an interrupted person is free or theirs. Each person presses again on the same page in the same
// browser until there is an answer, and each must finish.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from '../../src/domain/account.ts';
import { FIRST_PREVIOUS_HASH } from '../../src/storage/closed-ledger.ts';
import { deliveryKey } from '../../src/jobs/enqueue-delivery.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import type { LedgerEntry, Storage } from '../../src/storage/storage.ts';
import { untilTrue } from '../../test/support/until-true.ts';
import { createHttpDriver, type HttpDriver } from '../../test/journeys/http-driver.ts';
import { createTraveller, HEADINGS, NEW_PASSWORD, WORDS, type Screen } from '../../test/journeys/traveller.ts';
import { eventAbout, sampleAccount } from '../../test/storage/conformance/samples.ts';
import { rowsOf } from '../../test/support/rows-of.ts';
import type { World } from '../../test/support/world.ts';
import type { Fault, Nodes } from './fault.ts';
import { ledgerOf } from '../../test/support/ledger-of.ts';

const READY_MS = 3_000;
const DEALER = 'aichi-toyota';
/** Longer than a node takes to be ready after the last kill. */
const PRESS_PATIENCE_MS = 30_000;
/** There are ten pages, and some are shown again. */
const MOST_PAGES = 60;
const PRESS_AGAIN_MS = 100;
const LOOK_FOR_MAIL_MS = 200;
/** Longer than the lease of a job. */
const MAIL_PATIENCE_MS = 90_000;

/** A person's presses and the answers, recorded as they happen; `again` counts repeated presses. */
type Journal = { email: string; hasPressed: boolean; hasAccount: boolean; hasLink: boolean; again: number };

/** The kills have ended, so people who wait for a mail stop. */
class Over extends Error {}

export const killInRegistration: Fault = {
  id: 'F1',
  title: 'kill -9 in the middle of registrations',
  backends: ['SQLite', 'MongoDB'],
  async run(backend, short) {
    const nodes = await backend.startNodes(1);
    try {
      const plan = short ? { kills: 2, walkers: 2, quietMs: 600 } : { kills: 200, walkers: 4, quietMs: 1_500 };
      const { people, readyTimes } = await killWhilePeopleRegister(nodes, plan);
      await refuseDoubles(nodes.database.directUrl);
      const storage = await openStorage(nodes.database.directUrl, Date.now);
      try {
        const inOrder = readyTimes.toSorted((one, other) => one - other).map(Math.round);
        const [half = 0, slowest = 0] = [inOrder[Math.floor(inOrder.length / 2)], inOrder.at(-1)];
        const ready = `ready again within ${slowest} ms, half of the times within ${half} ms`;
        const seen = `${plan.kills} kills, ${ready}; ${await compare(storage, people)}`;
        // Other tests run at the same time, so times are not checked.
        if (!short) assert(slowest < READY_MS, `not ready in time: ${seen}`);
        return seen;
      } finally {
        await storage.close();
      }
    } finally {
      await nodes.stop();
    }
  },
};

async function killWhilePeopleRegister(
  { world, nodes }: Nodes,
  { kills, walkers, quietMs }: { kills: number; walkers: number; quietMs: number },
): Promise<{ people: Journal[]; readyTimes: number[] }> {
  const people: Journal[] = [];
  let isOver = false;
  const stranded: string[] = [];
  const walk = async (): Promise<void> => {
    while (!isOver) {
      const email = `f1.${people.length}.${randomInt(1e9)}@example.jp`;
      const person = { email, hasPressed: false, hasAccount: false, hasLink: false, again: 0 };
      people.push(person);
      await registerAndLink(world, person, people.length, () => isOver).catch((error: unknown) => {
        if (!(error instanceof Over)) stranded.push(`${email}: ${String(error)}`);
      });
    }
  };
  const walking = Array.from({ length: walkers }, walk);
  const readyTimes: number[] = [];
  try {
    for (let kill = 0; kill < kills; kill += 1) {
      await sleep(randomInt(quietMs));
      const node = nodes[kill % nodes.length];
      assert(node);
      await node.kill();
      readyTimes.push(await node.start());
    }
    // The system must still work after the last kill.
    const killed = people.length;
    await untilTrue('somebody registers and links', async () => people.slice(killed).some(({ hasLink }) => hasLink), 60_000);
  } catch (error) {
    throw new Error(`${String(error)}; people who did not arrive: ${stranded.join('\n')}`, { cause: error });
  } finally {
    isOver = true;
    await Promise.all(walking);
  }
  assert.deepEqual(stranded, [], 'a repeated press did not succeed');
  return { people, readyTimes };
}

/**
 * Fills in page after page until the dealer is linked. If a repeated press leads to none of the known pages, its lost answer had
 * set a cookie; the person starts again in the same browser and continues from there.
 * @throws {Error} if the person does not finish
 */
async function registerAndLink(world: World, person: Journal, number: number, isOver: () => boolean): Promise<void> {
  // Each person has their own network, because all in one would hit its limits.
  const from = `127.${20 + (number >> 8)}.${number & 255}.1`;
  const driver = createHttpDriver({ from });
  const traveller = createTraveller(driver, world);
  const insist = async (act: () => Promise<void>): Promise<void> => {
    person.again += await pressUntilAnswered(driver, act, isOver);
  };
  const refused = new Set<string>();
  const begin = (): Promise<void> => insist(() => traveller.open(requestUrl(world, person.hasAccount ? undefined : 'create')));
  const screens: Partial<Record<Screen, () => Promise<void>>> = {
    about: () => insist(() => traveller.agree()),
    email: () => insist(() => traveller.askForCode(person.email)),
    async code() {
      const code = await codeWhenItComes(world, person.email, refused, isOver);
      // The page is shown again, so the code was refused.
      refused.add(code);
      await insist(async () => {
        await traveller.fill('code', code);
        await traveller.press(WORDS.next);
      });
    },
    profile: () =>
      insist(async () => {
        await traveller.fillProfile();
        await traveller.press(WORDS.confirm);
      }),
    async confirm() {
      person.hasPressed = true;
      await insist(() => traveller.press(WORDS.write));
    },
    async complete() {
      person.hasAccount = true;
      await insist(() => traveller.press(WORDS.next));
    },
    dealer: () => insist(() => traveller.press(WORDS.link)),
    login: () => insist(() => traveller.signIn(person.email, NEW_PASSWORD)),
  };
  await begin();
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const heading = await traveller.heading();
    const isAt = (screen: Screen): boolean => heading.startsWith(HEADINGS[screen]);
    if (isAt('finalize')) {
      person.hasLink = true;
      return;
    }
    // The longer heading comes first, because one starts with the other.
    const shown = (Object.keys(screens) as Screen[]).toSorted((x, y) => HEADINGS[y].length - HEADINGS[x].length).find(isAt);
    await (shown === undefined ? begin() : screens[shown]?.());
  }
  throw new Error(`did not arrive, and is at ${traveller.url()}: ${(await traveller.text()).slice(0, 400)}`);
}

/** Acts on the current page, and repeats it after a missing answer or a 503. Returns the number of repetitions. */
async function pressUntilAnswered(driver: HttpDriver, act: () => Promise<void>, isOver: () => boolean): Promise<number> {
  const deadline = performance.now() + PRESS_PATIENCE_MS;
  const shown = driver.isShown() ? driver.page() : undefined;
  for (let again = 0; ; again += 1) {
    let problem: unknown = 'busy';
    try {
      await act();
      if (driver.page().status !== 503) return again;
    } catch (error) {
      problem = error;
    }
    if (performance.now() > deadline && isOver()) throw problem instanceof Error ? problem : new Error(String(problem));
    await sleep(PRESS_AGAIN_MS);
    if (shown) driver.copyPage(shown);
  }
}

/**
 * Returns the newest code that was not refused. A mail whose node died is sent after the lease of its job has ended. It may
 * arrive after the mail of a repeated press, and then its code is not valid.
 */
async function codeWhenItComes(
  world: World,
  email: string,
  refused: ReadonlySet<string>,
  isOver: () => boolean,
): Promise<string> {
  const newest = async (): Promise<string | undefined> => {
    const codes = (await world.messages(email)).flatMap(({ text }) => /\b\d{6}\b/.exec(text) ?? []);
    return codes.find((code) => !refused.has(code));
  };
  for (let waitedMs = 0; ;) {
    if ((await newest()) === undefined) {
      if (isOver() && refused.size === 0) throw new Over();
      // There are no more kills, so pending mails arrive.
      if (isOver()) waitedMs += LOOK_FOR_MAIL_MS;
      if (waitedMs > MAIL_PATIENCE_MS) throw new Error('no mailed code is valid');
      await sleep(LOOK_FOR_MAIL_MS);
      continue;
    }
    // A repeated press may have requested another code.
    await sleep(200);
    const code = await newest();
    if (code !== undefined) return code;
  }
}

/** Returns the URL to register for the maintenance notebook with a dealer link. */
export function registrationUrl(world: World): string {
  return requestUrl(world, 'create');
}

function requestUrl({ origins }: World, prompt: 'create' | undefined): string {
  const parameters = new URLSearchParams({
    client_id: 'maintenance-notebook',
    response_type: 'code',
    scope: 'openid dealer_link',
    ...(prompt && { prompt }),
    redirect_uri: `${origins.notebook}/callback`,
    authorization_details: JSON.stringify([{ type: 'dealer_link', dealer: DEALER }]),
    state: 'state',
    nonce: 'nonce',
    // The verifier is unknown, because these codes are never redeemed.
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  return `${origins.id}/auth?${parameters.toString()}`;
}

/** Reads the rows directly, because a lookup by address returns one account even if several have it. */
async function refuseDoubles(url: string): Promise<void> {
  const seen = new Set<string>();
  for (const { document } of await rowsOf(url, 'accounts')) {
    const { email_canonical } = JSON.parse(document) as Account;
    assert(!seen.has(email_canonical), `${email_canonical} has two accounts`);
    seen.add(email_canonical);
  }
}

/** Compares the stored records with what people were shown. */
async function compare(storage: Storage, people: Journal[]): Promise<string> {
  const events = await readLedger(storage);
  const eventsOf = (type: string, subject: string) => events.filter((event) => event.type === type && event.subject === subject);
  const count = { accounts: 0, links: 0, unanswered: 0, free: 0 };
  const ids = new Set<string>();
  for (const { email, hasPressed, hasAccount, hasLink } of people) {
    const account = await storage.accounts.findByEmail(email);
    assert(account || !hasAccount, `the account of ${email} was acknowledged and is lost`);
    if (!account && hasPressed) {
      const another = sampleAccount(crypto.randomUUID(), { email, email_canonical: email });
      await storage.accounts.create(another, eventAbout(another.id));
      count.free += 1;
    }
    if (!account) continue;
    assert(!ids.has(account.id), `${email} has somebody else's account`);
    ids.add(account.id);
    assert.equal(eventsOf('account.created', account.id).length, 1);
    const { terms, profile, password_hash, email_verified_at } = account;
    assert(terms.length === 1 && profile.family_name && password_hash && email_verified_at, `${email} is half-made`);
    const links = await storage.dealerLinks.listByAccount(account.id);
    assert(links.length === 1 || !hasLink, `the consent of ${email} was acknowledged, and there are ${links.length} links`);
    for (const link of links) {
      assert(link.consent.text.sha256, 'a link lacks its consent');
      assert.equal(eventsOf('dealer_link.consented', link.id).length, 1);
      const job = await storage.jobs.find(deliveryKey(link));
      // If the node died between the two writes, the sweep creates the delivery.
      assert(job || link.status === 'pending', `no delivery to the dealer of ${email}`);
      assert(job || !hasLink, `the delivery of ${email} was acknowledged and is lost`);
    }
    count[hasAccount ? 'accounts' : 'unanswered'] += 1;
    if (hasLink) count.links += 1;
  }
  const again = people.reduce((sum, person) => sum + person.again, 0);
  const registered = events.filter(({ type }) => type === 'account.created');
  for (const { subject } of registered) assert(await storage.accounts.find(subject), `an event without its account: ${subject}`);
  return `${count.accounts} registrations and ${count.links} links acknowledged, 0 lost, 0 half-made, 0 doubled; ${again} presses made again, everybody arrived in the same browser; ${count.unanswered} more are whole without an answer, ${count.free} addresses free again`;
}

/** All events; @throws where a chain has a gap, or an entry does not follow the one before */
async function readLedger(storage: Storage): Promise<LedgerEntry[]> {
  const entries = await ledgerOf(storage);
  const last = new Map<number, LedgerEntry>();
  for (const entry of entries) {
    const before = last.get(entry.partition) ?? { sequence: 0, hash: FIRST_PREVIOUS_HASH };
    assert.equal(entry.sequence, before.sequence + 1);
    assert.equal(entry.previous_hash, before.hash, `the chain of partition ${entry.partition} is broken at ${entry.sequence}`);
    last.set(entry.partition, entry);
  }
  return entries;
}
