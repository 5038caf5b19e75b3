// Accounts that have signed in in a browser before.
import { expect, test } from '@jest/globals';
import { createKnownDevices } from '../../src/authentication/known-device.ts';

type Written = { name: string; value: string; options: object };

/** A browser with its cookies. */
function createBrowser(cookies = new Map<string, string>()) {
  const written: Written[] = [];
  const ctx = {
    cookies: {
      // A cookie that is read unsigned could be forged.
      get: (name: string, options?: { signed?: boolean }) => (options?.signed ? cookies.get(name) : undefined),
      set(name: string, value: string, options: object) {
        written.push({ name, value, options });
        cookies.set(name, value);
      },
    },
  };
  return { ctx: ctx as never, cookies, written };
}

const devices = createKnownDevices(true);

test('an account that has signed in here is known by the browser’s id, and no other account is', () => {
  const { ctx, written } = createBrowser();
  expect(devices.read(ctx, 'a')).toBeUndefined();
  devices.remember(ctx, 'a');
  const id = devices.read(ctx, 'a');
  expect(id).toMatch(/^[\w-]{22}$/);
  expect(devices.read(ctx, 'b')).toBeUndefined();
  // A second account of the same browser has the same id, and does not replace the first.
  devices.remember(ctx, 'b');
  expect([devices.read(ctx, 'a'), devices.read(ctx, 'b')]).toEqual([id, id]);
  expect(written[0]).toMatchObject({
    name: '__Host-common-id.device',
    options: { signed: true, httpOnly: true, sameSite: 'lax', secure: true, path: '/', maxAge: 365 * 24 * 60 * 60 * 1000 },
  });
});

test('the cookie reveals no account, and has no meaning in another browser', () => {
  const [one, other] = [createBrowser(), createBrowser()];
  devices.remember(one.ctx, 'account-1');
  devices.remember(other.ctx, 'account-1');
  const [mine, theirs] = [one, other].map(({ written }) => written[0]?.value.split('~') ?? []);
  expect(one.written[0]?.value).not.toContain('account-1');
  expect(mine?.[1]).not.toBe(theirs?.[1]);
  const mixed = createBrowser(new Map([['__Host-common-id.device', `${mine?.[0]}~${theirs?.[1]}`]]));
  expect(devices.read(mixed.ctx, 'account-1')).toBeUndefined();
});

test('the last five accounts are kept, each once', () => {
  const { ctx, cookies } = createBrowser();
  for (const account of ['1', '2', '3', '1', '4', '5', '6']) devices.remember(ctx, account);
  expect(['1', '2', '3', '4', '5', '6'].filter((account) => devices.read(ctx, account) !== undefined)).toEqual([
    '1',
    '3',
    '4',
    '5',
    '6',
  ]);
  expect([...cookies.values()][0]?.split('~')).toHaveLength(6);
});

test('without https the cookie has no prefix, because browsers would refuse it', () => {
  const { ctx, written } = createBrowser();
  createKnownDevices(false).remember(ctx, 'a');
  expect(written).toMatchObject([{ name: 'common-id.device', options: { secure: false } }]);
});
