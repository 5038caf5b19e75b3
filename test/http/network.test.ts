// The names of addresses and networks by which limits count.
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

test.each([
  ['192.0.2.1:443', '192.0.2.1', '192.0.2.0/24'],
  ['[::1]', '0:0:0:0::/64', '0:0:0::/48'],
  ['[2001:DB8:a:b::1]:443', '2001:db8:a:b::/64', '2001:db8:a::/48'],
  ['[::ffff:192.0.2.1]:443', '192.0.2.1', '192.0.2.0/24'],
])('%s, as proxies write it, is %s in %s', (address, source, network) => {
  expect([sourceOf(address), networkOf(address)]).toEqual([source, network]);
});

const UNREADABLE = [
  '',
  'unknown',
  '127.1',
  '0x7f.0.0.1',
  '1',
  '192.0.2.01',
  '[192.0.2.1]',
  '::1:443:',
  '192.0.2.1%eth0',
  'fe80::1%',
];

test('each text that is no address is a place of its own', () => {
  const places = UNREADABLE.map(sourceOf);
  expect(UNREADABLE.map(networkOf)).toEqual(places);
  expect(new Set(places).size).toBe(UNREADABLE.length);
  for (const place of places) expect(place).toMatch(/^unreadable:[\w-]{22}$/);
});

test('any text gets a name', () => {
  const zoned = fc.tuple(fc.ipV6(), fc.string()).map((parts) => parts.join('%'));
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.ipV4Extended(), fc.ipV6(), zoned),
      (text) => sourceOf(text) !== networkOf(text) || sourceOf(text).startsWith('unreadable:'),
    ),
  );
});
