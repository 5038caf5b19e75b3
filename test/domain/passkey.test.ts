// The passkeys of an account, and when the last way to sign in would be removed.
import { expect, test } from '@jest/globals';
import { counterWentBack, isLastSignInMethod, withoutPasskey, type Passkey } from '../../src/domain/passkey.ts';
import { sampleAccount } from '../storage/conformance/samples.ts';

const passkey = (id: string): Passkey => ({
  id,
  public_key: 'AA',
  counter: 0,
  transports: [],
  name: id,
  created_at: 1,
  device_type: 'singleDevice',
  backed_up: false,
});

test.each([
  ['a password and one passkey', 'hash', ['x'], false],
  ['two passkeys alone', '', ['x', 'y'], false],
  ['one passkey alone', '', ['x'], true],
])('%s: the passkey is the last way to sign in: %s %j %s', (_, password_hash, ids, isLast) => {
  const account = sampleAccount('a', { password_hash, passkeys: ids.map(passkey) });
  expect(isLastSignInMethod(account, 'x')).toBe(isLast);
  expect(withoutPasskey(account, 'x')?.passkeys?.map(({ id }) => id)).toEqual(isLast ? undefined : ids.slice(1));
  expect(withoutPasskey(account, 'z')).toBeUndefined();
});

test.each([
  [0, 0, false],
  [0, 1, false],
  [5, 6, false],
  [5, 5, true],
  [5, 4, true],
  [5, 0, true],
])('after the counter %i, the counter %i went back: %s', (last, counter, wentBack) => {
  expect(counterWentBack({ counter: last }, counter)).toBe(wentBack);
});
