// The promises of the port about numbers.
import { expect, test } from '@jest/globals';
import { OddNumber, type Storage } from '../../../src/storage/storage.ts';
import { eventAbout, sampleAccount, sampleDealerLink } from './samples.ts';
import { useSubject } from './subject.ts';
import type { OpenBackend } from './subject.ts';

const ODD = [Number.NaN, Infinity, -Infinity, 0.5, 1_790_000_000_000.25, 1e308, -1e308, 2 ** 53, 8_640_000_000_000_000];

export function numberPromises(open: OpenBackend): void {
  const subject = useSubject(open);

  /** Each number that a caller can give, on its way into the database. */
  const ways = (n: number): Record<string, (storage: Storage) => Promise<unknown>> => {
    const soon = subject.now() + 60_000;
    const account = sampleAccount('a');
    const event = eventAbout('a');
    const code = { id: 'c', code_hmac: 'h', email_canonical: 'a@b.jp', attempts: 0, sent_at: 1, expires_at: soon };
    const profile = { legacy_id: 'l', profile: {}, vehicles: [] };
    const job = { key: 'j', kind: 'k', payload: {}, run_at: 1 };
    return {
      'the end of an artifact': async ({ artifacts }) => artifacts.save('Session', 'a', {}, n),
      'the end of a mark': async ({ artifacts }) => artifacts.insertOnce('ReplayDetection', 'a', {}, n),
      'the time of a consumption': async ({ artifacts }) => artifacts.save('Session', 'a', { consumed: n }, soon),
      'a limit of a list': async ({ artifacts }) => artifacts.listAfter('Session', '', n),
      'a limit of an account': async ({ artifacts }) => artifacts.listByAccount('Session', 'a', n),
      'a time of an account': async ({ accounts }) => accounts.create({ ...account, created_at: n }, event),
      'a version of an account': async ({ accounts }) => accounts.update({ ...account, version: n }, event),
      'a time deep in an account': async ({ accounts }) =>
        accounts.create({ ...account, terms: [{ version: '1', language: 'ja', accepted_at: n }] }, event),
      'the time of an event': async ({ accounts }) => accounts.create(account, { ...event, at: n }),
      'a time of a link': async ({ dealerLinks }) => dealerLinks.create({ ...sampleDealerLink('d'), updated_at: n }, event),
      'a time to look before': async ({ dealerLinks }) => dealerLinks.listByStatus('active', n, 1),
      'the end of facts': async ({ interactionFacts }) => interactionFacts.put({ id: 'f', version: 0, expires_at: n }),
      'the version of facts': async ({ interactionFacts }) => interactionFacts.put({ id: 'f', version: n, expires_at: soon }),
      'a time of a profile': async ({ legacyProfiles }) =>
        legacyProfiles.put({ id: 'p', version: 0, client_id: 'c', profile: { ...profile, auth_time: n }, expires_at: soon }),
      'the end of a code': async ({ emailCodes }) => emailCodes.put({ ...code, expires_at: n }),
      'the attempts of a code': async ({ emailCodes }) => emailCodes.put({ ...code, attempts: n }),
      'the most attempts': async ({ emailCodes }) => emailCodes.countAttempt('c', n),
      'the time of a job': async ({ jobs }) => jobs.enqueue({ ...job, run_at: n }),
      'a limit of jobs': async ({ jobs }) => jobs.lease(n, 1),
      'the time of a lease': async ({ jobs }) => jobs.lease(1, n),
      'the end of a lease': async ({ jobs }) => jobs.renew('j', 'l', n),
      points: async ({ counters }) => counters.add('k', n, 1_000),
      'the time of a counter': async ({ counters }) => counters.add('k', 1, n),
      'a sequence number': async ({ ledger }) => ledger.read(0, n, 1),
      'a limit of a sweep': async ({ sweep }) => sweep(n),
    };
  };

  test('a number that is not whole, or too large, is refused by every method, and nothing is written', async () => {
    const { storage } = subject;
    for (const n of ODD) {
      for (const [what, write] of Object.entries(ways(n))) {
        const answer = await write(storage).then(
          () => 'written',
          (error: unknown) => (error instanceof OddNumber ? 'refused' : error),
        );
        expect([what, n, answer]).toEqual([what, n, 'refused']);
      }
    }
    expect(await storage.artifacts.find('Session', 'a')).toBeUndefined();
    expect(await storage.counters.get('k')).toBeUndefined();
    expect(await storage.jobs.find('j')).toBeUndefined();
  });

  test('what JSON does not carry is refused in a payload', async () => {
    const { accounts, artifacts, jobs } = subject.storage;
    for (const n of [Number.NaN, Infinity, -Infinity]) {
      await expect(artifacts.save('Session', 'a', { deep: [{ n }] }, undefined)).rejects.toThrow(OddNumber);
      await expect(jobs.enqueue({ key: 'j', kind: 'k', payload: { n }, run_at: 1 })).rejects.toThrow(OddNumber);
      const event = { ...eventAbout('a'), data: { n } };
      await expect(accounts.create(sampleAccount('a'), event)).rejects.toThrow(OddNumber);
    }
    expect(await artifacts.find('Session', 'a')).toBeUndefined();
    expect(await jobs.enqueue({ key: 'j', kind: 'k', payload: { n: 0.5 }, run_at: 1 })).toBe(true);
  });

  test('the largest that is taken comes back as it was, also as the sum of two', async () => {
    const { artifacts, counters } = subject.storage;
    await artifacts.save('Session', 'a', { mine: true }, 4_320_000_000_000_000);
    expect(await artifacts.find('Session', 'a')).toEqual({ mine: true });
    const expires_at = subject.now() + 4_320_000_000_000_000;
    expect(await counters.add('k', 2_147_483_647, 4_320_000_000_000_000)).toEqual({ points: 2_147_483_647, expires_at });
    expect(await counters.get('k')).toEqual({ points: 2_147_483_647, expires_at });
    await expect(counters.add('k', 2_147_483_648, 1_000)).rejects.toThrow(OddNumber);
  });
}
