// A mobile number moves from one ID to another: processes that die, races, late proofs; limits under parallel requests; the login switched off.
// On both databases. docs/attacks.md, S160, S162, S163 and S165.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { askForNumber, createMoveLoginNumber, switchOff, switchOn } from '../../src/account/mobile-number/flow.ts';
import { createSmsLimits } from '../../src/authentication/one-time-code/sms-limits.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Account } from '../../src/domain/account.ts';
import { PageError } from '../../src/http/page-error.ts';
import { createJobQueue, type AccountChange, type ProvenNumber } from '../../src/jobs/job-queue.ts';
import { createTellAccountChange } from '../../src/jobs/tell-account-change.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { guardRecords } from '../../src/storage/records.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { eventAbout, sampleAccount } from '../storage/conformance/samples.ts';
import { createBrowser, headingOf, mainOf } from '../support/http-browser.ts';
import { startIdInProcess } from '../support/id-in-process.ts';
import { ledgerOf } from '../support/ledger-of.ts';
import { dyingAfter } from './support/dying-storage.ts';
import { e164, freshNumber } from './support/mobile-number.ts';
import { describeOnMongo } from './support/mongo-database.ts';
import { noEmit } from '../support/no-emit.ts';

jest.setTimeout(120_000);

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MINUTE = 60_000;
/** More writes than a move has. */
const MOST_WRITES = 20;
const JOB = [{} as never, new AbortController().signal] as const;

