// Issuing and checking a code, on a real database.
import type { Account } from '../../../src/domain/account.ts';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkCode } from '../../../src/authentication/one-time-code/check-code.ts';
import { issueCode, issueCodeForNewAddress, issueNoCode } from '../../../src/authentication/one-time-code/issue-code.ts';
import type { Config } from '../../../src/config/config.ts';
import { isReplaced } from '../../../src/authentication/one-time-code/replaced-code.ts';
import type { ShownCode } from '../../../src/domain/shown-code.ts';
import { deriveKey } from '../../../src/domain/derive-key.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/open-sqlite-storage.ts';
import { guardRecords, type Records } from '../../../src/storage/records.ts';
import { noEmit } from '../../support/no-emit.ts';

const SLOT = { purpose: 'registration' as const, id: 'purpose:1', address: 'a@example.jp' };
const config = {
  keys: { emailCode: deriveKey('key', 'codes') },
  rateLimits: { emailCode: { shortTriesPerMailboxPerDay: 50 } },
} as unknown as Config;
const now = 1_800_000_000_000;

let directory: string;
let storage: Records;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'issue-code-'));
  storage = guardRecords(await openSqliteStorage({ path: join(directory, 'test.sqlite'), clock: () => now }), () => now);
});
afterEach(async () => {
  await storage.close();
  rmSync(directory, { recursive: true });
});
const deps = () => ({ config, storage, clock: () => now, emit: noEmit });
const find = async () => storage.emailCodes.find(SLOT.id);

test('by default the message is sent first; if that fails, the slot stays empty', async () => {
  const seen: unknown[] = [];
  await issueCode(deps(), SLOT, async () => seen.push(await find()));
  expect(seen).toEqual([undefined]);
  expect(await find()).toMatchObject({ attempts: 0, sent_at: now, expires_at: now + 600_000, email_canonical: SLOT.address });
  const other = { ...SLOT, id: 'purpose:2' };
  await expect(issueCode(deps(), other, async () => Promise.reject(new Error('no queue')))).rejects.toThrow('no queue');
  expect(await storage.emailCodes.find(other.id)).toBeUndefined();
});

test('a code is replaced once a later one is in its slot; the valid code never is', async () => {
  const shown: ShownCode[] = [];
  const issue = async (askedAt: number): Promise<void> =>
    issueCode(deps(), SLOT, async (values) => void shown.push(values), { askedAt });
  await issue(now);
  const [first] = shown as [ShownCode];
  expect(await isReplaced(deps(), first)).toBe(false);
  await issue(now + 61_000);
  const second = shown[1] as ShownCode;
  expect(await isReplaced(deps(), first)).toBe(true);
  expect(await isReplaced(deps(), second)).toBe(false);
  // The slot has an earlier code while the next message is queued, and none after the code was used.
  expect(await isReplaced(deps(), { ...first, askedAt: now + 122_000 })).toBe(false);
  expect(await isReplaced(deps(), { ...first, slot: 'another' })).toBe(false);
  expect(await isReplaced(deps(), { code: first.code, minutes: 10 })).toBe(false);
});

test('of two parallel presses the later one counts, also when the message of the earlier one is queued late', async () => {
  const shown: ShownCode[] = [];
  let later = now;
  const issue = async (during?: () => Promise<void>): Promise<void> => {
    later += 1;
    await issueCode({ ...deps(), clock: () => later }, SLOT, async (values) => {
      await during?.();
      shown.push(values);
    });
  };
  await issue(issue);
  const [second, first] = shown as [ShownCode, ShownCode];
  expect([await isReplaced(deps(), second), await isReplaced(deps(), first)]).toEqual([false, true]);
  expect(await checkCode(deps(), SLOT, second.code)).toHaveProperty('takeOut');
});

