// The process dies at each write of a withdrawal and of an erasure (退会); another one completes it. design/account.md, chapter 5.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEraseAccount } from '../../src/account/withdrawal/erase.ts';
import { createEndAccount, withdraw } from '../../src/account/withdrawal/flow.ts';
import { loadConfig } from '../../src/config/load.ts';
import { GAZOO_DEVELOPMENT_SECRET } from '../../src/config/settings/settings.ts';
import type { Deps } from '../../src/deps.ts';
import type { Account } from '../../src/domain/account.ts';
import { takeWithdrawalBack } from '../../src/domain/withdrawal.ts';
import { createDealerBreaker } from '../../src/jobs/dealer-breaker.ts';
import { createJobQueue, type JobQueue, type WithdrawnAccount } from '../../src/jobs/job-queue.ts';
import { PostponeJob } from '../../src/jobs/runner.ts';
import { createWithdrawErasedLink } from '../../src/jobs/withdraw-dealer-link.ts';
import { makeMissingKeys } from '../../src/keys/keys.ts';
import { createAccountAccess } from '../../src/oidc/sessions/account-access.ts';
import { createSharedDeps } from '../../src/start/create-deps.ts';
import { createLiveCommonId, type LiveCommonId } from '../../src/start/live-common-id.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { guardRecords } from '../../src/storage/records.ts';
import { StorageUnavailable, type Job, type Storage } from '../../src/storage/storage.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { eventAbout, sampleAccount, sampleDealerLink, sampleMigration } from '../storage/conformance/samples.ts';
import { ledgerOf } from '../support/ledger-of.ts';
import { dyingAfter } from './support/dying-storage.ts';
import { describeOnMongo } from './support/mongo-database.ts';

jest.setTimeout(120_000);

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** More writes than a withdrawal or an erasure has. */
const MOST_WRITES = 40;

