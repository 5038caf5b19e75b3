// The promises of the port about `sweep`, `ping` and `close`.
import { expect, test } from '@jest/globals';
import { eventAbout, sampleAccount } from './samples.ts';
import { useSubject } from './subject.ts';
import type { OpenBackend } from './subject.ts';

export function lifePromises(open: OpenBackend): void {
  const subject = useSubject(open);

  /** 20 things of four kinds that end in a second. */
  async function writeShortLived(): Promise<void> {
    const { artifacts, registrationDrafts, emailCodes, counters } = subject.storage;
    const end = subject.now() + 1_000;
    for (let n = 0; n < 5; n++) {
      await artifacts.save('AccessToken', `t${n}`, {}, end);
      await registrationDrafts.put({ id: `d${n}`, version: 0, expires_at: end });
      const code = { code_hmac: 'h', email_canonical: 'a@b', attempts: 0, sent_at: 0 };
      await emailCodes.put({ id: `c${n}`, ...code, expires_at: end });
      await counters.add(`n${n}`, 1, 1_000);
    }
  }

  test('sweep removes what has expired, up to a limit, and answers how many', async () => {
    await writeShortLived();
    expect(await subject.storage.sweep(100)).toBe(0);
    subject.advance(1_000);
    expect(await subject.storage.sweep(7)).toBe(7);
    expect(await subject.storage.sweep(7)).toBe(7);
    expect(await subject.storage.sweep(100)).toBe(6);
    expect(await subject.storage.sweep(100)).toBe(0);
  });

  test('sweep leaves alone what has not expired', async () => {
    await writeShortLived();
    subject.advance(999);
    expect(await subject.storage.sweep(100)).toBe(0);
    const { artifacts, accounts, jobs } = subject.storage;
    await artifacts.save('Client', 'endless', { n: 1 }, undefined);
    await accounts.create(sampleAccount('a'), eventAbout('a'));
    await jobs.enqueue({ key: 'k', kind: 'send_mail', payload: {}, run_at: 0 });
    subject.advance(1_000);
    await artifacts.save('AccessToken', 't0', { renewed: true }, subject.now() + 1_000);
    expect(await subject.storage.sweep(100)).toBe(19);
    expect(await artifacts.find('AccessToken', 't0')).toEqual({ renewed: true });
    expect(await artifacts.find('Client', 'endless')).toEqual({ n: 1 });
    expect(await accounts.find('a')).toEqual(sampleAccount('a'));
    expect(await jobs.find('k')).toBeDefined();
  });

  test('a large sweep goes on beside readers and writers and harms none of them', async () => {
    const { artifacts } = subject.storage;
    const end = subject.now() + 1_000;
    for (let start = 0; start < subject.large; start += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, n) => artifacts.save('AccessToken', `old${start + n}`, {}, end)));
    }
    subject.advance(1_000);
    const other = await subject.another();
    const sweeps = Promise.all([subject.storage.sweep(10_000), other.sweep(10_000)]);
    const writes = Promise.all(
      Array.from({ length: 100 }, async (_, n) => {
        const id = `old${n * 5}`;
        await artifacts.save('AccessToken', id, { n }, subject.now() + 1_000);
        expect(await other.artifacts.find('AccessToken', id)).toEqual({ n });
      }),
    );
    const [[here, there]] = await Promise.all([sweeps, writes]);
    expect(here + there).toBeGreaterThanOrEqual(subject.large - 100);
    for (let n = 0; n < 100; n++) expect(await artifacts.find('AccessToken', `old${n * 5}`)).toEqual({ n });
    expect(await subject.storage.sweep(10_000)).toBe(0);
  });

  test('ping answers while the database can read and write', async () => {
    await subject.storage.ping();
    await (await subject.another()).ping();
  });

  test('close finishes what is under way; closing again is no mistake', async () => {
    const { accounts, artifacts } = subject.storage;
    const writes = [
      accounts.create(sampleAccount('a'), eventAbout('a')),
      artifacts.save('Session', 's', { n: 1 }, subject.now() + 1_000),
      accounts.create(sampleAccount('b'), eventAbout('b')),
    ];
    const closing = subject.storage.close();
    await Promise.all(writes);
    await closing;
    await subject.reopen();
    expect(await subject.storage.accounts.find('a')).toEqual(sampleAccount('a'));
    expect(await subject.storage.accounts.find('b')).toEqual(sampleAccount('b'));
    expect(await subject.storage.artifacts.find('Session', 's')).toEqual({ n: 1 });
  });

  test('after close a ping is refused', async () => {
    const other = await subject.another();
    await other.close();
    await expect(other.ping()).rejects.toThrow();
  });
}