test('a job stores first, keeps the attempts of the previous code, and says how long the code is valid', async () => {
  await issueCode(deps(), SLOT, async () => undefined, { askedAt: now - 60_000 });
  await checkCode(deps(), SLOT, '000000');
  await checkCode(deps(), SLOT, '000001');
  const shown: unknown[] = [];
  await issueCode(deps(), SLOT, async (values) => shown.push(values, await find()), {
    digits: 12,
    lifetimeMs: 3_600_000,
    askedAt: now - 5,
    keepAttempts: true,
    storeFirst: true,
  });
  expect(shown).toEqual([
    { code: expect.stringMatching(/^\d{4} \d{4} \d{4}$/), minutes: 60, slot: SLOT.id, askedAt: now - 5 },
    expect.objectContaining({ attempts: 2, sent_at: now - 5, expires_at: now + 3_600_000 }),
  ]);
});

test('a sent code is correct only in its slot and for its address, and can be used once', async () => {
  let code = '';
  await issueCode(deps(), SLOT, async (shown) => void (code = shown.code));
  expect(await checkCode(deps(), { ...SLOT, address: 'b@example.jp' }, code)).toEqual({ problem: 'code_wrong' });
  expect(await checkCode(deps(), { ...SLOT, id: 'purpose:2' }, code)).toEqual({ problem: 'code_wrong' });
  const checked = await checkCode(deps(), SLOT, code);
  if (checked.problem) throw new Error(checked.problem);
  expect([await checked.takeOut(), await checked.takeOut()]).toEqual([true, false]);
  // The two wrong attempts count for the mailboxes, the correct one does not.
  const triesOf = async (address: string) => (await storage.counters.get(`code-tries:${address}`))?.points ?? 0;
  expect([await triesOf('b@example.jp'), await triesOf(SLOT.address)]).toEqual([1, 0]);
});

test('after five wrong attempts the correct code is refused; wrong attempts of a long code in its own slot use up nothing', async () => {
  const sent: string[] = [];
  const send = async ({ code }: { code: string }) => sent.push(code);
  await issueCode(deps(), SLOT, send);
  await issueCode(deps(), { ...SLOT, id: 'long' }, send, { digits: 12 });
  const [short = '', long = ''] = sent;
  const wrong = short === '000000' ? '000001' : '000000';
  const answers: unknown[] = [];
  for (let n = 0; n < 5; n += 1) answers.push(await checkCode(deps(), SLOT, wrong, 'long'));
  const [first, dead] = [{ problem: 'code_wrong' }, { problem: 'code_dead' }];
  expect(answers).toEqual([first, first, { ...first, left: 2 }, { ...first, left: 1 }, dead]);
  expect(await checkCode(deps(), SLOT, short, 'long')).toEqual(dead);
  for (let n = 0; n < 6; n += 1) await checkCode(deps(), SLOT, '1'.repeat(12), 'long');
  expect(await checkCode(deps(), SLOT, long, 'long')).not.toHaveProperty('problem');
});

test('an address with an owner: the owner is told, the slot is taken, and no code matches', async () => {
  const owner = { email: 'A@Example.jp' };
  const known = { ...storage, accounts: { ...storage.accounts, findByEmail: async () => owner } } as unknown as Records;
  const told: string[] = [];
  const read: string[] = [];
  const counters = {
    ...storage.counters,
    get: async (key: string) => {
      read.push(key);
      return storage.counters.get(key);
    },
  };
  const messages = {
    withCode: async () => told.push('code'),
    toOwner: async ({ email }: Account) => told.push(email),
  };
  await issueCodeForNewAddress({ ...deps(), storage: { ...known, counters } }, SLOT, messages);
  expect(told).toEqual([owner.email]);
  expect(await find()).toMatchObject({ code_hmac: expect.stringMatching(/^none:/), sent_at: now });
  const readForOwner = read.splice(0);
  await issueCodeForNewAddress({ ...deps(), storage: { ...storage, counters } }, SLOT, messages);
  expect(told).toEqual([owner.email, 'code']);
  // The same work, so that the time of the answer does not reveal the account.
  expect(readForOwner).toEqual(read);
  await issueNoCode(deps(), SLOT, { askedAt: now + 9 });
  expect(await find()).toMatchObject({ code_hmac: expect.stringMatching(/^none:/), sent_at: now + 9 });
});
