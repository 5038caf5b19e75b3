// Where nobody can listen, the start says which setting to change.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listen, type Listening } from '../../src/start/listen.ts';

const host = '127.0.0.1';
const setting = 'OWNERS_SITE_URL';

let first: Listening;
beforeAll(async () => {
  first = await listen(() => undefined, { port: 0, host, setting });
});
afterAll(async () => first.close(0));

test('a port that is taken names its setting', async () => {
  const { port } = first;
  const second = listen(() => undefined, { port, host, setting });
  await expect(second).rejects.toThrow(`OWNERS_SITE_URL: port ${port} is taken by another program`);
});

test('an address that is not of this machine names HOST', async () => {
  const elsewhere = listen(() => undefined, { port: 0, host: '192.0.2.1', setting });
  await expect(elsewhere).rejects.toThrow(/^HOST: .*192\.0\.2\.1/);
});
