// Attacks on the codes of a second factor, and on the removal of a lost one, by two processes on one database; on both databases:
// docs/attacks.md, S166, S167, S169 and S173.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecondFactorCheck, type CheckedFactor } from '../../src/authentication/totp/check-second-factor.ts';
import {
  createRemoveSecondFactor,
  lostCodeSlot,
  mailLostCode,
  proveLoss,
  stopWaitingRemoval,
} from '../../src/authentication/totp/lost-second-factor.ts';
import {
  beginSetup,
  confirmSetup,
  removeSecondFactor,
  renewRecoveryCodes,
  takeNewCodes,
} from '../../src/authentication/totp/second-factor-of-account.ts';
import { makeSecretKeys } from '../../src/config/settings/secret-keys.ts';
import type { Deps } from '../../src/deps.ts';
import type { Account } from '../../src/domain/account.ts';
import { propertyOf } from '../../src/property-of.ts';
import { REMOVAL_WAITS_MS } from '../../src/domain/second-factor.ts';
import { PageError } from '../../src/http/page-error.ts';
import { createJobQueue } from '../../src/jobs/job-queue.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { guardRecords } from '../../src/storage/records.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { eventAbout, sampleAccount } from '../storage/conformance/samples.ts';
import { ledgerOf } from '../support/ledger-of.ts';
import { describeInFull } from './support/describe-in-full.ts';
import { describeOnMongo } from './support/mongo-database.ts';
import { appOf, type App } from './support/second-factor.ts';
import { noEmit } from '../support/no-emit.ts';

jest.setTimeout(60_000);

const STEP_MS = 30_000;
const BROWSER = 'browser';
const BIRTHDATE = '1964-03-21';
const folder = mkdtempSync(join(tmpdir(), 'second-factor-'));
let files = 0;
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

describe('on SQLite', () => {
  const newFile = (): string => {
    files += 1;
    return `sqlite:${join(folder, `${files}.sqlite`)}`;
  };
  codes(newFile);
  races(newFile);
});
describeInFull(() => {
  describeOnMongo(({ url, renew }) => {
    beforeEach(renew);
    races(url);
  });
});

