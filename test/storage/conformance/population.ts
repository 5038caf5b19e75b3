// The promises of the port about `population`.
import { describe, expect, test } from '@jest/globals';
import { addCounts, type FunnelCounts } from '../../../src/domain/funnel-counts.ts';
import type { LegacyUser, LegacyUserStep, ListedUser } from '../../../src/domain/population.ts';
import { everyEntry } from '../../../src/storage/every-entry.ts';
import { VersionConflict, type Storage } from '../../../src/storage/storage.ts';
import { eventAbout, sampleAccount, sampleMigration } from './samples.ts';
import { answered, thrown, useSubject } from './subject.ts';
import type { OpenBackend } from './subject.ts';

const DAY = 24 * 60 * 60 * 1000;
const PAGE = 1000;

export function listedUser(id: string, overrides: Partial<ListedUser> = {}): ListedUser {
  const row = { client_id: 'owners-site', sealed_legacy_id: `sealed ${id}`, sealed_email: `mail of ${id}`, segment: 'gold' };
  return { id, ...row, list_digest: `digest of ${id}`, at: 5 * DAY, ...overrides };
}

export function stepOf(id: string, overrides: Partial<LegacyUserStep> = {}): LegacyUserStep {
  const base = { id, client_id: 'owners-site', sealed_legacy_id: `sealed ${id}`, at: 6 * DAY, step: 'came' as const };
  return { ...base, ...overrides } as LegacyUserStep;
}

async function everyLegacyUser(storage: Storage): Promise<LegacyUser[]> {
  const all: LegacyUser[] = [];
  for await (const user of everyEntry(storage.population.listAfter, ({ id }) => id, '', PAGE)) all.push(user);
  return all;
}

/** Expects that the counts are the sums over all legacy users. */
export async function expectCounted(storage: Storage): Promise<Record<string, number>> {
  await storage.population.settle();
  const sums: FunnelCounts = new Map();
  for (const user of await everyLegacyUser(storage)) addCounts(sums, user);
  const counts = await storage.population.counts();
  expect(counts).toEqual(Object.fromEntries(sums));
  return counts;
}

/** Expects that a segment is counted as the one legacy user in it says; other segments may change at the same time. */
export async function expectSegmentCounted(storage: Storage, id: string): Promise<void> {
  await storage.population.settle();
  const own: FunnelCounts = new Map();
  const user = await storage.population.find(id);
  if (user) addCounts(own, user);
  const ofSegment = (counts: Record<string, number>) =>
    Object.fromEntries(Object.entries(counts).filter(([key]) => key.startsWith('segment:') && key.endsWith(`:${id}`)));
  const counted = ofSegment(await storage.population.counts());
  expect(counted).toEqual(ofSegment(Object.fromEntries(own)));
  expect(counted).not.toEqual({});
}

