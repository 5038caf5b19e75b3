// The operators, the owner and the clock decide about a request for a lost mailbox at the same moment, and the process dies at each write. On
// both databases. design/operations.md, chapter 4.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createChangeLostMailbox } from '../../src/account/lost-mailbox/change.ts';
import { approve, findCase, refuse, type Approval, type DeskCase } from '../../src/account/lost-mailbox/desk.ts';
import { createExpireLostMailbox } from '../../src/account/lost-mailbox/expire.ts';
import { createLookUpLostMailbox } from '../../src/account/lost-mailbox/look-up.ts';
import { handIn } from '../../src/account/lost-mailbox/request.ts';
import { stopRequest } from '../../src/account/lost-mailbox/stop.ts';
import type { Deps } from '../../src/deps.ts';
import type { Account, LostMailbox } from '../../src/domain/account.ts';
import { createSmsLimits } from '../../src/authentication/one-time-code/sms-limits.ts';
import { createJobQueue } from '../../src/jobs/job-queue.ts';
import { PostponeJob } from '../../src/jobs/runner.ts';
import { createTellAccountChange } from '../../src/jobs/tell-account-change.ts';
import type { AccountAccess } from '../../src/oidc/sessions/account-access.ts';
import { guardRecords } from '../../src/storage/records.ts';
import type { Job, Storage } from '../../src/storage/storage.ts';
import { eventAbout, sampleAccount } from '../storage/conformance/samples.ts';
import { ledgerOf } from '../support/ledger-of.ts';
import { figure } from './support/figure.ts';
import { dyingAfter } from './support/dying-storage.ts';
import { describeOnMongo } from './support/mongo-database.ts';
import { newAccount, openOwnStorage, type OwnStorage } from './support/own-storage.ts';

jest.setTimeout(120_000);

const HOUR_MS = 60 * 60 * 1000;
/** More writes than any of the steps has. */
const MOST_WRITES = 20;
const NO_SIGNAL = new AbortController().signal;
const [A, B, C] = ['a.tanaka', 'b.suzuki', 'c.sato'].map((operator) => ({ operator, reason: 'ticket 1', from: 'the test' }));

