// Hosts that only this machine or a private network can reach.
import { expect, test } from '@jest/globals';
import { isInside, isThisMachine } from '../../../src/config/unsafe/inside.ts';

test.each([
  ['127.0.0.1', true, true],
  ['::1', true, true],
  ['::ffff:7f00:1', true, true],
  ['localhost', true, true],
  ['0.0.0.0', true, false],
  ['10.255.0.1', true, false],
  ['100.64.0.1', true, false],
  ['169.254.169.254', true, false],
  ['172.31.0.1', true, false],
  ['::ffff:c0a8:1', true, false],
  ['fc00::1', true, false],
  ['fe80::1%eth0.100', true, false],
  ['db.internal', true, false],
  ['db', true, false],
  ['172.32.0.1', false, false],
  ['192.0.2.1', false, false],
  ['2001:db8::1', false, false],
  ['id.example.jp', false, false],
])('%s: inside %s, this machine %s', (host, inside, thisMachine) => {
  expect([isInside(host), isThisMachine(host)]).toEqual([inside, thisMachine]);
});