/** A database with the account a, whose second factor is on, and an account b, for each test. */
function useAccounts(urlOf: () => string) {
  const clock = { now: 0 };
  /** Two processes on one database. */
  const nodes: Deps[] = [];
  const noted: string[] = [];
  const sent: { template: string; values: object }[] = [];
  const held: { app?: App; recovery?: string[] | undefined } = {};
  let storages: Storage[];
  beforeEach(async () => {
    clock.now = Date.UTC(2026, 10, 1);
    noted.length = 0;
    const url = urlOf();
    storages = [];
    for (const _ of [1, 2]) storages.push(await openStorage(url, () => clock.now));
    const made = storages.map((storage) => {
      const config = {
        issuer: 'https://id.example',
        keys: makeSecretKeys({ hmac: 'k'.repeat(32), subject: undefined, ledger: undefined }),
        rateLimits: {
          login: { failuresPerAccount: 10, failuresPerAddress: 1000, failuresPerNetwork: 1000, windowSeconds: 900 },
          emailCode: { shortTriesPerMailboxPerDay: 50 },
        },
      };
      const queue = createJobQueue(storage.jobs, () => clock.now);
      const enqueue: typeof queue.enqueue = async (kind, key, payload, options) => {
        if ('template' in payload) sent.push(payload);
        return queue.enqueue(kind, key, payload, options);
      };
      const jobs = { ...queue, enqueue };
      const failures = { failedSignIns: { note: (_id: string, { method }: { method: string }) => noted.push(method) } };
      const rest = { clock: () => clock.now, regionOf: () => undefined, emit: noEmit, log: { warn: () => undefined } };
      return { storage: guardRecords(storage, () => clock.now), jobs, config, ...failures, ...rest } as unknown as Deps;
    });
    nodes.splice(0, nodes.length, ...made);
    for (const id of ['a', 'b'])
      await storages[0]?.accounts.create(sampleAccount(id, { profile: { birthdate: BIRTHDATE } }), eventAbout(id));
    held.app = appOf(await beginSetup(node(), { accountId: 'a', browserId: BROWSER }));
    await confirmSetup(node(), await account(), BROWSER, held.app.code(clock.now));
    held.recovery = await takeNewCodes(node(), { accountId: 'a', browserId: BROWSER });
    clock.now += 2 * STEP_MS;
  });
  afterEach(async () => {
    await Promise.all(storages.map(async (storage) => storage.close()));
  });

  const node = (index = 0): Deps => nodes[index] as Deps;
  const account = async (id = 'a'): Promise<Account> => (await node().storage.accounts.find(id)) as Account;
  const code = (steps = 0): string => (held.app as App).code(clock.now + steps * STEP_MS);
  const recovery = (): string[] => held.recovery ?? [];
  const check = async (typed: string, kind: 'app' | 'recovery' = 'app', at = node(), id = 'a'): Promise<CheckedFactor> =>
    createSecondFactorCheck(at).check(id, kind, typed, { ip: '192.0.2.1', userAgent: '' });
  const passes = async (...typed: Parameters<typeof check>): Promise<boolean> => (await check(...typed)).account !== undefined;
  const events = async (type: string): Promise<number> => {
    const all = await ledgerOf(node().storage);
    return all.filter((entry) => entry.type === type).length;
  };
  const mailsOwed = async (): Promise<string[]> =>
    (await account()).mails_owed?.flatMap(({ mails }) => mails.map(({ template }) => template)) ?? [];

  /** Asks for the removal with the code of the mail. */
  async function loses(at = node(), changes: { birthdate?: string } = {}): Promise<string | undefined> {
    const owner = await account();
    await mailLostCode(at, owner, BROWSER);
    const mail = sent.findLast(({ template }) => template === 'second-factor-lost-code');
    const mailed = String(propertyOf(mail?.values, 'code'));
    return (await proveLoss(at, owner, BROWSER, { birthdate: BIRTHDATE, ...changes, code: mailed }))?.problem;
  }

  return { clock, noted, node, account, code, recovery, check, passes, events, mailsOwed, loses };
}

