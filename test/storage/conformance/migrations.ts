// The promises of the port about `migrations`.
import { expect, test } from '@jest/globals';
import { VersionConflict } from '../../../src/storage/storage.ts';
import { ledgerOf } from '../../support/ledger-of.ts';
import { eventAbout, sampleMigration } from './samples.ts';
import { answered, thrown, useSubject } from './subject.ts';
import type { OpenBackend } from './subject.ts';

export function migrationPromises(open: OpenBackend): void {
  const subject = useSubject(open);
  const migrations = () => subject.storage.migrations;
  const eventCount = async () => (await ledgerOf(subject.storage)).length;

  test('a migration is found by client and legacy id, deep-equal, also after reopening', async () => {
    const given = sampleMigration('tanaka');
    expect(await migrations().put(given, eventAbout('tanaka'))).toEqual({ ...given, version: 1 });
    expect(given.version).toBe(0);
    await subject.reopen();
    expect(await migrations().find('owners-site', 'tanaka')).toEqual({ ...given, version: 1 });
    expect(await migrations().find('owners-site', 'suzuki')).toBeUndefined();
    expect(await migrations().find('other-site', 'tanaka')).toBeUndefined();
    expect(await eventCount()).toBe(1);
  });

  test('client and legacy id are two things', async () => {
    await migrations().put(sampleMigration('b:c', { client_id: 'a' }), eventAbout('1'));
    await migrations().put(sampleMigration('c', { client_id: 'a:b' }), eventAbout('2'));
    expect(await migrations().find('a', 'b:c')).toMatchObject({ client_id: 'a', legacy_id: 'b:c' });
    expect(await migrations().find('a:b', 'c')).toMatchObject({ client_id: 'a:b', legacy_id: 'c' });
  });

  test('the next version replaces the one that was read; another version is refused', async () => {
    await migrations().put(sampleMigration('tanaka'), eventAbout('tanaka'));
    const next = sampleMigration('tanaka', { version: 1, vehicles: [] });
    expect(await migrations().put(next, eventAbout('tanaka'))).toEqual({ ...next, version: 2 });
    for (const version of [0, 1, 3]) {
      await expect(migrations().put(sampleMigration('tanaka', { version }), eventAbout('tanaka'))).rejects.toThrow(
        VersionConflict,
      );
    }
    await expect(migrations().put(sampleMigration('none', { version: 1 }), eventAbout('none'))).rejects.toThrow(VersionConflict);
    expect(await migrations().find('owners-site', 'tanaka')).toEqual({ ...next, version: 2 });
    expect(await eventCount()).toBe(2);
  });

  test.each([0, 1])('of 50 parallel writes of version %d exactly one is written', async (version) => {
    if (version === 1) await migrations().put(sampleMigration('tanaka'), eventAbout('tanaka'));
    const results = await subject.race(50, (storage, n) =>
      storage.migrations.put(sampleMigration('tanaka', { version, account_id: `a${n}`, completed_at: n }), eventAbout('tanaka')),
    );
    expect(answered(results)).toHaveLength(1);
    expect(thrown(results).every((error) => error instanceof VersionConflict)).toBe(true);
    expect(await migrations().find('owners-site', 'tanaka')).toEqual(answered(results)[0]);
    expect(await eventCount()).toBe(version + 1);
  });

  test('an account lists what it is only the candidate of', async () => {
    const candidate = { account_id: 'a', code_challenge: 'x', at: 1 };
    await migrations().put(sampleMigration('final', { account_id: 'a' }), eventAbout('final'));
    await migrations().put(sampleMigration('waiting', { candidate }), eventAbout('waiting'));
    await migrations().put(sampleMigration('other', { candidate: { ...candidate, account_id: 'b' } }), eventAbout('other'));
    expect((await migrations().listByCandidate('a')).map(({ legacy_id: id }) => id)).toEqual(['waiting']);
    await migrations().put(sampleMigration('waiting', { version: 1, account_id: 'b' }), eventAbout('waiting'));
    expect(await migrations().listByCandidate('a')).toEqual([]);
  });

  test('an account lists what is final for it, oldest first, and not what it is the candidate of', async () => {
    const candidate = { account_id: 'a', code_challenge: 'x', at: 1 };
    await migrations().put(sampleMigration('waiting', { candidate }), eventAbout('waiting'));
    await migrations().put(sampleMigration('second', { account_id: 'a', started_at: 2_000 }), eventAbout('second'));
    await migrations().put(sampleMigration('first', { account_id: 'a', started_at: 3_000 }), eventAbout('first'));
    await migrations().put(sampleMigration('other', { account_id: 'b' }), eventAbout('other'));
    expect((await migrations().listByAccount('a')).map(({ legacy_id }) => legacy_id)).toEqual(['second', 'first']);
    expect(await migrations().listByAccount('nobody')).toEqual([]);
  });

  test('a candidate is found by the client and the challenge of its request, until another replaces it', async () => {
    const first = sampleMigration('tanaka', { candidate: { account_id: 'a', code_challenge: 'c1', at: 1 } });
    const stored = await migrations().put(first, eventAbout('tanaka'));
    expect(await migrations().findByCandidateChallenge('owners-site', 'c1')).toEqual(stored);
    expect(await migrations().findByCandidateChallenge('other-site', 'c1')).toBeUndefined();
    const replaced = await migrations().put(
      { ...stored, candidate: { account_id: 'b', code_challenge: 'c2', at: 2 } },
      eventAbout('tanaka'),
    );
    expect(await migrations().findByCandidateChallenge('owners-site', 'c1')).toBeUndefined();
    expect(await migrations().findByCandidateChallenge('owners-site', 'c2')).toEqual(replaced);
    const { candidate: _, ...withoutCandidate } = replaced;
    await migrations().put({ ...withoutCandidate, account_id: 'b', completed_at: 3 }, eventAbout('tanaka'));
    expect(await migrations().findByCandidateChallenge('owners-site', 'c2')).toBeUndefined();
    expect(await migrations().listByAccount('b')).toHaveLength(1);
  });
}