export function populationPromises(open: OpenBackend): void {
  const subject = useSubject(open);
  const population = () => subject.storage.population;

  test('a list of legacy users is taken over, once however often it comes, and counted', async () => {
    const rows = [listedUser('b'), listedUser('a', { segment: 'silver', dealer: '23001' }), listedUser('c')];
    expect(await population().list(rows)).toEqual({ added: 3, changed: 0, same: 0 });
    expect(await population().list(rows)).toEqual({ added: 0, changed: 0, same: 3 });
    await subject.reopen();
    expect((await everyLegacyUser(subject.storage)).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(await population().find('a')).toEqual({
      id: 'a',
      version: 1,
      client_id: 'owners-site',
      sealed_legacy_id: 'sealed a',
      sealed_email: 'mail of a',
      list_digest: 'digest of a',
      segment: 'silver',
      dealer: '23001',
      reached: { listed: 5 * DAY },
    });
    expect(await expectCounted(subject.storage)).toMatchObject({
      'all:listed:': 3,
      'segment:listed:gold': 2,
      'segment:listed:silver': 1,
      'dealer:listed:23001': 1,
      'state:listed:': 3,
      'day:listed:1970-01-06': 3,
    });
  });

  test('a later list moves the counts; of two rows with one id the later one counts', async () => {
    await population().list([listedUser('a'), listedUser('b')]);
    const changed = listedUser('a', { segment: 'silver', list_digest: 'other' });
    const twice = [listedUser('c'), listedUser('c', { segment: 'silver', list_digest: 'other' })];
    expect(await population().list([changed, ...twice, listedUser('b')])).toEqual({ added: 1, changed: 2, same: 1 });
    const counts = await expectCounted(subject.storage);
    expect(counts).toMatchObject({ 'all:listed:': 3, 'segment:listed:gold': 1, 'segment:listed:silver': 2 });
  });

  test('a step is taken once, also at once on two nodes, and makes the record if there is none', async () => {
    await population().list([listedUser('a')]);
    const results = await subject.race(20, async (storage, n) =>
      storage.population.follow(stepOf(n % 4 < 2 ? 'a' : 'x', { step: n < 10 ? 'came' : 'terms', device: 'phone' })),
    );
    expect(thrown(results)).toEqual([]);
    const counts = await expectCounted(subject.storage);
    expect(counts).toMatchObject({ 'all:came:': 2, 'all:terms:': 2, 'device:terms:phone': 2, 'unlisted:under_way:': 1 });
    expect(await population().find('x')).toMatchObject({ sealed_legacy_id: 'sealed x', reached: { came: 6 * DAY } });
    // The list names somebody who has come already.
    await population().list([listedUser('x')]);
    expect(await expectCounted(subject.storage)).toMatchObject({ 'all:listed:': 2, 'all:terms:': 2 });
    expect(await population().find('x')).toMatchObject({ sealed_email: 'mail of x', reached: { terms: 6 * DAY } });
  });

  test('a change names the version that it read', async () => {
    const first: LegacyUser = { ...stepOf('a'), version: 0, reached: { came: DAY } } as never;
    const { step: _step, at: _at, ...user } = first as LegacyUser & { step: string; at: number };
    expect(await population().put(user)).toMatchObject({ version: 1 });
    const results = await subject.race(10, async (storage, n) =>
      storage.population.put({ ...user, version: 1, wave: `w${n}`, reached: { came: DAY, invited: n } }),
    );
    expect(answered(results)).toHaveLength(1);
    expect(thrown(results).every((error) => error instanceof VersionConflict)).toBe(true);
    expect(await population().find('a')).toEqual(answered(results)[0]);
    await expect(population().put(user)).rejects.toThrow(VersionConflict);
    await expect(population().put({ ...user, id: 'b', version: 1 })).rejects.toThrow(VersionConflict);
    expect(await expectCounted(subject.storage)).toMatchObject({ 'all:invited:': 1 });
  });

  test('the address goes when the migration is complete or the ID was withdrawn, and a later list does not bring it back', async () => {
    await population().list([listedUser('a'), listedUser('b'), listedUser('c')]);
    await population().follow(stepOf('a', { step: 'completed' }));
    await population().follow(stepOf('b', { step: 'withdrawn' }));
    await population().list([listedUser('a'), listedUser('b'), listedUser('c')]);
    const users = await everyLegacyUser(subject.storage);
    expect(users.map(({ sealed_email: email }) => email)).toEqual([undefined, undefined, 'mail of c']);
    expect(await expectCounted(subject.storage)).toMatchObject({
      'state:completed:': 1,
      'state:withdrawn:': 1,
      'state:listed:': 1,
    });
  });

  test('those who wait are listed, the longest first', async () => {
    for (const [id, days] of Object.entries({ c: 3, a: 2, b: 2, d: 4, e: 5 }))
      await population().follow(stepOf(id, { at: days * DAY }));
    await population().follow(stepOf('d', { step: 'completed', at: 4 * DAY }));
    await population().list([listedUser('f')]);
    const listed = await population().listWaiting(5 * DAY, 2);
    expect(listed.map(({ id }) => id)).toEqual(['a', 'b']);
    const rest = await population().listWaiting(5 * DAY, 10, { since: 2 * DAY, id: 'a' });
    expect(rest.map(({ id }) => id)).toEqual(['b', 'c']);
    expect(await expectCounted(subject.storage)).toMatchObject({ 'waiting:since:1970-01-03': 2, 'waiting:since:1970-01-06': 1 });
  });

  describe('an event that means a step', () => {
    const withStep = (subjectOf: string, step: LegacyUserStep) => ({ ...eventAbout(subjectOf), step });

    test('takes it with the change of a migration or an account, or with the entry of the ledger', async () => {
      await subject.storage.migrations.put(sampleMigration('tanaka'), withStep('tanaka', stepOf('m')));
      await subject.storage.accounts.create(sampleAccount('a'), withStep('a', stepOf('m', { step: 'registered' })));
      for (let n = 0; n < 2; n += 1) {
        await subject.storage.ledger.append(withStep('a', stepOf('m', { step: 'signed_in' })), 'once');
      }
      const counts = await expectCounted(subject.storage);
      expect(counts).toMatchObject({ 'all:came:': 1, 'road:registered:new_id': 1, 'all:signed_in:': 1 });
      await subject.storage.ledger.settle();
      expect(JSON.stringify(await subject.storage.ledger.read(0, 0, 10))).not.toContain('sealed');
    });

    test('takes none if the change is refused', async () => {
      await subject.storage.migrations.put(sampleMigration('tanaka'), eventAbout('tanaka'));
      const late = subject.storage.migrations.put(sampleMigration('tanaka'), withStep('tanaka', stepOf('m')));
      await expect(late).rejects.toThrow(VersionConflict);
      expect(await expectCounted(subject.storage)).toEqual({});
    });
  });

  test('a recount finds the same, while others write', async () => {
    const rows = Array.from({ length: 1_200 }, (_, n) => listedUser(`u${String(n).padStart(5, '0')}`));
    await population().list(rows);
    const other = await subject.another();
    const writing: Promise<void>[] = [];
    const { before, after } = await population().recount((counted) => {
      // Before and behind the place up to which it has counted, and a new one.
      for (const id of ['u00001', 'u00700', 'u01199', `v${counted}`]) {
        writing.push(other.population.follow(stepOf(id, { step: counted > 600 ? 'terms' : 'came' })));
      }
    });
    await Promise.all(writing);
    expect(after).toEqual(before);
    expect(await expectCounted(subject.storage)).toMatchObject({ 'all:listed:': 1_200 });
  });
}
