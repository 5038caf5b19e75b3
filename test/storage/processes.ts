// Several real processes on one database: races have one winner, and a kill loses nothing that was acknowledged. One suite for every
// backend.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Storage } from '../../src/storage/storage.ts';
import { kill, listen, next, startProcess } from './child-process.ts';
import { eventAbout, sampleAccount } from './conformance/samples.ts';
import { expectAllOf, expectChain, expectNothingHalfMade } from './expect-whole.ts';
import { openPatiently } from './open-patiently.ts';
import type { Race } from './storage-process.ts';

/** `npm run faults -- F1` kills real servers, any number of times. */
const KILLS = 4;

/**
 * Describes the suite for one backend.
 * @param name the backend's
 * @param makeDatabase returns the URL of an empty database, and a function that removes it
 */
export function runProcesses(name: string, makeDatabase: () => Promise<{ url: string; dispose(): Promise<void> }>): void {
  describe(`processes on ${name}`, () => {
    // Processes start slowly on a busy machine, and the first start of a server may build it.
    jest.setTimeout(180_000);

    let url: string;
    let dispose: () => Promise<void>;
    let children: ChildProcess[] = [];

    async function begin(): Promise<void> {
      ({ url, dispose } = await makeDatabase());
      children = [];
    }

    async function end(): Promise<void> {
      for (const child of children) await kill(child);
      await dispose();
    }

    function start(...args: string[]): ChildProcess {
      const child = startProcess(url, ...args);
      children.push(child);
      return child;
    }

    async function withStorage<T>(use: (storage: Storage) => Promise<T>): Promise<T> {
      const storage = await openPatiently(url);
      try {
        return await use(storage);
      } finally {
        await storage.close();
      }
    }

    describe('two processes', () => {
      beforeAll(async () => {
        await begin();
        // They open the database at the same moment; on SQLite they also create it.
        await Promise.all([start('race'), start('race')].map((child) => next(child)));
        await withStorage(prepare);
      });
      afterAll(end);

      test.each([
        ['redeem one code', 'consume', 1],
        ['turn one refresh token', 'refresh', 1],
        ['use one pushed request', 'pushed_request', 1],
        ['see one jti', 'insert_once', 1],
        ['guess one e-mail code', 'count_attempt', 5],
        ['give one right e-mail code', 'consume_code', 1],
        ['register one address', 'account', 1],
        ['update one version', 'update', 1],
        ['finish one legacy identity', 'legacy_identity', 1],
        ['link one dealer', 'dealer_link', 1],
        ['enqueue one job', 'job', 1],
        ['lease three jobs', 'lease', 3],
        ['count to ten', 'count', 10],
      ])('that %s with 25 calls each win together as often as one would', async (_, kind, expected) => {
        const results = children.map((child) => next(child));
        for (const child of children) child.send({ kind, calls: 25 } satisfies Race);
        const wins = await Promise.all(results);
        expect(wins.reduce((sum: number, n) => sum + Number(n), 0)).toBe(expected);
      });

      test('leave a sound ledger', async () => {
        const subjects = await withStorage(expectChain);
        expect(subjects.map((subject) => subject.split('-')[0] ?? '').toSorted()).toEqual([
          'account',
          'dealer_link',
          'legacy_identity',
          'standing',
          'standing',
        ]);
      });

      async function prepare(storage: Storage): Promise<void> {
        const end = Date.now() + 3_600_000;
        for (const model of ['AuthorizationCode', 'RefreshToken', 'PushedAuthorizationRequest']) {
          await storage.artifacts.save(model, 'raced', {}, end);
        }
        const code = { code_hmac: 'hmac', email_canonical: 'a@b', attempts: 0, sent_at: 0 };
        await storage.emailCodes.put({ id: 'raced', ...code, expires_at: end });
        await storage.accounts.create(sampleAccount('standing'), eventAbout('standing'));
        for (const key of ['1', '2', '3']) await storage.jobs.enqueue({ key, kind: 'leased', payload: {}, run_at: 0 });
      }
    });

    describe('one after the other', () => {
      beforeEach(begin);
      afterEach(end);

      test('killed at random moments they lose nothing that they acknowledged, and leave nothing half-made', async () => {
        const acknowledged: string[] = [];
        for (let cycle = 0; cycle < KILLS; cycle++) {
          const child = start('write', `cycle${cycle}`);
          const acknowledgedByNow = await listen(child);
          await sleep(Math.random() * 60);
          await kill(child);
          acknowledged.push(...acknowledgedByNow());
        }
        expect(acknowledged.length).toBeGreaterThanOrEqual(KILLS);
        await withStorage(async (storage) => {
          await expectAllOf(acknowledged, storage);
          await expectNothingHalfMade(storage);
        });
      });
    });
  });
}
