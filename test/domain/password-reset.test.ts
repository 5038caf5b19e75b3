// The checks between a forgotten password and a new one.
import { createSecretKey } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { birthdateFits, longCodeSlot, passwordResetSlot, resetsKey, resetTriesKey } from '../../src/domain/password-reset.ts';

const RESET = { id: 'r', email_canonical: 'a@example.jp' };

test('a recorded birth date has to be typed; an account without one needs none', () => {
  const born = { profile: { birthdate: '1990-01-01' } };
  expect([birthdateFits(born, '1990-01-01'), birthdateFits(born, '1990-01-02'), birthdateFits(born, undefined)]).toEqual([
    true,
    false,
    false,
  ]);
  expect([birthdateFits({ profile: {} }, '1990-01-01'), birthdateFits({ profile: {} }, undefined)]).toEqual([true, true]);
});

test('a code counts in its own reset; a long code in every reset of its address, and its slot does not reveal the address', () => {
  expect(passwordResetSlot(RESET)).toEqual({ id: 'password-reset:r', address: 'a@example.jp', purpose: 'password_reset' });
  const [key, other] = [1, 2].map((byte) => createSecretKey(Buffer.alloc(32, byte)));
  const slot = longCodeSlot(key!, 'a@example.jp');
  expect(slot).toEqual({
    id: expect.stringMatching(/^password-reset-long:[\w-]{43}$/),
    address: 'a@example.jp',
    purpose: 'password_reset',
  });
  expect(longCodeSlot(key!, 'a@example.jp')).toEqual(slot);
  expect(longCodeSlot(key!, 'b@example.jp').id).not.toBe(slot.id);
  expect(longCodeSlot(other!, 'a@example.jp').id).not.toBe(slot.id);
});

test('a known device has its own attempts; new passwords are counted by the address', () => {
  expect(resetTriesKey(RESET)).toBe('password-reset-tries:a@example.jp');
  expect(resetTriesKey({ ...RESET, device: 'd' })).toBe('password-reset-tries:a@example.jp:d');
  expect(resetsKey(RESET)).toBe('password-resets:a@example.jp');
});
