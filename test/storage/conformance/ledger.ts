// What the port promises of the ledger.
import { expect, test } from '@jest/globals';
import { FIRST_PREVIOUS_HASH, ledgerHash } from '../../../src/storage/ledger-hash.ts';
import type { LedgerEntry, LedgerEvent } from '../../../src/storage/storage.ts';
import { eventAbout, sampleAccount, sampleDealerLink, sampleMigration } from './samples.ts';
import { answered, useSubject } from './subject.ts';
import type { OpenBackend } from './subject.ts';

/** Holds a whole ledger to the rule: numbered from 1 without a gap, each hash over the event and the hash before. */
function expectChain(entries: LedgerEntry[]): void {
  let previous = FIRST_PREVIOUS_HASH;
  for (const [index, entry] of entries.entries()) {
    expect(entry.sequence).toBe(index + 1);
    expect(entry.previous_hash).toBe(previous);
    expect(entry.hash).toBe(ledgerHash(previous, entry));
    previous = entry.hash;
  }
}

export function ledgerPromises(open: OpenBackend): void {
  const subject = useSubject(open);
  const read = (after = 0, limit = 1_000) => subject.storage.ledger.read(after, limit);

  test('each change of an account, a link and a migration leaves its event, in order and chained', async () => {
    const event = (type: string): LedgerEvent => ({
      type,
      subject: 'x',
      data: { to: '髙', n: 1.5, yes: true, none: null, 'a.b': 0 },
      at: 7,
    });
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
        sequence: index + 1,
        previous_hash: expect.any(String),
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      })),
    );
    expectChain(entries);
  });

  test('the order of the members of an event does not matter to its hash; everything else does', () => {
    const event: LedgerEvent = { type: 't', subject: 's', data: { a: 1, b: '2' }, at: 3 };
    const hash = ledgerHash(FIRST_PREVIOUS_HASH, event);
    expect(ledgerHash(FIRST_PREVIOUS_HASH, { at: 3, data: { b: '2', a: 1 }, subject: 's', type: 't' })).toBe(hash);
    const others = [{ type: 'u' }, { subject: 'u' }, { at: 4 }, { data: { a: 1 } }, { data: { a: 1, b: 2 } }];
    for (const other of others) expect(ledgerHash(FIRST_PREVIOUS_HASH, { ...event, ...other })).not.toBe(hash);
    expect(ledgerHash(hash, event)).not.toBe(hash);
  });

  test('it is read after a number, at most so many', async () => {
    for (const id of ['a', 'b', 'c', 'd']) await subject.storage.accounts.create(sampleAccount(id), eventAbout(id));
    expect((await read(1, 2)).map((entry) => entry.subject)).toEqual(['b', 'c']);
    expect(await read(4)).toEqual([]);
    expect((await read(2)).map(({ sequence }) => sequence)).toEqual([3, 4]);
  });

  test('parallel changes make one chain, with one event for each change that was written', async () => {
    const results = await subject.race(60, async (storage, n) => {
      const id = `a${n % 40}`;
      await storage.accounts.create(sampleAccount(id), eventAbout(id));
      return id;
    });
    const entries = await read();
    expectChain(entries);
    expect(entries).toHaveLength(40);
    expect(entries.map((entry) => entry.subject).toSorted()).toEqual(answered(results).toSorted());
  });
}
