// The promises of the port about `dealerLinks`.
import { expect, test } from '@jest/globals';
import { AlreadyExists, VersionConflict } from '../../../src/storage/storage.ts';
import { ledgerOf } from '../../support/ledger-of.ts';
import { eventAbout, sampleDealerLink } from './samples.ts';
import { answered, thrown, useSubject } from './subject.ts';
import type { OpenBackend } from './subject.ts';

export function dealerLinkPromises(open: OpenBackend): void {
  const subject = useSubject(open);
  const links = () => subject.storage.dealerLinks;
  const eventCount = async () => (await ledgerOf(subject.storage)).length;

  test('a link is found deep-equal, also after reopening, and leaves an event', async () => {
    await links().create(sampleDealerLink('l'), eventAbout('l'));
    await subject.reopen();
    expect(await links().find('l')).toEqual(sampleDealerLink('l'));
    expect(await links().find('m')).toBeUndefined();
    expect(await eventCount()).toBe(1);
  });

  test('a new link has version 1', async () => {
    await expect(links().create(sampleDealerLink('l', { version: 0 }), eventAbout('l'))).rejects.toThrow(RangeError);
  });

  test('an account and a dealer have one link', async () => {
    const pair = { account_id: 'a', dealer: '23001' };
    await links().create(sampleDealerLink('l', pair), eventAbout('l'));
    for (const second of [sampleDealerLink('m', pair), sampleDealerLink('l', pair)]) {
      await expect(links().create(second, eventAbout(second.id))).rejects.toMatchObject({ what: 'dealer_link' });
    }
    await links().create(sampleDealerLink('n', { ...pair, dealer: '23002' }), eventAbout('n'));
    await links().create(sampleDealerLink('o', { ...pair, account_id: 'b' }), eventAbout('o'));
    expect(await links().find('m')).toBeUndefined();
    expect(await eventCount()).toBe(3);
  });

  test('of 50 parallel creations for one account and dealer exactly one is written', async () => {
    const results = await subject.race(50, (storage, n) =>
      storage.dealerLinks.create(sampleDealerLink(`l${n}`, { account_id: 'a' }), eventAbout(`l${n}`)),
    );
    expect(answered(results)).toHaveLength(1);
    expect(thrown(results).every((error) => error instanceof AlreadyExists)).toBe(true);
    expect(await links().listByAccount('a')).toHaveLength(1);
    expect(await eventCount()).toBe(1);
  });

  test('update writes the next version and answers it; another version is refused', async () => {
    await links().create(sampleDealerLink('l'), eventAbout('l'));
    const active = sampleDealerLink('l', { status: 'active', linked_at: 2_000, updated_at: 2_000 });
    expect(await links().update(active, eventAbout('l'))).toEqual({ ...active, version: 2 });
    await expect(links().update(active, eventAbout('l'))).rejects.toThrow(VersionConflict);
    await expect(links().update(sampleDealerLink('none'), eventAbout('none'))).rejects.toThrow(VersionConflict);
    expect(await links().find('l')).toEqual({ ...active, version: 2 });
    expect(await eventCount()).toBe(2);
  });

  test('of 50 parallel updates of one version exactly one is written', async () => {
    await links().create(sampleDealerLink('l'), eventAbout('l'));
    const results = await subject.race(50, (storage, n) =>
      storage.dealerLinks.update(sampleDealerLink('l', { updated_at: 2_000 + n }), eventAbout('l')),
    );
    expect(answered(results)).toHaveLength(1);
    expect(await links().find('l')).toEqual(answered(results)[0]);
    expect(await eventCount()).toBe(2);
  });

  test('an account lists its links, oldest first', async () => {
    for (const [n, dealer] of ['3', '1', '2'].entries()) {
      const link = sampleDealerLink(`l${dealer}`, { account_id: 'a', dealer, created_at: n, updated_at: n });
      await links().create(link, eventAbout(link.id));
    }
    await links().create(sampleDealerLink('other', { account_id: 'b' }), eventAbout('other'));
    const first = await links().find('l3');
    if (first) await links().update({ ...first, status: 'withdrawn', updated_at: 9 }, eventAbout('l3'));
    expect((await links().listByAccount('a')).map(({ dealer }) => dealer)).toEqual(['3', '1', '2']);
    expect(await links().listByAccount('nobody')).toEqual([]);
  });

  test('listByStatus answers what was last touched before a time, oldest first, at most so many', async () => {
    for (const [id, updated_at] of [
      ['c', 30],
      ['a', 10],
      ['b', 20],
      ['d', 40],
    ] as const) {
      await links().create(sampleDealerLink(id, { updated_at }), eventAbout(id));
    }
    await links().create(sampleDealerLink('active', { updated_at: 5, status: 'active' }), eventAbout('active'));
    const ids = async (before: number, limit: number) =>
      (await links().listByStatus('pending', before, limit)).map(({ id }) => id);
    expect(await ids(40, 10)).toEqual(['a', 'b', 'c']);
    expect(await ids(40, 2)).toEqual(['a', 'b']);
    expect(await ids(10, 10)).toEqual([]);
    const b = await links().find('b');
    if (b) await links().update({ ...b, status: 'active' }, eventAbout('b'));
    expect(await ids(40, 10)).toEqual(['a', 'c']);
  });
}