function codes(urlOf: () => string): void {
  const { clock, noted, account, node, code, recovery, check, passes, mailsOwed } = useAccounts(urlOf);

  test('S166 codes of now and of the steps beside it count, in any spelling, and never one before the newest that was used', async () => {
    for (const steps of [-2, 2, -3, 20]) expect([steps, await passes(code(steps))]).toEqual([steps, false]);
    expect(await passes(code(-1))).toBe(true);
    expect(await passes(code(-1))).toBe(false);
    const next = code(1);
    expect(
      await passes(
        `${next.slice(0, 3)} ${next.slice(3).replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))}`,
      ),
    ).toBe(true);
    expect(await passes(code(0))).toBe(false);
    for (const [typed, problem] of [
      ['', 'missing'],
      ['12345', 'syntax'],
      ['1234567', 'syntax'],
      ['１２３４5x', 'syntax'],
      ['9'.repeat(100_000), 'syntax'],
    ] as const)
      expect(await check(typed)).toEqual({ problem });
    // Of another account, which has no second factor.
    clock.now += 4 * STEP_MS;
    expect(await passes(code(), 'app', node(), 'b')).toBe(false);
    expect(noted.every((method) => method === 'password_otp')).toBe(true);
  });

  test('S166 the first code of a setup: without a setup in this browser, empty, misspelt or wrong, each is told, and none switches it on', async () => {
    const place = { accountId: 'b', browserId: BROWSER };
    const owner = await account('b');
    const problem = async (typed: string): Promise<string | undefined> => {
      const confirmed = await confirmSetup(node(), owner, BROWSER, typed);
      return 'problem' in confirmed ? confirmed.problem : undefined;
    };
    expect(await problem('123456')).toBe('over');
    const app = appOf(await beginSetup(node(), place));
    for (const [typed, expected] of [
      [' ', 'missing'],
      ['12345', 'syntax'],
      ['１２３４5x', 'syntax'],
      [app.code(clock.now + 20 * STEP_MS), 'wrong'],
    ] as const)
      expect([typed, await problem(typed)]).toEqual([typed, expected]);
    expect((await account('b')).second_factor).toBeUndefined();
    expect(await problem(app.code(clock.now))).toBeUndefined();
    expect((await account('b')).second_factor).toBeDefined();
  });

  test('S167 a recovery code of another setup or account, and a code that is none: refused', async () => {
    const [first = '', second = ''] = recovery();
    expect(new Set(recovery()).size).toBe(10);
    expect(await passes(first, 'recovery', node(), 'b')).toBe(false);
    expect(await check('0000-0000-0000', 'recovery')).toEqual({ problem: 'syntax' });
    expect(await passes(` ${first.toLowerCase().replaceAll('-', ' ')} `, 'recovery')).toBe(true);
    await removeSecondFactor(node(), await account());
    expect(await passes(second, 'recovery')).toBe(false);
    const app = appOf(await beginSetup(node(), { accountId: 'a', browserId: BROWSER }));
    await confirmSetup(node(), await account(), BROWSER, app.code(clock.now));
    clock.now += 2 * STEP_MS;
    // The codes of the earlier setup, the app among them, are those of nobody.
    expect([await passes(second, 'recovery'), await passes(code()), await passes(app.code(clock.now))]).toEqual([
      false,
      false,
      true,
    ]);
  });

  test('S169 wrong codes: ten, then pauses that grow, also for the right code and for recovery codes; a right one forgets them', async () => {
    const refused = async (typed: string, kind?: 'recovery'): Promise<boolean> =>
      check(typed, kind).then(
        () => false,
        (error: unknown) => error instanceof PageError && error.code === 'too_many_requests',
      );
    const outcomes: boolean[] = [];
    for (let n = 0; n < 12; n += 1) outcomes.push(await refused('000000'));
    expect(outcomes).toEqual([...Array.from({ length: 10 }, () => false), true, true]);
    expect([await refused(code()), await refused(recovery()[0] ?? '', 'recovery')]).toEqual([true, true]);
    // A day of guesses has fewer than the hundred of NIST SP 800-63B, section 5.2.2.
    let guesses = 10;
    for (const end = clock.now + 24 * 60 * 60_000; clock.now < end; clock.now += 60_000)
      if (!(await refused('000000'))) guesses += 1;
    expect(guesses).toBeLessThan(100);
    clock.now += 31 * 60_000;
    expect(await passes(code())).toBe(true);
    clock.now += 2 * STEP_MS;
    expect([await refused('000000'), await passes(code())]).toEqual([false, true]);
    expect(await mailsOwed()).toEqual(['second-factor-added']);
  });
}

