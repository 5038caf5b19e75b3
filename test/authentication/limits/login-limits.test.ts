// Limits of password attempts, on a real database: in any order of parallel attempts, only compared passwords decide the pauses.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../../src/config/config.ts';
import { createLoginLimits, type LoginLimits, type LoginTry } from '../../../src/authentication/limits/login-limits.ts';
import { PageError } from '../../../src/http/page-error.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/open-sqlite-storage.ts';
import { guardRecords } from '../../../src/storage/records.ts';
import type { Storage } from '../../../src/storage/storage.ts';

const FREE = 9;
const OWNER = 'account-of-the-owner';
const DEVICE = 'device-of-the-owner';
const rateLimits = {
  login: { failuresPerAccount: FREE + 1, failuresPerAddress: 50, failuresPerNetwork: 100, windowSeconds: 900 },
};
const config = { rateLimits } as unknown as Config;

let directory: string;
let storages: Storage[];
let limits: LoginLimits[];
let now: number;
let networks = 0;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'login-limits-'));
  now = Date.now();
  const clock = (): number => now;
  const open = async (): Promise<Storage> => openSqliteStorage({ path: join(directory, 'test.sqlite'), clock });
  // Two processes.
  storages = [await open(), await open()];
  limits = storages.map((storage) => createLoginLimits({ config, storage: guardRecords(storage, clock), clock }));
});
afterEach(async () => {
  for (const storage of storages) await storage.close();
  rmSync(directory, { recursive: true });
});

/** One attempt, from a new network. Returns its result, or the rest of the pause in seconds. */
async function attempt(device?: string): Promise<LoginTry | number> {
  networks += 1;
  const at = limits[networks % 2] as LoginLimits;
  return at.begin(OWNER, device, `10.${networks >> 8}.${networks & 255}.1`).catch((error: unknown) => {
    if (!(error instanceof PageError) || error.retryAfterSeconds === undefined) throw error;
    return error.retryAfterSeconds;
  });
}

const burst = async (times: number): Promise<(LoginTry | number)[]> =>
  Promise.all(Array.from({ length: times }, async () => attempt()));
const begun = (tries: (LoginTry | number)[]): LoginTry[] => tries.filter((one) => typeof one !== 'number');

/** Returns the length of the account's current pause. */
async function pause(): Promise<number> {
  const refused = await attempt();
  if (typeof refused !== 'number') throw new Error('there is no pause');
  return refused;
}

async function failuresBefore(attempt: LoginTry): Promise<number> {
  let before = -1;
  await attempt.succeeded(async ({ failures }) => {
    before = failures;
  });
  return before;
}

describe('a burst of attempts', () => {
  test('as many are compared as one after the other, and the first pause is the shortest', async () => {
    const tries = await burst(60);
    expect(begun(tries)).toHaveLength(FREE + 1);
    expect(await pause()).toBe(30);
  });

  test('each pause is twice as long as the one before, up to half an hour, for any attempts during and after it', async () => {
    await burst(40);
    const pauses: number[] = [];
    for (let round = 0; round < 9; round += 1) {
      await burst(20);
      pauses.push(await pause());
      now += (pauses.at(-1) as number) * 1000;
      expect(begun(await burst(round % 2 ? 40 : 1))).toHaveLength(1);
    }
    expect(pauses).toEqual([30, 60, 120, 240, 480, 960, 1800, 1800, 1800]);
  });

  test('refused attempts do not count: after a success the next failures are free again', async () => {
    const [right] = begun(await burst(60));
    expect(right && (await failuresBefore(right))).toBe(FREE);
    expect(begun(await burst(60))).toHaveLength(FREE + 1);
    expect(await pause()).toBe(30);
  });

  test('all failures are forgotten a day after the first', async () => {
    await burst(60);
    now += 24 * 60 * 60 * 1000;
    expect(begun(await burst(60))).toHaveLength(FREE + 1);
    expect(await pause()).toBe(30);
  });
});

test('an attempt without a comparison is given back, with its pause', async () => {
  for (const one of begun(await burst(FREE + 1))) await one.takeBack();
  expect(begun(await burst(60))).toHaveLength(FREE + 1);
  expect(await pause()).toBe(30);
});

test('an attempt without a comparison does not count for its address', async () => {
  const at = limits[0] as LoginLimits;
  for (let n = 0; n < 80; n += 1) await (await at.begin(`other-${n}`, undefined, '192.0.2.1')).takeBack();
  for (let n = 0; n < 50; n += 1) await at.begin(`failed-${n}`, undefined, '192.0.2.1');
  await at.begin('paced', undefined, '192.0.2.1');
  await expect(at.begin('refused', undefined, '192.0.2.1')).rejects.toMatchObject({ code: 'too_many_requests' });
});

test('attempts of others do not delay the owner’s known device, which learns of them and has its own pauses', async () => {
  for (let round = 0; round < 4; round += 1) {
    await burst(20);
    now += (await pause()) * 1000;
  }
  await burst(20);
  expect(await pause()).toBe(16 * 30);
  const owner = await attempt(DEVICE);
  if (typeof owner === 'number') throw new Error('the owner was refused');
  expect(await failuresBefore(owner)).toBe(FREE + 5);
  // The pause of the others stays.
  expect(await pause()).toBe(16 * 30);
  for (let n = 0; n < FREE + 1; n += 1) expect(typeof (await attempt(DEVICE))).toBe('object');
  expect(await attempt(DEVICE)).toBe(30);
});

test('above the limit of an address or its network, one attempt passes in two seconds; correct passwords and known devices do not count', async () => {
  const at = limits[0] as LoginLimits;
  let accounts = 0;
  const from = async (ip: string, device?: string): Promise<LoginTry | number> => {
    accounts += 1;
    return at
      .begin(`account-${accounts}`, device, ip)
      .catch((error: unknown) => (error as PageError).retryAfterSeconds as number);
  };
  const many = async (times: number, ip: (n: number) => string): Promise<(LoginTry | number)[]> => {
    const all: (LoginTry | number)[] = [];
    for (let n = 0; n < times; n += 1) all.push(await from(ip(n)));
    return all;
  };
  for (let n = 0; n < 80; n += 1) await failuresBefore((await from('192.0.2.1')) as LoginTry);
  expect(begun(await many(60, () => '192.0.2.1'))).toHaveLength(51);
  expect(await from('192.0.2.1')).toBe(2);
  expect(typeof (await from('192.0.2.1', DEVICE))).toBe('object');
  // The paced attempt counts for the network too.
  expect(begun(await many(80, (n) => `192.0.2.${2 + n}`))).toHaveLength(50);
  expect(await from('192.0.2.200')).toBe(2);
  expect(typeof (await from('192.0.3.1'))).toBe('object');
  now += 2000;
  expect(typeof (await from('192.0.2.200'))).toBe('object');
  now += 900_000;
  expect(begun(await many(40, () => '192.0.2.1'))).toHaveLength(40);
});
