// The lost mailbox in the lives of account-life.ts: somebody asks for another address, two operators approve, the owner stops it, and the
// waiting time ends. What happened is noted here, and compared with what the account says.
import { approve, findCase } from '../../../src/account/lost-mailbox/desk.ts';
import type { Account } from '../../../src/domain/account.ts';
import { createBrowser, type BrowserOptions } from '../../support/http-browser.ts';
import { untilTrue } from '../../support/until-true.ts';
import type { UnsettledWorld } from './unsettled-world.ts';

/** A request, as its number, and what has been done about it. */
type Asked = { number: string; to: string; approvedBy: string[]; isStopped: boolean };
export type LostMailboxes = { asked: Asked[] };

const WAITING_MS = 25 * 60 * 60 * 1000;
const OPERATORS = ['a.tanaka', 'b.suzuki'];
const NUMBER = /[0-9a-z]{9}-[0-9a-z]{6}/;
const STOP_LINK = /http\S+\/lost-mailbox\/stop\?token=\S+/;
/** The end of a waiting time takes a turn of the job runner, so only some sequences wait for it. */
const MOST_WAITS = 40;

let mailboxes = 0;
let waits = 0;

/** Asks for another address, and proves it. */
export async function askForMailbox(
  world: UnsettledWorld,
  { asked }: LostMailboxes,
  email: string,
  options: BrowserOptions,
): Promise<void> {
  const to = `reader${(mailboxes += 1)}@example.net`;
  const browser = createBrowser(options);
  await browser.open(`${world.issuer}/lost-mailbox`);
  await browser.submit('/lost-mailbox', {
    email,
    new_email: to,
    family_name: '青風院',
    given_name: '葵',
    birthdate_year: '1988',
    birthdate_month: '7',
    birthdate_day: '21',
  });
  await untilTrue(`the code to ${to}`, async () => world.mails(to).length > 0, 60_000);
  await browser.submit('/lost-mailbox/code', { code: /\d{6}/.exec(world.mails(to)[0] ?? '')?.[0] ?? '' });
  const [number] = NUMBER.exec(browser.page.text) ?? [];
  if (number === undefined) throw new Error('no form');
  asked.push({ number, to, approvedBy: [], isStopped: false });
  const isLookedUp = async () => (await world.storage.lostMailboxRequests.find(number))?.account_id !== undefined;
  await untilTrue(`the look-up of ${number}`, isLookedUp, 60_000);
}

/** Both operators approve the newest request at the same moment. */
export async function approveMailbox({ desk }: UnsettledWorld, { asked }: LostMailboxes): Promise<void> {
  const one = asked.at(-1);
  const found = one && (await findCase(desk, one.number));
  if (!found) throw new Error('no form');
  const say = async (operator: string): Promise<void> => {
    const { problem } = await approve(desk, found, { operator, reason: 'ticket 4711', from: 'the test' });
    if (problem === undefined) one.approvedBy.push(operator);
  };
  await Promise.all(OPERATORS.map(say));
}

/** Stops a request by the link of the newest mail. */
export async function stopMailbox(
  world: UnsettledWorld,
  { asked }: LostMailboxes,
  email: string,
  options: BrowserOptions,
): Promise<void> {
  const mail = world.mails(email).findLast((text) => STOP_LINK.test(text));
  const [link] = STOP_LINK.exec(mail ?? '') ?? [];
  if (link === undefined) throw new Error('no link');
  const browser = createBrowser(options);
  await browser.open(link);
  await browser.submit('/lost-mailbox/stop');
  const account = await world.storage.accounts.findByEmail(email);
  for (const one of asked) if (stateOf(account, one)?.ended?.how === 'stopped') one.isStopped = true;
}

const stateOf = (account: Account | undefined, { number }: Asked) =>
  account?.lost_mailbox?.find(({ request }) => request === number);

/** Compares the account with what has happened. Returns what is wrong. */
export function wrongAboutMailboxes({ asked }: LostMailboxes, account: Account): string | undefined {
  for (const state of account.lost_mailbox ?? []) {
    const own = asked.find(({ number }) => number === state.request);
    if (!own) return 'has a request for a lost mailbox of somebody else';
    if (own.approvedBy.some((operator) => !state.approved_by.includes(operator))) return 'has lost an approval';
    if (own.isStopped && state.ended?.how !== 'stopped') return 'has a request again that was stopped';
    if ((state.change_at !== undefined) !== (state.approved_by.length === OPERATORS.length))
      return 'has a waiting time without approvals';
  }
  return undefined;
}

/**
 * Waits until the waiting time of the approved requests is over. Exactly those change the address whose owner has neither stopped them nor
 * signed in, changed the password or withdrawn since. Returns what is wrong.
 */
export async function endOfWaiting(world: UnsettledWorld, { asked }: LostMailboxes, email: string): Promise<string | undefined> {
  const account = await world.storage.accounts.findByEmail(email);
  const approved = account?.lost_mailbox?.filter(({ change_at: at }) => at !== undefined) ?? [];
  const open = approved.filter(({ ended }) => !ended);
  if (!account || approved.length === 0 || (waits += 1) > MOST_WAITS) return undefined;
  const { id, withdrawal, sign_ins_ended_at: endedAt } = account;
  const signIns = (await world.storage.signInHistories.find(id))?.sign_ins ?? [];
  const first = open.find(
    ({ asked_at: askedAt, stood_at: stood }) => !withdrawal && stood === endedAt && !signIns.some(({ at }) => at > askedAt),
  );
  world.advance(WAITING_MS);
  try {
    const current = async () => world.storage.accounts.find(id);
    const areEnded = async () => (await current())?.lost_mailbox?.every(({ change_at: at, ended }) => at === undefined || ended);
    await untilTrue('the end of the waiting time', async () => (await areEnded()) === true, 120_000);
    const after = await current();
    const changed = after?.lost_mailbox?.find(({ ended }) => ended?.how === 'changed');
    if (!first) return changed && 'has another address by a request that was stopped or overtaken';
    if (!changed || after?.email !== changed.email) return 'has not got the address that was approved';
    if (!asked.some(({ number, to }) => number === changed.request && to === after.email))
      return 'has the address of somebody else';
    if ((await world.storage.accounts.findByEmail(email)) !== undefined) return 'has the old address too';
    world.lived['address changed'] += 1;
    return undefined;
  } finally {
    world.advance(-WAITING_MS);
  }
}
