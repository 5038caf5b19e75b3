// Operators change one ID at the same moment, and the process dies at each write. On both databases. design/operations.md, chapter 4.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { stillHolds } from '../../src/account/forgotten/flow.ts';
import { setPassword } from '../../src/authentication/password/set-password.ts';
import type { PasswordReset } from '../../src/domain/password-reset.ts';
import { createEraseAccount } from '../../src/account/withdrawal/erase.ts';
import { withdraw } from '../../src/account/withdrawal/flow.ts';
import type { Deps } from '../../src/deps.ts';
import { signInIsOver, type Account } from '../../src/domain/account.ts';
import type { OperatorAction } from '../../src/domain/operator-action.ts';
import { takeWithdrawalBack } from '../../src/domain/withdrawal.ts';
import { createJobQueue } from '../../src/jobs/job-queue.ts';
import { createTellAccountChange } from '../../src/jobs/tell-account-change.ts';
import type { AccountAccess } from '../../src/oidc/sessions/account-access.ts';
import { disable, enable, endSignIns, orderErasure } from '../../src/operations/change-account.ts';
import { stateOf } from '../../src/operations/account-state.ts';
import { findAccounts } from '../../src/operations/find-account.ts';
import { guardRecords } from '../../src/storage/records.ts';
import type { Job, Storage } from '../../src/storage/storage.ts';
import { sampleAccount } from '../storage/conformance/samples.ts';
import { ledgerOf } from '../support/ledger-of.ts';
import { dyingAfter } from './support/dying-storage.ts';
import { describeOnMongo } from './support/mongo-database.ts';
import { newAccount, openOwnStorage, type OwnStorage } from './support/own-storage.ts';

jest.setTimeout(120_000);

/** More writes than any of the changes has. */
const MOST_WRITES = 12;
const NO_SIGNAL = new AbortController().signal;
const [A, B] = ['a.tanaka', 'b.suzuki'].map((operator) => ({ operator, reason: 'ticket 1', from: 'the test' })) as [
  OperatorAction,
  OperatorAction,
];

const MIGRATION = { legacy_id: 'L-1234', version: 0, vehicles: [], completed_at: 1 };
const REQUEST = {
  email: '',
  email_canonical: '',
  new_email: '',
  new_email_canonical: '',
  profile: {},
  language: 'ja',
  sent_at: 1,
};

