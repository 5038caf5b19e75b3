// How device codes are stored: an answer is given once, also by requests that have read the code at the same moment.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Adapter } from 'oidc-provider';
import { createAdapterFactory } from '../../../src/oidc/adapter.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/open-sqlite-storage.ts';
import type { Emit } from '../../../src/telemetry/emit.ts';
import type { Storage } from '../../../src/storage/storage.ts';

const NOW = 1_800_000_000;

let directory: string;
let storage: Storage;
let codes: Adapter;
const told: unknown[] = [];
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'device-codes-'));
  const clock = (): number => NOW * 1000;
  storage = await openSqliteStorage({ path: join(directory, 'test.sqlite'), clock });
  const clients = { find: () => ({}), endedAt: () => undefined } as never;
  const emit: Emit = (...event) => void told.push(event);
  const onRedeemed = async (): Promise<void> => undefined;
  codes = createAdapterFactory({ artifacts: storage.artifacts, clients, clock, emit, onRedeemed })('DeviceCode');
});
afterAll(async () => {
  await storage?.close();
  rmSync(directory, { recursive: true });
});

const code = { clientId: 'car', userCode: 'BCDFGHJK', iat: NOW, exp: NOW + 600 };

test('of many answers at once one counts, and the others are told that the code is used', async () => {
  await codes.upsert('one', code, 600);
  const answers = Array.from({ length: 10 }, (_, n) =>
    n % 2 ? { ...code, accountId: `person ${n}` } : { ...code, error: 'access_denied' },
  );
  const written = await Promise.allSettled(answers.map(async (answer) => codes.upsert('one', answer, 600)));
  const counted = written.findIndex(({ status }) => status === 'fulfilled');
  expect(written.filter(({ status }) => status === 'rejected')).toEqual(
    Array(9).fill(expect.objectContaining({ reason: expect.objectContaining({ reason: 'used' }) })),
  );
  expect(await codes.find('one')).toEqual(answers[counted]);
  const account = counted % 2 ? `person ${counted}` : undefined;
  expect(told).toEqual([['device.code', { outcome: account === undefined ? 'refused' : 'approved', client_id: 'car', account }]]);
});

test('an answer after the device has fetched its tokens does not revive the code', async () => {
  await codes.upsert('two', code, 600);
  await codes.upsert('two', { ...code, accountId: 'a' }, 600);
  await codes.consume('two');
  await expect(codes.upsert('two', { ...code, accountId: 'b' }, 600)).rejects.toMatchObject({ reason: 'used' });
  expect(await codes.find('two')).toEqual({ ...code, accountId: 'a', consumed: NOW });
  await expect(codes.consume('two')).rejects.toMatchObject({ error: 'invalid_grant' });
});

test('a failure of ours is no answer: the code can be entered again', async () => {
  await codes.upsert('three', code, 600);
  await codes.upsert('three', { ...code, error: 'server_error' }, 600);
  expect(await codes.find('three')).toEqual(code);
});
