// The promises of the port about `accounts`.
import { expect, test } from '@jest/globals';
import { AlreadyExists, VersionConflict } from '../../../src/storage/storage.ts';
import { answered, thrown, useSubject } from './subject.ts';
import type { OpenBackend } from './subject.ts';
import { ledgerOf } from '../../support/ledger-of.ts';
import { eventAbout, sampleAccount } from './samples.ts';

export function accountPromises(open: OpenBackend): void {
  const subject = useSubject(open);
  const accounts = () => subject.storage.accounts;
  const eventCount = async () => (await ledgerOf(subject.storage)).length;

  test('an account is found by its id and by its canonical address, deep-equal, also after reopening', async () => {
    const account = sampleAccount('a', { email: 'Taro@Example.JP', email_canonical: 'taro@example.jp' });
    await accounts().create(account, eventAbout('a'));
    await subject.reopen();
    expect(await accounts().find('a')).toEqual(account);
    expect(await accounts().findByEmail('taro@example.jp')).toEqual(account);
    expect(await accounts().findByEmail('Taro@Example.JP')).toBeUndefined();
    expect(await accounts().findByEmail('a')).toBeUndefined();
    expect(await accounts().find('taro@example.jp')).toBeUndefined();
  });

  test('what is answered is a copy', async () => {
    await accounts().create(sampleAccount('a'), eventAbout('a'));
    const found = await accounts().find('a');
    found?.terms.pop();
    expect(await accounts().find('a')).toEqual(sampleAccount('a'));
  });

  test('a new account has version 1', async () => {
    await expect(accounts().create(sampleAccount('a', { version: 2 }), eventAbout('a'))).rejects.toThrow(RangeError);
    expect(await accounts().find('a')).toBeUndefined();
  });

  test('an address has one account; an id has one account', async () => {
    await accounts().create(sampleAccount('a'), eventAbout('a'));
    const sameEmail = sampleAccount('b', { email_canonical: sampleAccount('a').email_canonical });
    await expect(accounts().create(sameEmail, eventAbout('b'))).rejects.toMatchObject({ name: 'AlreadyExists', what: 'email' });
    expect(await accounts().find('b')).toBeUndefined();
    const sameId = sampleAccount('a', { email_canonical: 'other@example.jp' });
    await expect(accounts().create(sameId, eventAbout('a'))).rejects.toMatchObject({ name: 'AlreadyExists', what: 'id' });
    expect(await accounts().findByEmail('other@example.jp')).toBeUndefined();
    expect(await accounts().find('a')).toEqual(sampleAccount('a'));
    expect(await eventCount()).toBe(1);
  });

  test('what is taken is named, its value is not', async () => {
    await accounts().create(sampleAccount('a'), eventAbout('a'));
    const [error] = thrown(await Promise.allSettled([accounts().create(sampleAccount('a'), eventAbout('a'))]));
    expect(error).toBeInstanceOf(AlreadyExists);
    expect(String(error)).not.toContain('example.jp');
  });

  test('of 50 parallel registrations of one address exactly one makes an account, and one event', async () => {
    const results = await subject.race(50, async (storage, n) => {
      await storage.accounts.create(sampleAccount(`a${n}`, { email_canonical: 'raced@example.jp' }), eventAbout(`a${n}`));
      return `a${n}`;
    });
    const [winner, ...others] = answered(results);
    expect(others).toEqual([]);
    expect(thrown(results).every((error) => error instanceof AlreadyExists && error.what === 'email')).toBe(true);
    expect(await accounts().findByEmail('raced@example.jp')).toMatchObject({ id: winner });
    for (let n = 0; n < 50; n++) expect((await accounts().find(`a${n}`)) !== undefined).toBe(`a${n}` === winner);
    expect(await ledgerOf(subject.storage)).toMatchObject([{ subject: winner }]);
  });

  test('update writes the next version and answers it', async () => {
    await accounts().create(sampleAccount('a'), eventAbout('a'));
    const changed = sampleAccount('a', { profile: { family_name: '髙橋', birthdate: '1995-12-25' }, disabled_at: 5 });
    expect(await accounts().update(changed, eventAbout('a'))).toEqual({ ...changed, version: 2 });
    expect(changed.version).toBe(1);
    await subject.reopen();
    expect(await accounts().find('a')).toEqual({ ...changed, version: 2 });
    expect(await eventCount()).toBe(2);
  });

  test('an update that names another version is refused and changes nothing', async () => {
    await accounts().create(sampleAccount('a'), eventAbout('a'));
    await accounts().update(sampleAccount('a', { language: 'en' }), eventAbout('a'));
    for (const version of [0, 1, 3]) {
      const late = sampleAccount('a', { version, email_canonical: 'late@example.jp' });
      await expect(accounts().update(late, eventAbout('a'))).rejects.toThrow(VersionConflict);
    }
    await expect(accounts().update(sampleAccount('nobody'), eventAbout('nobody'))).rejects.toThrow(VersionConflict);
    expect(await accounts().find('a')).toEqual(sampleAccount('a', { language: 'en', version: 2 }));
    expect(await accounts().findByEmail('late@example.jp')).toBeUndefined();
    expect(await eventCount()).toBe(2);
  });

  test('of 50 parallel updates of one version exactly one is written', async () => {
    await accounts().create(sampleAccount('a'), eventAbout('a'));
    const results = await subject.race(50, (storage, n) =>
      storage.accounts.update(sampleAccount('a', { language: `l${n}` }), eventAbout('a')),
    );
    expect(answered(results)).toHaveLength(1);
    expect(thrown(results).every((error) => error instanceof VersionConflict)).toBe(true);
    expect(await accounts().find('a')).toEqual(answered(results)[0]);
    expect(await eventCount()).toBe(2);
  });

  test('a change of address takes the new one and frees the old one', async () => {
    await accounts().create(sampleAccount('a', { email_canonical: 'old@example.jp' }), eventAbout('a'));
    await accounts().update(sampleAccount('a', { email_canonical: 'new@example.jp' }), eventAbout('a'));
    expect(await accounts().findByEmail('old@example.jp')).toBeUndefined();
    expect(await accounts().findByEmail('new@example.jp')).toMatchObject({ id: 'a', version: 2 });
    await accounts().create(sampleAccount('b', { email_canonical: 'old@example.jp' }), eventAbout('b'));
    const third = sampleAccount('c', { email_canonical: 'new@example.jp' });
    await expect(accounts().create(third, eventAbout('c'))).rejects.toThrow(AlreadyExists);
  });

  test('a change to an address that is taken leaves the account as it was', async () => {
    await accounts().create(sampleAccount('a', { email_canonical: 'a@example.jp' }), eventAbout('a'));
    await accounts().create(sampleAccount('b', { email_canonical: 'b@example.jp' }), eventAbout('b'));
    const change = sampleAccount('a', { email_canonical: 'b@example.jp', language: 'en' });
    await expect(accounts().update(change, eventAbout('a'))).rejects.toMatchObject({ name: 'AlreadyExists', what: 'email' });
    expect(await accounts().findByEmail('a@example.jp')).toEqual(sampleAccount('a', { email_canonical: 'a@example.jp' }));
    expect(await accounts().findByEmail('b@example.jp')).toMatchObject({ id: 'b' });
    expect(await eventCount()).toBe(2);
  });

  test('of accounts that change to one address at once exactly one gets it, and the others keep theirs', async () => {
    const ids = Array.from({ length: 20 }, (_, n) => `a${n}`);
    for (const id of ids) await accounts().create(sampleAccount(id), eventAbout(id));
    const results = await subject.race(20, (storage, n) =>
      storage.accounts.update(sampleAccount(`a${n}`, { email_canonical: 'wanted@example.jp' }), eventAbout(`a${n}`)),
    );
    const [winner, ...others] = answered(results);
    expect(others).toEqual([]);
    expect(await accounts().findByEmail('wanted@example.jp')).toMatchObject({ id: winner?.id });
    for (const id of ids) {
      const byOldAddress = await accounts().findByEmail(sampleAccount(id).email_canonical);
      expect(byOldAddress?.id).toBe(id === winner?.id ? undefined : id);
    }
  });

  test('a phone number that is a login ID has one account, also under parallel writers; one that is contact data may have many', async () => {
    const phone = { phone_canonical: '+819012345678' };
    const results = await subject.race(20, async (storage, n) => {
      await storage.accounts.create(sampleAccount(`a${n}`, phone), eventAbout(`a${n}`));
      return `a${n}`;
    });
    const [winner = '', ...others] = answered(results);
    expect(others).toEqual([]);
    expect(thrown(results).every((error) => error instanceof AlreadyExists && error.what === 'phone')).toBe(true);
    expect(await eventCount()).toBe(1);
    // The addresses of the calls that lost are free.
    for (let n = 0; n < 20; n++) {
      if (`a${n}` !== winner) await accounts().create(sampleAccount(`a${n}`), eventAbout(`a${n}`));
    }
    const loser = winner === 'a0' ? 'a1' : 'a0';
    const taking = accounts().update(sampleAccount(loser, { ...phone, email_canonical: 'new@example.jp' }), eventAbout(loser));
    await expect(taking).rejects.toMatchObject({ name: 'AlreadyExists', what: 'phone' });
    expect(await accounts().findByEmail('new@example.jp')).toBeUndefined();
    await accounts().update(sampleAccount(winner), eventAbout(winner));
    const moved = await accounts().update(sampleAccount(loser, phone), eventAbout(loser));
    expect(await accounts().find(loser)).toEqual(moved);
    expect(await accounts().findByPhone(phone.phone_canonical)).toEqual(moved);
    const back = accounts().update(sampleAccount(winner, { ...phone, version: 2 }), eventAbout(winner));
    await expect(back).rejects.toMatchObject({ what: 'phone' });
  });

  test('an account is found by its login number, and not by a number of its profile, nor by one that it had', async () => {
    const [first, second] = ['+819011112222', '+819033334444'];
    const profile = { ...sampleAccount('a1').profile, phone_number: first };
    await accounts().create(sampleAccount('a1', { profile }), eventAbout('a1'));
    expect(await accounts().findByPhone(first)).toBeUndefined();
    await accounts().update(sampleAccount('a1', { profile, phone_canonical: first }), eventAbout('a1'));
    expect(await accounts().findByPhone(first)).toMatchObject({ id: 'a1', phone_canonical: first });
    await accounts().update(sampleAccount('a1', { version: 2, phone_canonical: second }), eventAbout('a1'));
    expect([await accounts().findByPhone(first), (await accounts().findByPhone(second))?.id]).toEqual([undefined, 'a1']);
    expect(await accounts().findByPhone(sampleAccount('a1').email_canonical)).toBeUndefined();
    await accounts().erase(sampleAccount('a1', { version: 3 }), eventAbout('a1'));
    expect(await accounts().findByPhone(second)).toBeUndefined();
  });
}