function races(urlOf: () => string): void {
  const { clock, node, account, code, recovery, passes, events, mailsOwed, loses } = useAccounts(urlOf);

  test('S166 one code in parallel, on two nodes: one of them signs in, and one event is written', async () => {
    const typed = code();
    const found = await Promise.all(Array.from({ length: 8 }, async (_, n) => passes(typed, 'app', node(n % 2))));
    expect(found.filter(Boolean)).toHaveLength(1);
    expect(await events('account.second_factor_used')).toBe(1);
  });

  test('S167 one recovery code in parallel, on two nodes: one of them signs in; renewed at the same moment, the earlier codes are gone', async () => {
    const [first = '', second = '', third = ''] = recovery();
    const found = await Promise.all([0, 1, 0, 1].map(async (n) => passes(first, 'recovery', node(n))));
    expect(found.filter(Boolean)).toHaveLength(1);
    // Two different ones at once: none is lost.
    expect(await Promise.all([passes(second, 'recovery', node(0)), passes(third, 'recovery', node(1))])).toEqual([true, true]);
    expect((await account()).second_factor?.recovery_codes).toHaveLength(7);
    expect((await mailsOwed()).filter((template) => template === 'recovery-code-used')).toHaveLength(3);
    const read = await account();
    await Promise.all([0, 1].map(async (n) => renewRecoveryCodes(node(n), read, `other ${n}`)));
    const sets = await Promise.all([0, 1].map(async (n) => takeNewCodes(node(n), { accountId: 'a', browserId: `other ${n}` })));
    const counts = await Promise.all(sets.map(async (set) => passes(set?.[0] ?? '', 'recovery')));
    expect(counts.filter(Boolean)).toHaveLength(1);
    expect(await takeNewCodes(node(), { accountId: 'a', browserId: 'other 0' })).toBeUndefined();
  });

  test('S167 two tabs confirm two setups at the same moment: one of them is on, with one event and one mail', async () => {
    const before = await events('account.second_factor_added');
    const apps = await Promise.all(
      [0, 1].map(async (n) => appOf(await beginSetup(node(n), { accountId: 'b', browserId: `tab ${n}` }))),
    );
    const read = await account('b');
    const done = await Promise.all(apps.map(async (app, n) => confirmSetup(node(n), read, `tab ${n}`, app.code(clock.now))));
    expect(done.filter((one) => one.account !== undefined)).toHaveLength(1);
    expect(await events('account.second_factor_added')).toBe(before + 1);
    // A double press of one tab is one setup.
    const one = apps[done.findIndex(({ account: found }) => found !== undefined)];
    expect(one).toBeDefined();
  });

  test('S173 the removal runs early, twice, on two nodes, and after it was stopped: it happens once, when it is due, or never', async () => {
    expect(await loses(node(), { birthdate: '1901-01-01' })).toBe('lost_wrong');
    expect(await loses()).toBeUndefined();
    const { second_factor: factor } = await account();
    const lost = { account_id: 'a', removal: factor?.removal?.stop_sha256 ?? '' };
    const run = async (n = 0): Promise<unknown> =>
      createRemoveSecondFactor(node(n))
        .run(lost, {} as never, new AbortController().signal)
        .catch((error: unknown) => (error as Error).name);
    expect(await run()).toBe('PostponeJob');
    // Asking again does not make it sooner or later.
    expect(await loses(node(1))).toBeUndefined();
    expect((await account()).second_factor?.removal).toEqual(factor?.removal);
    // At the last moment the owner stops it, once.
    clock.now += REMOVAL_WAITS_MS - 1;
    const read = await account();
    const stopped = await Promise.all([0, 1].map(async (n) => stopWaitingRemoval(node(n), read)));
    expect(stopped.filter(Boolean)).toHaveLength(1);
    clock.now += 2;
    await run();
    expect((await account()).second_factor).toBeDefined();

    expect(await loses()).toBeUndefined();
    lost.removal = (await account()).second_factor?.removal?.stop_sha256 ?? '';
    clock.now += REMOVAL_WAITS_MS;
    await Promise.all([run(0), run(1)]);
    expect([(await account()).second_factor, await events('account.second_factor_lost')]).toEqual([undefined, 1]);
  });

  test('S173 the birth date is guessed with the mailed code: five tries a day, and no code of another browser', async () => {
    const problems: (string | undefined)[] = [];
    for (let n = 0; n < 6; n += 1) problems.push(await loses(node(n % 2), { birthdate: `19${50 + n}-01-01` }));
    expect(problems).toEqual(['lost_wrong', 'lost_wrong', 'lost_wrong', 'lost_wrong', 'lost_over', 'lost_over']);
    expect(await loses()).toBe('lost_over');
    expect(lostCodeSlot(await account(), 'one').id).not.toBe(lostCodeSlot(await account(), 'another').id);
    clock.now += 24 * 60 * 60_000;
    expect(await loses()).toBeUndefined();
  });
}
