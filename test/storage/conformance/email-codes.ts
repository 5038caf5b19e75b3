// The promises of the port about `emailCodes`.
import { expect, test } from '@jest/globals';
import type { EmailCode } from '../../../src/storage/storage.ts';
import { answered, useSubject } from './subject.ts';
import type { OpenBackend } from './subject.ts';

export function emailCodePromises(open: OpenBackend): void {
  const subject = useSubject(open);
  const codes = () => subject.storage.emailCodes;
  const id = 'registration:i1';
  const code = (overrides: Partial<EmailCode> = {}): EmailCode => ({
    id,
    code_hmac: 'h1',
    email_canonical: 'taro@example.jp',
    attempts: 0,
    sent_at: subject.now(),
    expires_at: subject.now() + 600_000,
    ...overrides,
  });

  test('a code is found in its slot without counting, also after reopening', async () => {
    await codes().put(code());
    await subject.reopen();
    expect(await codes().find(id)).toEqual(code());
    expect(await codes().find(id)).toEqual(code());
    expect(await codes().find('registration:i2')).toBeUndefined();
  });

  test('an attempt is counted before the code is answered; after the last there is no code', async () => {
    await codes().put(code());
    expect(await codes().countAttempt(id, 2)).toEqual(code({ attempts: 1 }));
    await subject.reopen();
    expect(await codes().countAttempt(id, 2)).toEqual(code({ attempts: 2 }));
    expect(await codes().countAttempt(id, 2)).toBeUndefined();
    expect(await codes().find(id)).toEqual(code({ attempts: 2 }));
    expect(await codes().countAttempt('registration:i2', 2)).toBeUndefined();
  });

  test('of 50 parallel attempts at most the maximum get the code', async () => {
    await codes().put(code());
    const results = await subject.race(50, (storage) => storage.emailCodes.countAttempt(id, 5));
    const seen = answered(results).filter((found) => found !== undefined);
    expect(seen.map(({ attempts }) => attempts).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
  });

  test('a code that is put kills the one that was there, and brings its own count', async () => {
    await codes().put(code());
    await codes().countAttempt(id, 5);
    await codes().put(code({ code_hmac: 'h2', attempts: 3 }));
    expect(await codes().consume(id, 'h1')).toBe(false);
    expect(await codes().countAttempt(id, 5)).toEqual(code({ code_hmac: 'h2', attempts: 4 }));
    expect(await codes().consume(id, 'h2')).toBe(true);
  });

  test('a code that was asked for earlier does not replace a younger one that stands', async () => {
    const younger = code({ code_hmac: 'younger', sent_at: subject.now() + 1 });
    await codes().put(younger);
    await codes().put(code());
    expect(await codes().find(id)).toEqual(younger);
    // Of two parallel calls the later code stays, whichever was written first.
    const other = 'registration:i3';
    await subject.race(8, (storage, n) =>
      storage.emailCodes.put(code({ id: other, code_hmac: `h${n}`, sent_at: subject.now() + n })),
    );
    expect(await codes().find(other)).toMatchObject({ code_hmac: 'h7' });
    await codes().put(code({ ...younger, expires_at: subject.now() }));
    await codes().put(code());
    expect(await codes().find(id)).toEqual(code());
  });

  test('consume takes the code out once, and only this one', async () => {
    await codes().put(code());
    expect(await codes().consume(id, 'other')).toBe(false);
    expect(await codes().consume('registration:i2', 'h1')).toBe(false);
    expect(await codes().consume(id, 'h1')).toBe(true);
    expect(await codes().consume(id, 'h1')).toBe(false);
    expect(await codes().find(id)).toBeUndefined();
    expect(await codes().countAttempt(id, 5)).toBeUndefined();
  });

  test('of 20 parallel consumes exactly one is answered true', async () => {
    await codes().put(code());
    const results = await subject.race(20, (storage) => storage.emailCodes.consume(id, 'h1'));
    expect(answered(results).filter(Boolean)).toHaveLength(1);
  });

  test('an expired code is no code', async () => {
    await codes().put(code());
    subject.advance(599_999);
    expect(await codes().find(id)).toBeDefined();
    subject.advance(1);
    expect(await codes().find(id)).toBeUndefined();
    expect(await codes().countAttempt(id, 5)).toBeUndefined();
    expect(await codes().consume(id, 'h1')).toBe(false);
    await codes().put(code({ code_hmac: 'h2' }));
    expect(await codes().countAttempt(id, 5)).toEqual(code({ code_hmac: 'h2', attempts: 1 }));
  });
}
