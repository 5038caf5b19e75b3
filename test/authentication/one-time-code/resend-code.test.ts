// A new code instead of the last one: not too early, and once for a double press. On a real database.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueNoCode } from '../../../src/authentication/one-time-code/issue-code.ts';
import { answerResend, secondsToNextCode, sendOnce } from '../../../src/authentication/one-time-code/resend-code.ts';
import type { Config } from '../../../src/config/config.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/open-sqlite-storage.ts';
import { guardRecords, type Records } from '../../../src/storage/records.ts';
import { noEmit } from '../../support/no-emit.ts';

const SLOT = { purpose: 'registration' as const, id: 'purpose:1', address: 'a@example.jp' };
const config = { rateLimits: { emailCode: { resendAfterSeconds: 60 } } } as unknown as Config;

let now: number;
let directory: string;
let storage: Records;
beforeEach(async () => {
  now = 1_800_000_000_000;
  directory = mkdtempSync(join(tmpdir(), 'resend-code-'));
  storage = guardRecords(await openSqliteStorage({ path: join(directory, 'test.sqlite'), clock: () => now }), () => now);
});
afterEach(async () => {
  await storage.close();
  rmSync(directory, { recursive: true });
});
const deps = () => ({ config, storage, clock: () => now, emit: noEmit });

test('the next code may be requested a minute after the last one, to the second', () => {
  const left = (ms: number): number => secondsToNextCode(deps(), now - ms);
  expect([left(0), left(1), left(1_000), left(59_999), left(60_000), left(90_000)]).toEqual([60, 60, 59, 1, 0, 0]);
});

describe('a request', () => {
  let sent = 0;
  beforeEach(() => {
    sent = 0;
  });
  const send = async (): Promise<void> => {
    sent += 1;
    await issueNoCode(deps(), SLOT);
  };

  test('sends nothing while the last code is too new, and a code afterwards', async () => {
    await sendOnce(deps(), SLOT, send);
    now += 59_999;
    await sendOnce(deps(), SLOT, send);
    expect(sent).toBe(1);
    now += 1;
    await sendOnce(deps(), SLOT, send);
    expect(sent).toBe(2);
  });

  test('for another address than that of the slot sends a code', async () => {
    await sendOnce(deps(), { ...SLOT, address: 'b@example.jp' }, async () =>
      issueNoCode(deps(), { ...SLOT, address: 'b@example.jp' }),
    );
    await sendOnce(deps(), SLOT, send);
    expect(sent).toBe(1);
  });

  test('parallel to another one waits for it, and sends nothing', async () => {
    let mayGoOn = (): void => undefined;
    const first = sendOnce(deps(), SLOT, async () => {
      await new Promise<void>((resolve) => {
        mayGoOn = resolve;
      });
      await send();
    });
    const second = sendOnce(deps(), SLOT, send);
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(sent).toBe(0);
    mayGoOn();
    await Promise.all([first, second]);
    expect(sent).toBe(1);
  });

  test('after a failed one sends at once', async () => {
    await expect(sendOnce(deps(), SLOT, async () => Promise.reject(new Error('no queue')))).rejects.toThrow('no queue');
    const { emailCodes } = storage;
    let looks = 0;
    const find = async (id: string): ReturnType<typeof emailCodes.find> => {
      looks += 1;
      return emailCodes.find(id);
    };
    await sendOnce({ ...deps(), storage: { ...storage, emailCodes: { ...emailCodes, find } } }, SLOT, send);
    // It does not wait for the failed one, which would take twenty looks.
    expect([sent, looks]).toEqual([1, 1]);
  });
});

describe('the button', () => {
  function createContext() {
    const headers: Record<string, unknown> = {};
    const ctx = {
      status: 200,
      state: { t: (key: string, values: object) => `${key} ${JSON.stringify(values)}` },
      set: (name: string, value: string) => void (headers[name] = value),
      redirect: (path: string) => void (headers.location = path),
    };
    return { ctx, headers };
  }

  test('too early: the page again, with an error and the waiting time', async () => {
    const { ctx, headers } = createContext();
    const shown: object[] = [];
    const answer = {
      path: '/code',
      seconds: 12,
      show: (errors: object) => void shown.push(errors),
      send: async () => Promise.reject(new Error('sent')),
    };
    await answerResend(ctx as never, answer as never);
    expect(shown).toEqual([{ code: 'form_errors.code_resend_too_early {"seconds":12}' }]);
    expect([ctx.status, headers]).toEqual([429, { 'Retry-After': '12' }]);
  });

  test.each([
    [undefined, '/code?resent'],
    ['/elsewhere', '/elsewhere'],
  ])('otherwise a code is sent; if sending leads to %s, then to %s', async (leadsTo, location) => {
    const { ctx, headers } = createContext();
    const show = (): void => {
      throw new Error('the page is not shown');
    };
    await answerResend(ctx as never, { path: '/code', seconds: 0, show, send: async () => leadsTo });
    expect(headers).toMatchObject({ location });
  });
});