function declare(databaseUrl: () => string | undefined): void {
  let directory: string;
  let config: Config;
  let storage: Storage;
  let ahead = 0;
  const clock = (): number => Date.now() + ahead;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'numbers-'));
    const url = databaseUrl();
    const env = { DATA_DIRECTORY: join(directory, 'data'), ...(url !== undefined && { DATABASE_URL: url }) };
    config = loadConfig({ directory: ROOT, apps: ['id'], env });
    storage = await openStorage(config.databaseUrl, clock, createLog('common-id', 'silent'), config.keys.ledger);
  });
  afterAll(async () => {
    await storage?.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** A process on this storage. */
  function processOn(on: Storage) {
    const records = guardRecords(on, clock);
    return { config, storage: records, clock, jobs: createJobQueue(records.jobs, clock), emit: noEmit };
  }

  async function newAccount(changes: Partial<Account>): Promise<Account> {
    const id = randomUUID();
    await storage.accounts.create(sampleAccount(id, changes), eventAbout(id));
    return now(id);
  }
  const withNumber = (phone: string): Promise<Account> =>
    newAccount({ phone_canonical: phone, phone_proven_at: clock() - MINUTE, phone_used_at: clock() - MINUTE });
  const asking = (phone: string): Promise<Account> => newAccount({ phone_change: { phone_canonical: phone, asked_at: clock() } });

  async function now(id: string): Promise<Account> {
    const account = await storage.accounts.find(id);
    if (!account) throw new Error(`${id} is gone`);
    return account;
  }

  /** Runs the jobs of moves and of mails about changes, a while after the presses. */
  async function runJobs(): Promise<void> {
    ahead += 2 * MINUTE;
    const deps = processOn(storage);
    const handlers = { move_login_number: createMoveLoginNumber(deps), tell_account_change: createTellAccountChange(deps) };
    for (const { key, lease = '', payload } of await storage.jobs.lease(1000, MINUTE, 'move_login_number')) {
      await handlers.move_login_number.run(payload as ProvenNumber, ...JOB);
      await storage.jobs.complete(key, lease);
    }
    for (const { key, lease = '', payload } of await storage.jobs.lease(1000, MINUTE, 'tell_account_change')) {
      await handlers.tell_account_change.run(payload as AccountChange, ...JOB);
      await storage.jobs.complete(key, lease);
    }
  }

  const eventsOf = async (...ids: string[]): Promise<string[]> =>
    (await ledgerOf(storage))
      .filter(({ subject, type }) => ids.includes(subject) && type.startsWith('account.login_number'))
      .map(({ type }) => type.replace('account.login_number_', ''));
  const count = (all: string[], wanted: string): number => all.filter((one) => one === wanted).length;

  /** How many mails of a kind were queued for an account. */
  async function mailsTo(account: Account, template: string): Promise<number> {
    const keys = (await now(account.id)).mails_owed?.map(({ change }) => `mail:${template}:${change}`) ?? [];
    return (await Promise.all(keys.map(async (key) => storage.jobs.find(key)))).filter(Boolean).length;
  }

  test('S162 the process dies at each write of a move: one of the two has the number, each is told once, and a press again completes it', async () => {
    const outcomes: string[] = [];
    for (let writes = 0; writes < MOST_WRITES; writes += 1) {
      const phone = e164(freshNumber());
      const [owner, taker] = [await withNumber(phone), await asking(phone)];
      const dying = dyingAfter(storage, writes);
      await switchOn(processOn(dying.storage), taker, phone).catch(() => undefined);
      await runJobs();
      const holders = [await now(owner.id), await now(taker.id)].filter(({ phone_canonical: has }) => has === phone);
      expect([writes, holders.length]).toEqual([writes, 1]);
      outcomes.push(holders[0]?.id === taker.id ? 'moved' : 'as before');
      if (holders[0]?.id === owner.id) await switchOn(processOn(storage), await now(taker.id), phone);
      expect((await storage.accounts.findByPhone(phone))?.id).toBe(taker.id);
      expect(await now(taker.id)).not.toHaveProperty('phone_change');
      expect(await now(owner.id)).not.toHaveProperty('phone_proven_at');
      expect(await eventsOf(owner.id)).toEqual(['moved']);
      expect(count(await eventsOf(taker.id), 'on')).toBe(1);
      expect([await mailsTo(owner, 'login-number-moved'), await mailsTo(taker, 'login-number-on')]).toEqual([1, 1]);
      if (!dying.died()) break;
    }
    // From the proof on, the move is completed.
    expect(outcomes.toSorted()).toEqual(outcomes);
    expect(new Set(outcomes)).toEqual(new Set(['as before', 'moved']));
    expect(outcomes.length).toBeLessThan(MOST_WRITES);
  });

  test('S162 several people prove one number at once: one of them has it, and every loss has its event', async () => {
    const phone = e164(freshNumber());
    const owner = await withNumber(phone);
    const takers = await Promise.all(Array.from({ length: 5 }, async () => asking(phone)));
    await Promise.all(takers.map(async (taker) => switchOn(processOn(storage), taker, phone).catch(() => undefined)));
    await runJobs();
    const all = await Promise.all([owner, ...takers].map(async ({ id }) => now(id)));
    const holders = all.filter(({ phone_canonical: has }) => has === phone);
    expect(holders).toHaveLength(1);
    expect((await storage.accounts.findByPhone(phone))?.id).toBe(holders[0]?.id);
    expect(all.filter(({ phone_change: change }) => change !== undefined)).toEqual([]);
    const events = await eventsOf(...all.map(({ id }) => id));
    expect(count(events, 'moved')).toBe(count(events, 'on'));
    expect(count(await eventsOf(owner.id), 'moved')).toBe(1);
  });

  test('S162 a proof whose process died is completed after another person proved the number: the later proof keeps it', async () => {
    const phone = e164(freshNumber());
    const owner = await withNumber(phone);
    const [first, second] = [await asking(phone), await asking(phone)];
    // The process dies after the proof.
    for (let writes = 3; (await now(first.id)).phone_change?.proven_at === undefined; writes += 1)
      await switchOn(processOn(dyingAfter(storage, writes).storage), await now(first.id), phone).catch(() => undefined);
    ahead += 1000;
    expect(await switchOn(processOn(storage), second, phone)).toMatchObject({ phone_canonical: phone });
    await runJobs();
    expect((await storage.accounts.findByPhone(phone))?.id).toBe(second.id);
    expect(await now(first.id)).not.toHaveProperty('phone_change');
    expect((await eventsOf(first.id)).at(-1)).toBe('given_up');
    expect(await eventsOf(owner.id)).toEqual(['moved']);
  });

  test('S160 the owner set a new password after the page was opened: no SMS, no number on, none off', async () => {
    const phone = e164(freshNumber());
    const [asked, on] = [await asking(phone), await withNumber(e164(freshNumber()))];
    for (const account of [asked, on])
      await storage.accounts.update({ ...account, sign_ins_ended_at: clock() }, eventAbout(account.id));
    const deps = processOn(storage);
    expect(await askForNumber(deps, asked, phone, { again: true })).toBe(false);
    expect(await switchOn(deps, asked, phone)).toBeUndefined();
    expect(await switchOff(deps, on)).toBe(false);
    // Also for a number that another ID has.
    const other = await withNumber(phone);
    expect(await switchOn(deps, asked, phone)).toBeUndefined();
    expect(await Promise.all([other, on].map(async ({ id }) => (await now(id)).phone_canonical))).toEqual([
      phone,
      on.phone_canonical,
    ]);
    expect(await eventsOf(asked.id, on.id, other.id)).toEqual([]);
    expect(await storage.emailCodes.find(`login-number:${asked.id}`)).toBeUndefined();
  });

  test('S163 many SMS at the same moment from everywhere: exactly the budget is spent, and networks with few requests keep their share', async () => {
    const refused: unknown[] = [];
    const figures = { ...config.rateLimits.smsCode, overallPerHour: 8, quietSharePercent: 25 };
    const limits = createSmsLimits({
      config: { ...config, rateLimits: { ...config.rateLimits, smsCode: figures } },
      storage: guardRecords(storage, clock),
      clock,
      emit: (_type, fields) => void refused.push(fields),
    });
    let places = 0;
    const ask = async (ip?: string, account: string = randomUUID()): Promise<boolean> => {
      places += 1;
      return limits.count(ip ?? `198.${18 + (places >> 8)}.${places & 255}.1`, account, e164(freshNumber())).then(
        () => true,
        (error: unknown) => {
          expect(error).toBeInstanceOf(PageError);
          return false;
        },
      );
    };
    expect((await Promise.all(Array.from({ length: 20 }, async () => ask()))).filter(Boolean)).toHaveLength(8);
    expect(refused).toEqual(Array.from({ length: 12 }, () => ({ template: 'login-number-code', outcome: 'refused' })));
    expect(await ask()).toBe(false);
    ahead += 61 * MINUTE;
    // A busy network may use three quarters.
    const busy: boolean[] = [];
    for (let n = 1; n <= 8; n += 1) busy.push(await ask(`203.0.113.${n}`));
    expect(busy).toEqual([true, true, true, true, true, true, false, false]);
    expect([await ask(), await ask(), await ask()]).toEqual([true, true, false]);
    // One account, with its limit of the day.
    ahead += 25 * 60 * MINUTE;
    const account = randomUUID();
    const mine: boolean[] = [];
    for (let n = 0; n < 6; n += 1) mine.push(await ask(undefined, account));
    expect(mine).toEqual([true, true, true, true, true, false]);
  });
}

describe('on SQLite', () => declare(() => undefined));
describeOnMongo((database) => declare(() => database.url()));

test('S165 without SMS_URL: no page, and a number is an unknown ID; the words name the address alone', async () => {
  const id = await startIdInProcess({
    nodes: [({ sms: _off, ...config }) => config],
  });
  try {
    const number = '090-1234-9999';
    const sato = await id.storage.accounts.findByEmail('sato@example.jp');
    await id.storage.accounts.change(sato?.id ?? '', (standing) => ({
      to: { ...standing, phone_canonical: e164(number), phone_used_at: Date.now() },
      type: 'account.login_number_on',
    }));
    const browser = createBrowser();
    const login = `${id.issuer}/account`;
    await browser.open(login);
    expect(mainOf(browser.page)).toContain('ID（メールアドレス）');
    expect(mainOf(browser.page)).not.toContain('携帯電話番号');
    await browser.submit('/login', { login_id: number, password: 'Common-2026' });
    expect([browser.page.status, mainOf(browser.page).includes('IDまたはパスワードが違います')]).toEqual([422, true]);
    await browser.submit('/login', { login_id: 'sato@example.jp', password: 'Common-2026' });
    expect(headingOf(browser.page)).toBe('マイページ');
    expect(browser.page.text).not.toContain('/account/mobile-number');
    expect((await browser.open(`${id.issuer}/account/profile`)).text).not.toContain('/account/mobile-number');
    for (const path of ['', '/code']) expect((await browser.open(`${id.issuer}/account/mobile-number${path}`)).status).toBe(404);
    // A password is reset by mail alone, with or without SMS.
    await browser.open(`${id.issuer}/password/forgotten`);
    await browser.submit('/password/forgotten', { email: number });
    expect([browser.page.status, mainOf(browser.page).includes('パスワードの再設定は、メールアドレスで行います')]).toEqual([
      422,
      true,
    ]);
  } finally {
    await id.close();
  }
});
