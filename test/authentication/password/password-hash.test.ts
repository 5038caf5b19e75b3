// The hashing lane (attacks 25, 30 and 31; faults F15 and F16).
import { describe, expect, test } from '@jest/globals';
import bcrypt from 'bcrypt';
import { createPasswordHasher, HashingLaneFull, PasswordTooLong } from '../../../src/authentication/password/password-hash.ts';

const hasher = createPasswordHasher({ cost: 4, concurrency: 2, queueLimit: 10 });

test('a password matches its hash, and no other one does', async () => {
  const hash = await hasher.hash('Common-2026');
  expect(hash).toMatch(/^\$2b\$04\$/);
  expect(await hasher.verify('Common-2026', hash)).toBe(true);
  for (const other of ['common-2026', 'Common-2026 ', ' Common-2026', 'Ｃommon-2026', 'Common-202', 'Common-2026\0', '']) {
    expect(await hasher.verify(other, hash)).toBe(false);
  }
});

test('the same characters in another form of Unicode, and other spaces, are the same password; other characters are not', async () => {
  const hash = await hasher.hash('Über caf\u00e9 が 2026');
  for (const same of ['Über cafe\u0301 が 2026', 'Über caf\u00e9 か\u3099 2026', 'Über\u3000café\u00a0が\u20032026'])
    expect([
      same,
      await hasher.verify(same, hash),
      await hasher.verify('Über caf\u00e9 が 2026', await hasher.hash(same)),
    ]).toEqual([same, true, true]);
  for (const other of ['Über café が ２026', 'Uber café が 2026', 'Übercafé が 2026', 'Über café ガ 2026'])
    expect([other, await hasher.verify(other, hash)]).toEqual([other, false]);
});

test('more than 72 bytes are refused before hashing, and never match', async () => {
  const longest = 'é'.repeat(36);
  const hash = await hasher.hash(longest);
  expect(await hasher.verify(longest, hash)).toBe(true);
  // bcrypt alone would accept it, because it reads 72 bytes.
  expect(await bcrypt.compare(`${longest}x`, hash)).toBe(true);
  expect(await hasher.verify(`${longest}x`, hash)).toBe(false);
  await expect(hasher.hash(`${longest}x`)).rejects.toThrow(PasswordTooLong);
  await expect(hasher.hash('a'.repeat(1024 * 1024))).rejects.toThrow(PasswordTooLong);
});

test('a NUL does not end a password', async () => {
  const hash = await hasher.hash('abc\0def1');
  expect(await hasher.verify('abc', hash)).toBe(false);
  expect(await hasher.verify('abc\0def1', hash)).toBe(true);
});

test.each([
  ['empty', ''],
  ['text', 'not a hash'],
  ['another algorithm', '$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA'],
  ['cut off', '$2b$04$aaaaaaaaaaaaaaaaaaaaaa'],
  ['impossible cost', `$2b$99$${'a'.repeat(53)}`],
  ['cost that would take days', `$2b$31$${'a'.repeat(53)}`],
  ['cost below bcrypt', `$2b$01$${'a'.repeat(53)}`],
])('a malformed hash is no password: %s', async (_, hash) => {
  expect(await hasher.verify('Common-2026', hash)).toBe(false);
  expect(hasher.needsRehash(hash)).toBe(true);
});

test('older hashes match, and are recognised as older', async () => {
  const older = (await bcrypt.hash('Common-2026', 5)).replace('$2b$', '$2a$');
  expect(await hasher.verify('Common-2026', older)).toBe(true);
  expect(hasher.needsRehash(older)).toBe(true);
  expect(hasher.needsRehash(await bcrypt.hash('Common-2026', 5))).toBe(true);
  expect(hasher.needsRehash(await hasher.hash('Common-2026'))).toBe(false);
});

describe('an account that does not exist', () => {
  test('never gets in', async () => {
    for (const password of ['', 'Common-2026', 'a'.repeat(100)]) expect(await hasher.verifyAgainstNothing(password)).toBe(false);
  });

  test('costs as much as an existing one, and so do a malformed hash and a long password', async () => {
    let work = 0;
    const counting = {
      hash: bcrypt.hash.bind(bcrypt),
      compare: async (password: string, hash: string) => {
        work += 2 ** bcrypt.getRounds(hash);
        return bcrypt.compare(password, hash);
      },
    } as typeof bcrypt;
    const slower = createPasswordHasher({ cost: 10, concurrency: 1, queueLimit: 10, algorithm: counting });
    const hash = await slower.hash('Common-2026');
    const cheaper = await bcrypt.hash('Common-2026', 8);
    const tries = [
      () => slower.verify('wrong-2026', hash),
      () => slower.verify('wrong-2026', cheaper),
      () => slower.verifyAgainstNothing('wrong-2026'),
      () => slower.verify('wrong-2026', 'malformed'),
      () => slower.verify('wrong-2026', `$2b$01$${'a'.repeat(53)}`),
      () => slower.verify('a'.repeat(73), hash),
    ];
    for (const attempt of tries) {
      work = 0;
      await attempt();
      expect([String(attempt), work]).toEqual([String(attempt), 2 ** 10]);
    }
  });
});

describe('the lane', () => {
  test('accepts running and waiting hashes up to its size, and refuses the rest at once', async () => {
    const small = createPasswordHasher({ cost: 8, concurrency: 2, queueLimit: 3 });
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => small.verifyAgainstNothing('Common-2026')));
    expect(results.map((result) => result.status)).toEqual([
      ...Array.from({ length: 5 }, () => 'fulfilled'),
      'rejected',
      'rejected',
      'rejected',
    ]);
    const refused = results[5] as PromiseRejectedResult;
    expect(refused.reason).toBeInstanceOf(HashingLaneFull);
    expect((refused.reason as HashingLaneFull).retryAfterSeconds).toBeGreaterThanOrEqual(1);
  });

  test('is first come, first served, and free again afterwards, also after a failure', async () => {
    const one = createPasswordHasher({ cost: 4, concurrency: 1, queueLimit: 100 });
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        await one.verifyAgainstNothing('x');
        order.push(index);
      }),
    );
    expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index));

    const none = createPasswordHasher({ cost: 4, concurrency: 1, queueLimit: 0 });
    for (let round = 0; round < 3; round += 1) {
      await expect(none.hash('a'.repeat(73))).rejects.toThrow(PasswordTooLong);
      expect(await none.verifyAgainstNothing('x')).toBe(false);
    }
  });

  test('refuses most of a flood of 5,000 quickly, while the accepted ones succeed', async () => {
    // Five of the twenty waiting places are for known devices.
    const lane = createPasswordHasher({ cost: 6, concurrency: 2, queueLimit: 20 });
    const flood = Array.from({ length: 5000 }, () =>
      lane.verifyAgainstNothing('x').then(
        () => 'done',
        () => 'refused',
      ),
    );
    const outcomes = await Promise.all(flood);
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(2 + 15);
    expect(await lane.verifyAgainstNothing('x')).toBe(false);
  });
});