/** @param everyWrite 1: the process dies at each write; n: at each nth one */
function declare(databaseUrl: () => string | undefined, everyWrite: number): void {
  let own: OwnStorage | undefined;
  let storage: Storage;
  const figures = { perNumberPerDay: 5, perAccountPerDay: 5, overallPerHour: 100, quietSharePercent: 20 };
  const places = { unprovenPerAddressPerHour: 5, unprovenPerNetworkPerHour: 5 };
  const config = {
    issuer: 'https://id.example',
    lostMailbox: { waitingHours: 24 },
    sms: { url: 'https://sms.example' },
    rateLimits: { smsCode: { ...figures, ...places } },
  };
  let ahead = 0;
  let ended: string[] = [];
  const clock = (): number => Date.now() + ahead;

  beforeAll(async () => {
    own = await openOwnStorage(databaseUrl(), clock);
    ({ storage } = own);
  });
  afterAll(async () => own?.close());

  /** The dependencies of a process on this storage. */
  function processOn(on: Storage): Deps {
    const records = guardRecords(on, clock);
    return {
      storage: records,
      clock,
      jobs: createJobQueue(records.jobs, clock),
      config,
      emit: () => undefined,
    } as unknown as Deps;
  }
  const access = { endAll: async (id: string) => void ended.push(id) } as unknown as AccountAccess;

  /** An ID, and a request whose new address is proven and that was looked up. */
  async function newCase(changes: Partial<Account> = {}): Promise<{ id: string; number: string }> {
    const id = await newAccount(storage, changes);
    return { id, number: await newRequest(id) };
  }

  /** A request for the address of an ID, which may not be there. */
  async function newRequest(id: string, isLookedUp = true): Promise<string> {
    const number = `number-of-${id}-${randomUUID()}`;
    const deps = processOn(storage);
    await deps.storage.lostMailboxRequests.change(number, () => ({
      expires_at: clock() + HOUR_MS,
      email: `${id}@example.jp`,
      email_canonical: `${id}@example.jp`,
      new_email: `new-${id}@example.net`,
      new_email_canonical: `new-${id}@example.net`,
      profile: { family_name: '田中', given_name: '太郎', birthdate: '1960-01-02' },
      language: 'ja',
      sent_at: clock(),
    }));
    await handIn(deps, (await storage.lostMailboxRequests.find(number)) ?? (undefined as never));
    if (isLookedUp) await lookUp(number);
    return number;
  }
  const lookUp = async (request: string, on = storage): Promise<void> =>
    createLookUpLostMailbox(processOn(on)).run({ request }, {} as Job, NO_SIGNAL);
  const expire = async (request: string, on = storage): Promise<void> =>
    createExpireLostMailbox(processOn(on)).run({ request }, {} as Job, NO_SIGNAL);

  const stateOf = async (id: string, number: string): Promise<LostMailbox | undefined> =>
    (await storage.accounts.find(id))?.lost_mailbox?.find(({ request }) => request === number);
  const eventsOf = async (id: string, type: string): Promise<number> =>
    (await ledgerOf(storage)).filter((entry) => entry.subject === id && entry.type === `account.${type}`).length;
  const caseOf = async (number: string): Promise<DeskCase> =>
    (await findCase(processOn(storage), number)) ?? (undefined as never);
  /** Each with a process of its own. */
  const approveBy = async (number: string, who = A): Promise<Approval> =>
    approve(processOn(storage), await caseOf(number), who as never);
  const change = async (id: string, number: string, on = storage): Promise<void> =>
    createChangeLostMailbox(processOn(on), access).run({ account_id: id, request: number }, {} as Job, NO_SIGNAL);

  /** Sends what accounts owe, and returns how many mails of a kind an address got. */
  async function mailsTo(address: string, template: string): Promise<number> {
    const deps = processOn(storage);
    ahead += 2 * 60_000;
    let count = 0;
    for (const kind of ['tell_account_change', 'send_mail'] as const) {
      for (const job of await storage.jobs.lease(5000, 60_000, kind)) {
        if (kind === 'tell_account_change') await createTellAccountChange(deps).run(job.payload as never, job, NO_SIGNAL);
        await storage.jobs.complete(job.key, job.lease ?? '');
        const { to, template: sent } = job.payload as { to?: string; template?: string };
        seen.push(`${sent} ${to}`);
      }
    }
    count += seen.filter((one) => one === `${template} ${address}`).length;
    return count;
  }
  const seen: string[] = [];

  test('S177 nobody answers a request: its new address is told once and at the same time, whether there is an ID or not', async () => {
    const asked = clock();
    const { id, number } = await newCase();
    const without = await newRequest(randomUUID());
    const approved = await newCase();
    await approveBy(approved.number);
    await approveBy(approved.number, B);
    const runAt = async (request: string) => (await storage.jobs.find(`expire-lost-mailbox:${request}`))?.run_at;
    const [due = 0, dueWithout = 0] = [await runAt(number), await runAt(without)];
    expect(due - asked).toBeGreaterThan(14 * 24 * HOUR_MS);
    expect(dueWithout - due).toBeLessThan(HOUR_MS / 2);
    await expect(expire(number)).rejects.toThrow(PostponeJob);

    ahead += due - clock() + HOUR_MS;
    const mailOf = async (request: string): Promise<number> => {
      const to = (await storage.lostMailboxRequests.find(request))?.new_email ?? '';
      return mailsTo(to, 'lost-mailbox-ended');
    };
    for (let writes = 0; writes < MOST_WRITES; writes += 1) {
      const dying = dyingAfter(storage, writes);
      await expire(number, dying.storage).catch(() => undefined);
      if (!dying.died()) break;
    }
    for (const request of [without, number, without, approved.number]) await expire(request);
    expect([await mailOf(number), await mailOf(without), await mailOf(approved.number)]).toEqual([1, 1, 0]);
    expect(await stateOf(id, number)).toMatchObject({ ended: { how: 'expired' } });
    expect(await eventsOf(id, 'lost_mailbox_expired')).toBe(1);
    expect(await stateOf(approved.id, approved.number)).not.toHaveProperty('ended');
    // It is too late for the operators, with and without an ID.
    expect(await approveBy(number)).toEqual({ problem: 'over' });
    for (const request of [number, without])
      expect(await refuse(processOn(storage), await caseOf(request), A as never)).toBe(false);
  });

  test('S181 a flood of requests for an ID with a login number: one SMS a day says so, one that it was approved, and the owner’s codes stay', async () => {
    const DAY_MS = 24 * HOUR_MS;
    // Noon, because the limit of a day ends at midnight.
    ahead += DAY_MS * 1.5 - (clock() % DAY_MS);
    let numbers = 0;
    const withNumber = (): Partial<Account> => ({
      phone_canonical: `+8190${String(Date.now()).slice(-6)}${(numbers += 1)}`,
      phone_used_at: clock(),
    });
    const smsOf = async (notice: string, id: string): Promise<string | undefined> =>
      (await storage.jobs.find(`sms:${notice}:${id}:${Math.floor(clock() / DAY_MS)}`))?.state;
    const spent = async (): Promise<number> => (await storage.counters.get('sms-overall:all'))?.points ?? 0;
    const { id, number } = await newCase(withNumber());
    const before = await spent();
    await newRequest(id);
    expect([await smsOf('lost-mailbox-asked', id), (await spent()) - before]).toEqual(['waiting', 0]);
    expect(await change(id, number)).toBeUndefined();
    await approveBy(number);
    await approveBy(number, B);
    for (let times = 0; times < 2; times += 1) await expect(change(id, number)).rejects.toThrow(PostponeJob);
    expect([await smsOf('lost-mailbox-waiting', id), (await spent()) - before]).toEqual(['waiting', 1]);
    const codes = createSmsLimits(processOn(storage));
    for (let n = 0; n < figures.perAccountPerDay; n += 1) await codes.count(`192.0.2.${n}`, id, `+81801234567${n}`);

    ahead += DAY_MS;
    await newRequest(id);
    expect(await smsOf('lost-mailbox-asked', id)).toBe('waiting');
    // A number that was not used for a year may be somebody else's.
    const rests = await newCase({ ...withNumber(), phone_used_at: clock() - 366 * DAY_MS });
    const none = await newCase();
    expect([await smsOf('lost-mailbox-asked', rests.id), await smsOf('lost-mailbox-asked', none.id)]).toEqual([
      undefined,
      undefined,
    ]);
    // Nor above the budget, but the mails are sent.
    await storage.counters.add('sms-overall:all', figures.overallPerHour, HOUR_MS);
    const late = await newCase(withNumber());
    expect(await smsOf('lost-mailbox-asked', late.id)).toBeUndefined();
    expect(await mailsTo(`${late.id}@Example.jp`, 'lost-mailbox-asked')).toBe(1);
    ahead += 2 * HOUR_MS;
    // The process dies at each write of the look-up.
    for (let writes = 0; writes < MOST_WRITES; writes += everyWrite) {
      const dies = await newAccount(storage, withNumber());
      const request = await newRequest(dies, false);
      const dying = dyingAfter(storage, writes);
      await lookUp(request, dying.storage).catch(() => undefined);
      await lookUp(request);
      expect([writes, await smsOf('lost-mailbox-asked', dies)]).toEqual([writes, 'waiting']);
      expect(await mailsTo(`${dies}@Example.jp`, 'lost-mailbox-asked')).toBe(1);
      if (!dying.died()) return;
    }
    throw new Error(`more than ${MOST_WRITES} writes`);
  });

  test('S180 an operator approves twice at the same moment: it counts once; three operators at once: one waiting time begins', async () => {
    const { id, number } = await newCase();
    const found = await caseOf(number);
    const twice = await Promise.all([A, A].map(async (who) => approve(processOn(storage), found, who as never)));
    expect(twice.filter(({ problem }) => problem === undefined)).toHaveLength(1);
    expect(await stateOf(id, number)).toMatchObject({ approved_by: ['a.tanaka'] });
    expect(await stateOf(id, number)).not.toHaveProperty('change_at');

    const second = await newCase();
    const open = await caseOf(second.number);
    const all = await Promise.all([A, B, C].map(async (who) => approve(processOn(storage), open, who as never)));
    expect(all.filter(({ problem }) => problem === undefined)).toHaveLength(2);
    expect((await stateOf(second.id, second.number))?.approved_by).toHaveLength(2);
    expect(await eventsOf(second.id, 'lost_mailbox_approved')).toBe(2);
    expect(await mailsTo(`${second.id}@Example.jp`, 'lost-mailbox-waiting')).toBe(1);
    expect(await mailsTo(`new-${second.id}@example.net`, 'lost-mailbox-approved')).toBe(1);
  });

  test('S180 the owner stops it while an operator approves, and while the address changes: one of the two wins', async () => {
    const outcomes = new Set<string | undefined>();
    for (let round = 0; round < figure(6, 2); round += 1) {
      const { id, number } = await newCase();
      await approveBy(number);
      const found = await caseOf(number);
      const stop = async () => stopRequest(processOn(storage), id, number, 'link');
      const say = async () => approve(processOn(storage), found, B as never);
      const [first, second] = round % 2 ? [stop, say] : [say, stop];
      await Promise.all([first(), second()]);
      // The stop wins whenever it is written: a request that was approved can still be stopped.
      expect(await stateOf(id, number)).toMatchObject({ ended: { how: 'stopped' } });
      ahead += 25 * HOUR_MS;
      await change(id, number);
      expect((await storage.accounts.find(id))?.email_canonical).toBe(`${id}@example.jp`);
    }
    for (let round = 0; round < figure(6, 2); round += 1) {
      const { id, number } = await newCase();
      await approveBy(number);
      await approveBy(number, B);
      ahead += 25 * HOUR_MS;
      const stop = async () => stopRequest(processOn(storage), id, number, 'link');
      const [first, second] = round % 2 ? [stop, async () => change(id, number)] : [async () => change(id, number), stop];
      await Promise.all([first(), second()]);
      const how = (await stateOf(id, number))?.ended?.how;
      outcomes.add(how);
      const address = (await storage.accounts.find(id))?.email_canonical;
      expect([how, address]).toEqual([how, how === 'changed' ? `new-${id}@example.net` : `${id}@example.jp`]);
      expect((await eventsOf(id, 'lost_mailbox_changed')) + (await eventsOf(id, 'lost_mailbox_stopped'))).toBe(1);
      expect(ended.includes(id)).toBe(how === 'changed');
    }
    expect([...outcomes].every((how) => how === 'changed' || how === 'stopped')).toBe(true);
  });

  test('S180 too early, one approval, refused, overtaken, or taken by another ID: the address stays', async () => {
    const { id, number } = await newCase();
    await change(id, number);
    await approveBy(number);
    ahead += 25 * HOUR_MS;
    await change(id, number);
    expect((await stateOf(id, number))?.ended).toBeUndefined();
    await approveBy(number, B);
    await expect(change(id, number)).rejects.toThrow(PostponeJob);
    await refuse(processOn(storage), await caseOf(number), A as never);
    ahead += 25 * HOUR_MS;
    await change(id, number);
    expect(await stateOf(id, number)).toMatchObject({ ended: { how: 'refused' } });

    // A new password, another ID at the new address, a withdrawal: each drops it.
    const ways: ((account: Account) => Promise<unknown>)[] = [
      async (account) => storage.accounts.update({ ...account, sign_ins_ended_at: clock() }, eventAbout(account.id)),
      async (account) =>
        storage.accounts.update({ ...account, withdrawal: { at: 1, erase_at: clock() * 2 } }, eventAbout(account.id)),
      async (account) => {
        const taken = `new-${account.id}@example.net`;
        await storage.accounts.create(
          sampleAccount(randomUUID(), { email: taken, email_canonical: taken }),
          eventAbout(account.id),
        );
      },
      async (account) =>
        processOn(storage).storage.signInHistories.change(account.id, () => ({
          expires_at: clock() + HOUR_MS,
          sign_ins: [{ at: clock(), client_id: 'gazoo', method: 'password' as const }],
        })),
    ];
    for (const way of ways) {
      const one = await newCase();
      await approveBy(one.number);
      await approveBy(one.number, B);
      ahead += 24 * HOUR_MS + 1;
      await way((await storage.accounts.find(one.id)) ?? (undefined as never));
      await change(one.id, one.number);
      expect(await stateOf(one.id, one.number)).toMatchObject({ ended: { how: 'overtaken' } });
      expect((await storage.accounts.find(one.id))?.email_canonical).toBe(`${one.id}@example.jp`);
      expect(ended).not.toContain(one.id);
      expect(await mailsTo(`new-${one.id}@example.net`, 'lost-mailbox-ended')).toBe(1);
    }
    // The same before the second approval.
    const wrong = await newCase({ profile: { ...sampleAccount('x').profile, birthdate: '1960-01-03' } });
    expect(await approveBy(wrong.number)).toEqual({ problem: 'birthdate' });
  });

  test('S180 the process dies at each write of the change: the next attempt completes it, and a third one changes nothing', async () => {
    let deaths = 0;
    for (let writes = 0; writes < MOST_WRITES; writes += everyWrite) {
      const { id, number } = await newCase();
      await approveBy(number);
      await approveBy(number, B);
      ahead += 24 * HOUR_MS + 1;
      const dying = dyingAfter(storage, writes);
      await change(id, number, dying.storage).catch(() => undefined);
      ended = [];
      await change(id, number);
      await change(id, number);
      expect((await storage.accounts.findByEmail(`new-${id}@example.net`))?.id).toBe(id);
      expect(await storage.accounts.findByEmail(`${id}@example.jp`)).toBeUndefined();
      expect(ended).toContain(id);
      expect(await eventsOf(id, 'lost_mailbox_changed')).toBe(1);
      expect(await mailsTo(`new-${id}@example.net`, 'lost-mailbox-changed')).toBe(1);
      expect(await mailsTo(`${id}@Example.jp`, 'email-changed-undo')).toBe(1);
      if (!dying.died()) break;
      deaths += 1;
    }
    expect(deaths).toBeGreaterThan(0);
    expect(deaths).toBeLessThan(MOST_WRITES);
  });

  test('S180 the process dies at each write of the look-up and of the second approval: everything is told once', async () => {
    for (let writes = 0; writes < MOST_WRITES; writes += everyWrite) {
      const { id, number } = await newCase();
      await approveBy(number);
      const dying = dyingAfter(storage, writes);
      await approve(processOn(dying.storage), await caseOf(number), B as never).catch(() => undefined);
      const again = await approveBy(number, B);
      expect([undefined, 'approved']).toContain(again.problem);
      expect((await stateOf(id, number))?.approved_by).toEqual(['a.tanaka', 'b.suzuki']);
      expect(await mailsTo(`${id}@Example.jp`, 'lost-mailbox-waiting')).toBe(1);
      expect(await mailsTo(`${id}@Example.jp`, 'lost-mailbox-asked')).toBe(1);
      expect(await eventsOf(id, 'lost_mailbox_approved')).toBe(2);
      expect(await storage.jobs.find(`change-lost-mailbox:${number}:b.suzuki`)).toMatchObject({ state: 'waiting' });
      if (!dying.died()) return;
    }
    throw new Error(`more than ${MOST_WRITES} writes`);
  });
}

describe('on SQLite', () => declare(() => undefined, 1));
describeOnMongo((database) => declare(() => database.url(), figure(1, 4)));
