// The passkeys of an account, and when the last way to sign in would be removed.
import { expect, test } from '@jest/globals';
import {
  counterWentBack,
  isLastSignInMethod,
  MOST_PASSKEYS,
  withoutPasskey,
  withPasskey,
  type Passkey,
} from '../../src/domain/passkey.ts';
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

const MANY = Array.from({ length: MOST_PASSKEYS }, (_, n) => `p${n}`);

test.each([
  ['to an account without passkeys', undefined, [], true],
  ['to the handle that the account has', 'h', ['x'], true],
  ['under another handle', 'other', ['x'], false],
  ['that the account has', 'h', ['new'], false],
  ['to an account with one less than the most', 'h', MANY.slice(1), true],
  ['to an account with the most', 'h', MANY, false],
])('a passkey %s: handle %s, passkeys %j, added: %s', (_, user_handle, ids, isAdded) => {
  const account = sampleAccount('a', { ...(user_handle && { user_handle }), passkeys: ids.map(passkey) });
  const changed = withPasskey(account, 'h', passkey('new'));
  expect(changed && [changed.user_handle, changed.passkeys?.map(({ id }) => id)]).toEqual(
    isAdded ? ['h', [...ids, 'new']] : undefined,
  );
});
