// The promises of the port about the ledger.
import { expect, test } from '@jest/globals';
import { deriveKey } from '../../../src/domain/derive-key.ts';
import { FIRST_PREVIOUS_HASH } from '../../../src/storage/closed-ledger.ts';
import { createLedgerChain, LEDGER_PARTITIONS, partitionOf } from '../../../src/storage/ledger-chain.ts';
import type { LedgerEntry, LedgerEvent } from '../../../src/storage/storage.ts';
import { ledgerOf } from '../../support/ledger-of.ts';
import { expectChain } from '../expect-whole.ts';
import { eventAbout, sampleAccount, sampleDealerLink, sampleMigration } from './samples.ts';
import { answered, useSubject } from './subject.ts';
import type { OpenBackend } from './subject.ts';

const ODD: LedgerEvent = {
  type: 'thing.changed',
  subject: '髙 x\n:',
  data: { to: '髙', n: 1.5, yes: true, none: null, 'a.b': 0 },
  at: 7,
};

export function ledgerPromises(open: OpenBackend): void {
  const subject = useSubject(open);
  const read = async (): Promise<LedgerEntry[]> => ledgerOf(subject.storage);

  test('each change of an account, a link and a migration leaves its event, those of a subject in order and chained', async () => {
    const event = (type: string): LedgerEvent => ({ ...ODD, type });
    const { accounts, dealerLinks, migrations } = subject.storage;
    await accounts.create(sampleAccount('a'), event('account.created'));
    await accounts.update(sampleAccount('a'), event('account.updated'));
    await dealerLinks.create(sampleDealerLink('l'), event('dealer_link.consented'));
    await dealerLinks.update(sampleDealerLink('l'), event('dealer_link.active'));
    const migration = await migrations.put(sampleMigration('m'), event('migration.started'));
    await migrations.put(migration, event('migration.completed'));
    await subject.reopen();
    const entries = await read();
    const types = ['account.created', 'account.updated', 'dealer_link.consented', 'dealer_link.active'];
    expect(entries).toEqual(
      [...types, 'migration.started', 'migration.completed'].map((type, index) => ({
        ...event(type),
        partition: partitionOf(ODD.subject),
        sequence: index + 1,
        event_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        key_id: expect.stringMatching(/^[0-9a-f]{16}$/),
        previous_hash: index === 0 ? FIRST_PREVIOUS_HASH : entries[index - 1]?.hash,
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      })),
    );
    await expectChain(subject.storage);
    const heads = await subject.storage.ledger.heads();
    expect(heads.map(({ partition }) => partition)).toEqual(Array.from({ length: LEDGER_PARTITIONS }, (_, n) => n));
    expect(heads.filter(({ sequence }) => sequence > 0)).toEqual([
      { partition: partitionOf(ODD.subject), sequence: 6, hash: entries[5]?.hash },
    ]);
    expect(heads.find(({ sequence }) => sequence === 0)?.hash).toBe(FIRST_PREVIOUS_HASH);
  });

  test('everything of an entry matters to its hash, and the key; the order of the members of its data does not', () => {
    const chain = createLedgerChain(deriveKey('a', 'ledger'));
    const last = { sequence: 4, hash: 'ab'.repeat(32) };
    const entry = chain.next(last, { ...eventAbout('s'), data: { a: 1, b: '2' }, event_id: 'e' });
    expect(chain.hashOf({ ...entry, data: { b: '2', a: 1 } })).toBe(entry.hash);
    const others: Partial<LedgerEntry>[] = [
      { type: 'u' },
      { subject: 'u' },
      { at: 4 },
      { data: { a: 1 } },
      { data: { a: '1', b: '2' } },
      { event_id: 'f' },
      { partition: entry.partition + 1 },
      { sequence: 6 },
      { previous_hash: 'cd'.repeat(32) },
    ];
    for (const other of others) expect(chain.hashOf({ ...entry, ...other })).not.toBe(entry.hash);
    const theirs = createLedgerChain(deriveKey('b', 'ledger'));
    expect(theirs.hashOf(entry)).not.toBe(entry.hash);
    expect(theirs.keyId).not.toBe(chain.keyId);
  });

  test('a partition is read after a number, at most so many', async () => {
    const { ledger } = subject.storage;
    for (const n of [1, 2, 3, 4]) await ledger.append({ ...ODD, data: { n } }, `${n}`);
    await ledger.append({ ...ODD, subject: 'of another partition' }, 'other');
    await ledger.settle();
    const partition = partitionOf(ODD.subject);
    expect(partitionOf('of another partition')).not.toBe(partition);
    const numbers = (entries: LedgerEntry[]) => entries.map(({ sequence, data }) => [sequence, data['n']]);
    expect(numbers(await ledger.read(partition, 1, 2))).toEqual([
      [2, 2],
      [3, 3],
    ]);
    expect(await ledger.read(partition, 4, 10)).toEqual([]);
    expect(numbers(await ledger.read(partition, 2, 10))).toEqual([
      [3, 3],
      [4, 4],
    ]);
  });

  test('parallel changes leave one event for each change that was written', async () => {
    const results = await subject.race(60, async (storage, n) => {
      const id = `a${n % 40}`;
      await storage.accounts.create(sampleAccount(id), eventAbout(id));
      return id;
    });
    const subjects = await expectChain(subject.storage);
    expect(subjects).toHaveLength(40);
    expect(subjects.toSorted()).toEqual(answered(results).toSorted());
  });

  test('an event that is no change is one entry for each occurrence, whoever writes it and however often', async () => {
    const signedIn: LedgerEvent = { type: 'account.signed_in', subject: 'a', data: { client_id: 'c', none: null }, at: 5 };
    await subject.race(40, async (storage, n) => storage.ledger.append({ ...signedIn, data: { n: n % 10 } }, `uid${n % 10}`));
    // Also after it was added to its chain.
    await subject.storage.ledger.settle();
    const other = await subject.another();
    await other.ledger.append({ ...signedIn, data: { n: 3 } }, 'uid3');
    await other.ledger.append({ ...signedIn, type: 'session.ended' }, 'uid3');
    const entries = await ledgerOf(other);
    const numbers = entries.filter(({ type }) => type === signedIn.type).map(({ data }) => Number(data['n']));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, n) => n));
    expect(entries.filter(({ type }) => type === 'session.ended')).toMatchObject([{ ...signedIn, type: 'session.ended' }]);
    await expectChain(other);
  });

  test('after settle every reader finds what was acknowledged before', async () => {
    const other = await subject.another();
    await Promise.all(
      Array.from({ length: 30 }, async (_, n) => subject.storage.accounts.create(sampleAccount(`a${n}`), eventAbout(`a${n}`))),
    );
    await subject.storage.ledger.append(eventAbout('signed in'), 'once');
    expect(await ledgerOf(other)).toHaveLength(31);
  });

  test('of parallel anchors of one number one stands; they are read after a number, in order', async () => {
    const results = await subject.race(10, async (storage, n) => storage.ledger.addAnchor({ sequence: 1, document: `${n}` }));
    expect(answered(results).filter(Boolean)).toHaveLength(1);
    const { ledger } = subject.storage;
    const [first] = await ledger.anchors(0, 10);
    expect(first?.document).toBe(`${answered(results).indexOf(true)}`);
    for (const sequence of [2, 3]) expect(await ledger.addAnchor({ sequence, document: 'x' })).toBe(true);
    expect((await ledger.anchors(1, 1)).map(({ sequence }) => sequence)).toEqual([2]);
    expect(await ledger.lastAnchor()).toEqual({ sequence: 3, document: 'x' });
  });
}
