// Where the request of a device came from.
import { expect, test } from '@jest/globals';
import { placeOf } from '../../../src/oidc/device/device-request.ts';

test.each([
  ['127.0.0.1', '127.0.0.1', 'this_machine'],
  ['::1', '203.0.113.5', 'this_machine'],
  ['203.0.113.5', '203.0.113.5', 'same_connection'],
  ['::ffff:203.0.113.5', '203.0.113.5', 'same_connection'],
  ['2001:db8:1:2::3', '2001:db8:1:2:ffff::4', 'same_connection'],
  ['192.168.1.7', '192.168.1.7', 'same_connection'],
  ['192.168.1.7', '203.0.113.5', 'private_network'],
  ['fd00::1', '203.0.113.5', 'private_network'],
  ['203.0.113.6', '203.0.113.5', 'elsewhere'],
  ['2001:db8:1:3::3', '2001:db8:1:2::3', 'elsewhere'],
  ['nonsense', '203.0.113.5', 'elsewhere'],
])('%s, seen from %s: %s', (address, ip, place) => expect(placeOf(address, ip)).toBe(place));
