// The names of places by which limits count.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { networkOf, sourceOf } from '../../src/http/network.ts';

test.each([
  ['192.0.2.1', '192.0.2.1', '192.0.2.0/24'],
  ['::ffff:c000:201', '192.0.2.1', '192.0.2.0/24'],
  ['2001:DB8:a:b::1', '2001:db8:a:b::/64', '2001:db8:a::/48'],
  ['fe80::1%eth0.100', 'fe80:0:0:0::/64', 'fe80:0:0::/48'],
  ['::1', '0:0:0:0::/64', '0:0:0::/48'],
])('%s is %s in %s', (address, source, network) => {
  expect([sourceOf(address), networkOf(address)]).toEqual([source, network]);
});

test.each(['', 'unknown', '127.1', '0x7f.0.0.1', '1', '192.0.2.01', '192.0.2.1:443', '[::1]', '192.0.2.1%eth0', 'fe80::1%'])(
  '%j is no address',
  (text) => {
    expect([sourceOf(text), networkOf(text)]).toEqual(['unknown', 'unknown']);
  },
);

test('any text and any address has a place', () => {
  const zoned = fc.tuple(fc.ipV6(), fc.string()).map((parts) => parts.join('%'));
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.ipV4Extended(), fc.ipV6(), zoned),
      (text) => sourceOf(text) !== networkOf(text) || sourceOf(text) === 'unknown',
    ),
  );
});
