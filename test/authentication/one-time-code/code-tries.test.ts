// Limits of guesses and of codes for one mailbox, on a real database.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../../src/config/config.ts';
import { createCodeLimits } from '../../../src/authentication/one-time-code/code-limits.ts';
import { countCodeTry, drawCodeFor, shortCodesAreOver } from '../../../src/authentication/one-time-code/code-tries.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/open-sqlite-storage.ts';
import { guardRecords, type Records } from '../../../src/storage/records.ts';

const MAILBOX = 'some.one@example.jp';
const emailCode = {
  resendAfterSeconds: 30,
  shortTriesPerMailboxPerDay: 3,
  perMailboxPerHour: 2,
  unprovenPerAddressPerHour: 100,
  unprovenPerNetworkPerHour: 100,
  overallPerHour: 100,
  quietSharePercent: 50,
};
const config = { rateLimits: { emailCode } } as unknown as Config;

let directory: string;
let storage: Records;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'code-tries-'));
  storage = guardRecords(await openSqliteStorage({ path: join(directory, 'test.sqlite'), clock: Date.now }), Date.now);
});
afterEach(async () => {
  await storage.close();
  rmSync(directory, { recursive: true });
});

test('S125 wrong six-digit codes to tags of one mailbox: one budget, in which correct codes and long ones do not count', async () => {
  const guess = async (address: string, code = '000000') => countCodeTry({ config, storage }, address, code);
  for (let n = 0; n < 5; n += 1) {
    const right = await guess(MAILBOX);
    expect(right.mayCompare).toBe(true);
    await right.wasRight();
  }
  for (const tag of ['a', 'b', 'c']) expect((await guess(`some.one+${tag}@example.jp`)).mayCompare).toBe(true);
  expect((await guess(MAILBOX)).mayCompare).toBe(false);
  expect((await guess(MAILBOX, '0'.repeat(12))).mayCompare).toBe(true);
  expect(await shortCodesAreOver({ config, storage }, 'some.one+d@example.jp')).toBe(true);
  expect(await drawCodeFor({ config, storage }, MAILBOX)).toMatch(/^\d{12}$/);
  expect((await guess('another@example.jp')).mayCompare).toBe(true);
});

test('S110 strangers request a mailbox’s codes up to the limit: people whom the account trusts have their own count', async () => {
  const limits = createCodeLimits({ config, storage, clock: Date.now });
  const isFull = async (trusted?: string): Promise<boolean> =>
    (await limits.ask('203.0.113.5', MAILBOX, trusted)).mailboxFull !== undefined;
  expect([await isFull(), await isFull(), await isFull()]).toEqual([false, false, true]);
  expect([await isFull('known'), await isFull('known'), await isFull('known')]).toEqual([false, false, true]);
  expect(await isFull('another')).toBe(false);
});

test('a database fault while a mailbox is counted: passed on, and neither a full mailbox nor a place that is given back', async () => {
  const fault = new Error('the database is away');
  const calls: string[] = [];
  const failing = (name: string) => async (key: string) => {
    calls.push(name);
    if (key.includes('code-mailbox')) throw fault;
    return { points: 1, expires_at: Date.now() + 1000 };
  };
  const counters = { ...storage.counters, add: failing('add'), get: async () => undefined, takeBack: failing('takeBack') };
  const limits = createCodeLimits({ config, storage: { ...storage, counters } as unknown as Records, clock: Date.now });
  await expect(limits.ask('203.0.113.5', MAILBOX, 'known')).rejects.toBe(fault);
  expect(calls).toEqual(['add']);
});

test('an entered code no longer counts for its address, a code of a trusted person never did, and an account has its own count', async () => {
  const limits = createCodeLimits({ config, storage, clock: Date.now });
  const counted = async () => (await storage.counters.get('code-address:203.0.113.5'))?.points;
  await limits.ask('203.0.113.5', MAILBOX, undefined);
  await limits.ask('203.0.113.5', MAILBOX, undefined);
  await limits.ask('203.0.113.5', MAILBOX, 'known');
  expect(await counted()).toBe(2);
  await limits.proven('203.0.113.5', 'known');
  expect(await counted()).toBe(2);
  await limits.proven('203.0.113.5', undefined);
  expect(await counted()).toBe(1);
  const countAccount = async (times: number) => {
    for (let n = 0; n < times; n += 1) await limits.countForAccount('account');
  };
  await expect(countAccount(1000)).rejects.toMatchObject({ code: 'too_many_requests' });
});