function declare(databaseUrl: () => string | undefined): void {
  let directory: string;
  let storage: Storage;
  let live: LiveCommonId;
  let ahead = 0;
  const clock = (): number => Date.now() + ahead;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'withdrawal-'));
    const url = databaseUrl();
    const env = {
      ISSUER: 'http://127.0.0.1:18',
      DEALER_SYSTEM_URL: 'http://127.0.0.1:19',
      SMTP_URL: 'smtp://127.0.0.1:20',
      DATA_DIRECTORY: join(directory, 'data'),
      GAZOO_CLIENT_SECRET: GAZOO_DEVELOPMENT_SECRET,
      ...(url !== undefined && { DATABASE_URL: url }),
    };
    const config = loadConfig({ directory: ROOT, apps: ['id'], env });
    const log = createLog('common-id', 'silent');
    const shared = await createSharedDeps(config, clock, log, async (...which) => {
      storage = await openStorage(...which);
      return storage;
    });
    await makeMissingKeys(config.keyDirectory, clock());
    live = await createLiveCommonId(config, () => config, shared, clock, log);
  });
  afterAll(async () => {
    await storage?.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** The dependencies of another process, on this storage. */
  function processOn(on: Storage) {
    const records = guardRecords(on, clock);
    const deps: Deps = { ...live.current(), storage: records, jobs: createJobQueue(records.jobs, clock) };
    return { deps, access: createAccountAccess(live.provider(), deps) };
  }

  /** An ID with a session, a grant, a refresh token, a dealer link and two migrations. */
  async function newAccount(changes: Partial<Account> = {}): Promise<string> {
    const id = randomUUID();
    const end = clock() + 400 * DAY_MS;
    await storage.accounts.create(sampleAccount(id, changes), eventAbout(id));
    await storage.artifacts.save('Session', `s-${id}`, { accountId: id, uid: `u-${id}`, authorizations: {} }, end);
    await storage.artifacts.save('Grant', `g-${id}`, { accountId: id, clientId: 'gazoo', iat: 1 }, end);
    await storage.artifacts.save('RefreshToken', `r-${id}`, { accountId: id, grantId: `g-${id}` }, end);
    await storage.dealerLinks.create(sampleDealerLink(`l-${id}`, { account_id: id, status: 'active' }), eventAbout(`l-${id}`));
    await storage.migrations.put(
      sampleMigration(`m-${id}`, { account_id: id, completed_at: 1, completion: 'c' }),
      eventAbout(id),
    );
    const candidate = { account_id: id, code_challenge: `x-${id}`, at: 1, email: `typed.${id}@example.jp` };
    await storage.migrations.put(sampleMigration(`n-${id}`, { candidate }), eventAbout(id));
    return id;
  }

  const accountOf = async (id: string): Promise<Account> => (await storage.accounts.find(id)) as Account;

  /** Runs the jobs that are due, as the runner does; the dealer and the clients are told by others. */
  async function runJobs(on: Storage): Promise<void> {
    const { deps, access } = processOn(on);
    const handlers = { end_account: createEndAccount(deps, access), erase_account: createEraseAccount(deps, access) };
    for (const kind of ['withdraw_dealer_link', 'backchannel_logout', 'end_account', 'erase_account'] as const) {
      for (const job of await on.jobs.lease(1000, MINUTE_MS, kind)) {
        const { key, lease = '' } = job;
        try {
          if (kind === 'end_account' || kind === 'erase_account')
            await handlers[kind].run(job.payload as WithdrawnAccount, job, new AbortController().signal);
          await on.jobs.complete(key, lease);
        } catch (error) {
          if (!(error instanceof PostponeJob)) throw error;
          await on.jobs.retry(key, lease, error.at, error.message);
        }
      }
    }
  }

  const eventsOf = async (subject: string): Promise<string[]> =>
    (await ledgerOf(storage)).filter((entry) => entry.subject === subject).map(({ type }) => type);
  const count = (types: string[], wanted: string): number => types.filter((type) => type === wanted).length;

  async function expectAllOrNothing(id: string): Promise<'withdrawn' | 'as before'> {
    const account = await storage.accounts.find(id);
    const [session, grant, token] = await Promise.all(
      (
        [
          ['Session', 's'],
          ['Grant', 'g'],
          ['RefreshToken', 'r'],
        ] as const
      ).map(async ([model, prefix]) => storage.artifacts.find(model, `${prefix}-${id}`)),
    );
    const link = await storage.dealerLinks.find(`l-${id}`);
    const [final, candidate] = await Promise.all(
      [`m-${id}`, `n-${id}`].map(async (legacyId) => storage.migrations.find('owners-site', legacyId)),
    );
    const isWithdrawn = account?.withdrawal !== undefined;
    expect([session, grant, token].map((found) => found === undefined)).toEqual([isWithdrawn, isWithdrawn, isWithdrawn]);
    expect(link?.status).toBe(isWithdrawn ? 'withdrawn' : 'active');
    expect(final?.account_id).toBe(isWithdrawn ? undefined : id);
    expect(candidate?.candidate?.account_id).toBe(isWithdrawn ? undefined : id);
    if (isWithdrawn) expect([final, candidate]).toMatchObject([{ vehicles: [] }, { vehicles: [] }]);
    expect(count(await eventsOf(id), 'account.withdrawn')).toBe(isWithdrawn ? 1 : 0);
    return isWithdrawn ? 'withdrawn' : 'as before';
  }

  test('S157 the process dies at each write of a withdrawal: it is complete after the jobs, or nothing was done', async () => {
    const outcomes: string[] = [];
    for (let writes = 0; writes < MOST_WRITES; writes += 1) {
      const id = await newAccount();
      const dying = dyingAfter(storage, writes);
      const { deps, access } = processOn(dying.storage);
      await withdraw(deps, access, await accountOf(id)).catch(() => undefined);
      ahead += 2 * MINUTE_MS;
      await runJobs(storage);
      outcomes.push(await expectAllOrNothing(id));
      if (!dying.died()) break;
    }
    // Before the account was written nothing is done; from then on everything is.
    expect(outcomes.toSorted()).toEqual(outcomes);
    expect(new Set(outcomes)).toEqual(new Set(['as before', 'withdrawn']));
    expect(outcomes.length).toBeLessThan(MOST_WRITES);
  });

  test('S157 the process dies at each write of an erasure: the next attempt completes it, and a third one changes nothing', async () => {
    let deaths = 0;
    for (let writes = 0; writes < MOST_WRITES; writes += 1) {
      const id = await newAccount();
      const { deps, access } = processOn(storage);
      await withdraw(deps, access, await accountOf(id));
      const at = (await storage.accounts.find(id))?.withdrawal?.at ?? 0;
      // The dealer is told.
      await runJobs(storage);
      ahead += 15 * DAY_MS;
      const payload = { account_id: id, withdrawn_at: at };
      const erase = async (on: Storage): Promise<void> => {
        const here = processOn(on);
        await createEraseAccount(here.deps, here.access).run(payload, {} as Job, new AbortController().signal);
      };
      const dying = dyingAfter(storage, writes);
      await erase(dying.storage).catch(() => undefined);
      await erase(storage);
      await erase(storage);
      expect(await storage.accounts.find(id)).toBeUndefined();
      expect(await storage.accounts.findByEmail(`${id}@example.jp`)).toBeUndefined();
      expect(await storage.dealerLinks.listByAccount(id)).toEqual([]);
      expect(await storage.keptConsents.find(`l-${id}`)).toMatchObject({ version: 1 });
      expect(await storage.jobs.find(`mail:erased:${id}:${at}`)).toBeDefined();
      const events = await eventsOf(id);
      expect([count(events, 'account.erasure_began'), count(events, 'account.erased')]).toEqual([1, 1]);
      expect(count(await eventsOf(`l-${id}`), 'dealer_link.erased')).toBe(1);
      // The address is free.
      const next = sampleAccount(randomUUID(), { email_canonical: `${id}@example.jp` });
      await storage.accounts.create(next, eventAbout(next.id));
      if (!dying.died()) break;
      deaths += 1;
    }
    expect(deaths).toBeGreaterThan(3);
    expect(deaths).toBeLessThan(MOST_WRITES);
  });

  test('S157 the ID is erased at once by policy, and its job is seen before the withdrawal is written: it is erased all the same', async () => {
    const id = await newAccount();
    const { deps, access } = processOn(storage);
    const { config } = deps;
    const jobs: JobQueue = {
      ...deps.jobs,
      async enqueue(...job) {
        await deps.jobs.enqueue(...job);
        await runJobs(storage);
      },
    };
    const hasty = { ...deps, config: { ...config, withdrawal: { ...config.withdrawal, takenBackWithinDays: 0 } }, jobs };
    expect(await withdraw(hasty, access, await accountOf(id))).toBe(true);
    ahead += 2 * MINUTE_MS;
    await runJobs(storage);
    await runJobs(storage);
    expect(await storage.accounts.find(id)).toBeUndefined();
  });

  test('S157 a press that died before it wrote the withdrawal had written its job, and the next one ends later: the ID is erased then', async () => {
    // A change in this second: both presses get the same next second, which names the withdrawal.
    const id = await newAccount({ sign_ins_ended_at: clock() + 30 * MINUTE_MS });
    const dying = processOn(dyingAfter(storage, 1).storage);
    await expect(withdraw(dying.deps, dying.access, await accountOf(id))).rejects.toThrow(StorageUnavailable);
    ahead += 20 * MINUTE_MS;
    const { deps, access } = processOn(storage);
    await withdraw(deps, access, await accountOf(id));
    await runJobs(storage);
    ahead += 14 * DAY_MS - 10 * MINUTE_MS;
    await runJobs(storage);
    expect(await accountOf(id)).not.toHaveProperty('disabled_at');
    ahead += 20 * MINUTE_MS;
    await runJobs(storage);
    expect(await storage.accounts.find(id)).toBeUndefined();
  });

  test('S157 consents are kept for no time by policy: the erasure ends, and none stays', async () => {
    const id = await newAccount();
    const { deps, access } = processOn(storage);
    await withdraw(deps, access, await accountOf(id));
    const at = (await accountOf(id)).withdrawal?.at ?? 0;
    await runJobs(storage);
    ahead += 15 * DAY_MS;
    const config = { ...deps.config, withdrawal: { ...deps.config.withdrawal, consentKeptYears: 0 } };
    const job = createEraseAccount({ ...deps, config }, access);
    await job.run({ account_id: id, withdrawn_at: at }, {} as Job, new AbortController().signal);
    expect(await storage.accounts.find(id)).toBeUndefined();
    expect(await storage.keptConsents.find(`l-${id}`)).toBeUndefined();
  });

  test('S157 a thief changes the address and withdraws the ID: the owner’s address is told of the withdrawal and of the erasure, too', async () => {
    const before = { email: 'owner@example.jp', email_canonical: 'owner@example.jp', undo_sha256: 'x'.repeat(43) };
    const id = await newAccount({
      emails_before: [
        { ...before, email: 'older@example.jp', undo_until: clock() - 1 },
        { ...before, undo_until: clock() + DAY_MS },
      ],
    });
    const { deps, access } = processOn(storage);
    await withdraw(deps, access, await accountOf(id));
    const { mails_owed: owed = [], withdrawal, email } = await accountOf(id);
    expect(owed.at(-1)?.mails.map(({ to, template }) => [to, template])).toEqual([
      [email, 'withdrawn'],
      ['owner@example.jp', 'withdrawn'],
    ]);
    const { change = '' } = owed.at(-1) ?? {};
    for (const key of [`mail:withdrawn:${change}`, `mail:withdrawn:${change}:1`])
      expect([key, (await storage.jobs.find(key))?.state]).toEqual([key, 'waiting']);
    await runJobs(storage);
    ahead += 15 * DAY_MS;
    await runJobs(storage);
    expect(await storage.accounts.find(id)).toBeUndefined();
    const keys = ['', ':1', ':2'].map((end) => `mail:erased:${id}:${withdrawal?.at}${end}`);
    const found = await Promise.all(keys.map(async (key) => (await storage.jobs.find(key)) !== undefined));
    expect(found).toEqual([true, true, false]);
  });

  test('S157 an ID with a request for a lost mailbox is erased: what somebody typed about the person is gone, too', async () => {
    const number = `n-${randomUUID()}`;
    const one = { request: number, email: 'n@example.net', email_canonical: 'n@example.net', language: 'ja', asked_at: clock() };
    const state = { ...one, from_canonical: 'x@example.jp', stop_sha256: [], approved_by: [] };
    const id = await newAccount({ lost_mailbox: [state] });
    const { deps, access } = processOn(storage);
    await deps.storage.lostMailboxRequests.change(number, () => ({
      expires_at: clock() + 30 * DAY_MS,
      email: `${id}@example.jp`,
      email_canonical: `${id}@example.jp`,
      new_email: 'n@example.net',
      new_email_canonical: 'n@example.net',
      profile: { family_name: '田中' },
      language: 'ja',
      sent_at: clock(),
      account_id: id,
    }));
    await withdraw(deps, access, await accountOf(id));
    await runJobs(storage);
    expect(await storage.lostMailboxRequests.find(number)).toBeDefined();
    ahead += 15 * DAY_MS;
    await runJobs(storage);
    expect(await storage.accounts.find(id)).toBeUndefined();
    expect(await storage.lostMailboxRequests.find(number)).toBeUndefined();
  });

  test('S157 a dealer’s system was away until the job about the withdrawal failed: the dealer is told after the erasure', async () => {
    const id = await newAccount();
    const { deps, access } = processOn(storage);
    await withdraw(deps, access, await accountOf(id));
    for (const { key, lease = '' } of await storage.jobs.lease(1000, MINUTE_MS, 'withdraw_dealer_link'))
      await storage.jobs.bury(key, lease, 'the dealer’s system does not answer');
    ahead += 15 * DAY_MS;
    await runJobs(storage);
    expect(await storage.accounts.find(id)).toBeUndefined();
    expect(await storage.dealerLinks.find(`l-${id}`)).toBeUndefined();

    const called: string[] = [];
    const server = createServer((request, answer) => {
      called.push(`${request.method} ${request.url}`);
      answer.writeHead(called.length === 1 ? 503 : 204).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const resource = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const config = { ...deps.config, dealers: [{ ...deps.config.dealers[0], code: '23001', resource }] } as Deps['config'];
    const handler = createWithdrawErasedLink({ ...deps, config }, createDealerBreaker(deps));
    const [job] = await storage.jobs.lease(10, MINUTE_MS, 'withdraw_erased_link');
    const tell = async (): Promise<void> =>
      handler.run(job?.payload as Parameters<typeof handler.run>[0], job as Job, new AbortController().signal);
    await expect(tell()).rejects.toThrow('503');
    await tell();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(called).toEqual([`DELETE /customer-links/l-${id}`, `DELETE /customer-links/l-${id}`]);
  });

  test('S157 the withdrawal is taken back at the moment of the erasure: one of them wins, and the other changes nothing', async () => {
    const id = await newAccount();
    const { deps, access } = processOn(storage);
    await withdraw(deps, access, await accountOf(id));
    await runJobs(storage);
    const at = (await storage.accounts.find(id))?.withdrawal?.at ?? 0;
    const run = async (): Promise<void> =>
      createEraseAccount(deps, access).run({ account_id: id, withdrawn_at: at }, {} as Job, new AbortController().signal);
    // Too early, and for another withdrawal.
    await expect(run()).rejects.toThrow(PostponeJob);
    ahead += 15 * DAY_MS;
    await createEraseAccount(deps, access).run({ account_id: id, withdrawn_at: at - 1 }, {} as Job, new AbortController().signal);
    expect((await storage.accounts.find(id))?.withdrawal?.at).toBe(at);
    const taken = deps.storage.accounts.change(id, (standing) => ({
      to: takeWithdrawalBack(standing),
      type: 'account.withdrawal_taken_back',
    }));
    const [{ changed }] = await Promise.all([taken, run()]);
    expect((await storage.accounts.find(id)) !== undefined).toBe(changed);
    expect(count(await eventsOf(id), 'account.erased')).toBe(changed ? 0 : 1);
  });
}

describe('on SQLite', () => declare(() => undefined));
describeOnMongo((database) => declare(() => database.url()));