function declare(databaseUrl: () => string | undefined): void {
  let own: OwnStorage | undefined;
  let storage: Storage;
  let ahead = 0;
  const clock = (): number => Date.now() + ahead;

  beforeAll(async () => {
    own = await openOwnStorage(databaseUrl(), clock);
    ({ storage } = own);
  });
  afterAll(async () => own?.close());

  /** The dependencies of a process on this storage. */
  function processOn(on: Storage): Deps {
    const records = guardRecords(on, clock);
    const config = { issuer: 'https://id.example', withdrawal: { takenBackWithinDays: 14 } };
    return { storage: records, clock, jobs: createJobQueue(records.jobs, clock), config } as unknown as Deps;
  }
  const nothing = async (): Promise<void> => undefined;
  /** The accounts whose services were told. */
  const told: string[] = [];
  const access = {
    endSignIns: async (id: string) => void told.push(id),
    endTokens: nothing,
    endSessions: nothing,
    endAllServices: nothing,
  } as unknown as AccountAccess;

  const standing = async (id: string): Promise<Account> => (await storage.accounts.find(id)) ?? (undefined as never);
  const eventsOf = async (id: string): Promise<string[]> =>
    (await ledgerOf(storage)).filter(({ subject }) => subject === id).map(({ type }) => type);

  /** Sends what accounts owe. Returns how many mails of a kind the account got. */
  async function mailsOf(id: string, template: string): Promise<number> {
    const deps = processOn(storage);
    const { email } = sampleAccount(id, {});
    ahead += 2 * 60_000;
    for (const kind of ['tell_account_change', 'send_mail'] as const) {
      for (const job of await storage.jobs.lease(5000, 60_000, kind)) {
        if (kind === 'tell_account_change') await createTellAccountChange(deps).run(job.payload as never, job, NO_SIGNAL);
        await storage.jobs.complete(job.key, job.lease ?? '');
        const { to, template: sent } = job.payload as { to?: string; template?: string };
        seen.push(`${sent} ${to}`);
      }
    }
    return seen.filter((one) => one === `${template} ${email}`).length;
  }
  const seen: string[] = [];

  test('S190 two operators disable an ID at once, and one enables it meanwhile: each change is told once, and the state is that of the last', async () => {
    const id = await newAccount(storage);
    const both = await Promise.all([A, B].map(async (who) => disable(processOn(storage), access, id, who)));
    expect(both.filter(Boolean)).toHaveLength(1);
    const { disabled_at: at = 0 } = await standing(id);
    const signIn = { authTime: Math.floor(at / 1000), sessionUid: 's', endsWithSession: false };
    expect(signInIsOver(await standing(id), signIn)).toBe(true);
    const enabled = await Promise.all([A, B].map(async (who) => enable(processOn(storage), id, who)));
    expect(enabled.filter(Boolean)).toHaveLength(1);
    // What had begun before stays ended.
    expect(signInIsOver(await standing(id), signIn)).toBe(true);
    expect(await standing(id)).not.toHaveProperty('disabled_at');
    expect((await eventsOf(id)).slice(-2)).toEqual(['account.disabled', 'account.enabled']);
    expect([await mailsOf(id, 'id-disabled'), await mailsOf(id, 'id-enabled')]).toEqual([1, 1]);
  });

  test('S190 a reset was proven before the ID was disabled: it sets no password, also if both happen at the same moment', async () => {
    const id = await newAccount(storage);
    const reset = { email_canonical: (await standing(id)).email_canonical, started_at: clock() } as PasswordReset;
    const { password_hash: before } = await standing(id);
    await disable(processOn(storage), access, id, A);
    // The page read the account before that.
    const set = await setPassword(processOn(storage), id, 'new-hash', 'account.password_reset', (now) => stillHolds(reset, now));
    expect([set, (await standing(id)).password_hash]).toEqual([undefined, before]);
  });

  test('S191 a person is found by the whole address, number, legacy id, account id or number of a request, in any spelling, and by no part of it', async () => {
    const phone = '+819012345678';
    const id = await newAccount(storage, { phone_canonical: phone });
    const other = await newAccount(storage);
    const { email_canonical: address } = await standing(id);
    const { storage: records } = processOn(storage);
    for (const [clientId, account] of [
      ['site-a', id],
      ['site-b', other],
    ] as const)
      await records.migrations.change(clientId, 'L-1234', () => ({
        to: { ...MIGRATION, client_id: clientId, account_id: account, started_at: clock() },
        type: 'migration.completed',
        data: { account_id: account },
      }));
    await records.lostMailboxRequests.change('number-1', () => ({ ...REQUEST, expires_at: clock() + 60_000, account_id: id }));
    const config = { clients: ['site-a', 'site-b'].map((client_id) => ({ metadata: { client_id } })) } as Deps['config'];
    const find = async (text: string): Promise<string[]> =>
      (await findAccounts({ config, storage: records }, text)).map(({ account, by }) => `${account.id} ${by}`);
    for (const text of [address, ` ${address.toUpperCase()} `]) expect(await find(text)).toEqual([`${id} email`]);
    for (const text of [phone, '090-1234-5678', '０９０１２３４５６７８'])
      expect(await find(text)).toEqual([`${id} login_number`]);
    expect(await find(id)).toEqual([`${id} account_id`]);
    expect(await find('number-1')).toEqual([`${id} request`]);
    expect(await find('L-1234')).toEqual([`${id} legacy_id`, `${other} legacy_id`]);
    for (const part of [address.slice(1), id.slice(1), '090-1234-567', 'L-123', 'L-1234%', 'number', '', ' '])
      expect([part, await find(part)]).toEqual([part, []]);
  });

  test('S190 the process dies at each write while an ID is disabled: it is disabled or not, told once if so, and a second try completes it', async () => {
    for (let writes = 0; writes < MOST_WRITES; writes += 1) {
      const id = await newAccount(storage);
      const process = dyingAfter(storage, writes);
      await disable(processOn(process.storage), access, id, A).catch(() => undefined);
      // Before the first write.
      expect(told).toContain(id);
      const isDisabled = (await standing(id)).disabled_by === 'operator';
      expect(await disable(processOn(storage), access, id, B)).toBe(!isDisabled);
      expect((await eventsOf(id)).filter((type) => type === 'account.disabled')).toHaveLength(1);
      expect([writes, await mailsOf(id, 'id-disabled')]).toEqual([writes, 1]);
      if (!process.died()) return;
    }
    throw new Error('the change has more writes');
  });

  test('S194 an ID is disabled while its withdrawal waits: it is not erased early nor taken back, comes back withdrawn, and is erased at its time', async () => {
    for (const isEnabled of [true, false]) {
      const id = await newAccount(storage);
      await withdraw(processOn(storage), access, await standing(id));
      expect(await disable(processOn(storage), access, id, A)).toBe(true);
      const disabled = await standing(id);
      expect(takeWithdrawalBack(disabled)).toBe(disabled);
      expect(stateOf(disabled).state).toBe('disabled');
      expect(await endSignIns(processOn(storage), access, id, B)).toBe(true);
      if (isEnabled) {
        expect(await enable(processOn(storage), id, B)).toBe(true);
        expect(takeWithdrawalBack(await standing(id))).not.toHaveProperty('withdrawal');
      }
      const { withdrawal } = disabled;
      const erase = async (): Promise<void> =>
        createEraseAccount(processOn(storage), access).run(
          { account_id: id, withdrawn_at: withdrawal?.at ?? 0 },
          {} as Job,
          NO_SIGNAL,
        );
      await expect(erase()).rejects.toThrow('can still be taken back');
      ahead += 15 * 24 * 60 * 60_000;
      await erase();
      expect(await standing(id)).toBeUndefined();
    }
  });

  test('S194 an erasure is ordered for an active, a disabled, and a withdrawn and disabled ID, and the process dies at each write: it is erased in the end, or was not ordered', async () => {
    for (let writes = 0; writes < MOST_WRITES; writes += 1) {
      const id = await newAccount(storage);
      if (writes % 3 === 2) await withdraw(processOn(storage), access, await standing(id));
      if (writes % 3 > 0) await disable(processOn(storage), access, id, A);
      const process = dyingAfter(storage, writes);
      await orderErasure(processOn(process.storage), access, await standing(id), A).catch(() => undefined);
      const ordered = (await eventsOf(id)).includes('account.erasure_ordered');
      const account = await standing(id);
      if (ordered) {
        expect(takeWithdrawalBack(account)).toBe(account);
        expect([await enable(processOn(storage), id, B), await endSignIns(processOn(storage), access, id, B)]).toEqual([
          false,
          false,
        ]);
      } else expect(account.withdrawal !== undefined).toBe(writes % 3 === 2);
      ahead += 2 * 60_000;
      for (const job of await storage.jobs.lease(5000, 60_000, 'erase_account')) {
        await createEraseAccount(processOn(storage), access)
          .run(job.payload as never, job as Job, NO_SIGNAL)
          .catch(() => undefined);
        await storage.jobs.complete(job.key, job.lease ?? '');
      }
      expect([writes, (await standing(id)) === undefined]).toEqual([writes, ordered]);
      if (!process.died()) return;
    }
    throw new Error('the change has more writes');
  });
}

describe('on SQLite', () => declare(() => undefined));
describeOnMongo((database) => declare(() => database.url()));
