// The time that パスワードを忘れた方 takes does not reveal which addresses have an ID.
import { afterAll, beforeAll, test } from '@jest/globals';
import { createBrowser } from '../../support/http-browser.ts';
import type { World } from '../../support/world.ts';
import { expectSameTime } from '../../attacks/support/statistics.ts';
import { SATO, startAccountWorld, YAMADA } from '../account-world.ts';

const HOUR_MS = 60 * 60 * 1000;
const HOURS = 20;
/** How many codes one address may get in an hour. */
const AN_HOUR = 5;

let world: World;
beforeAll(async () => {
  world = await startAccountWorld();
}, 30_000);
afterAll(async () => world.stop());

test('a known address takes as long as an unknown one, and so does a wrong code', async () => {
  const asked = { known: [] as number[], unknown: [] as number[] };
  const tried = { known: [] as number[], unknown: [] as number[] };
  const measure = async (kind: 'known' | 'unknown', email: string, network: string): Promise<void> => {
    const browser = createBrowser({ from: network });
    await browser.open(`${world.origins.id}/password/forgotten`);
    asked[kind].push((await browser.post('/password/forgotten', { email })).milliseconds);
    // Sending the mail takes this process time, which is no part of the answer.
    await world.advance(0);
    await browser.open(`${world.origins.id}/password/forgotten/code`);
    tried[kind].push((await browser.post('/code', { code: '000000' })).milliseconds);
  };
  for (let hour = 0; hour < HOURS; hour += 1) {
    for (let n = 0; n < AN_HOUR; n += 1) {
      const network = `127.${1 + n}.${1 + hour}.1`;
      const known = async () => measure('known', n % 2 ? YAMADA : SATO, network);
      const unknown = async () => measure('unknown', `nobody-${hour}-${n}@example.jp`, network);
      // Alternate the order, because work that the first request started may slow down the second.
      for (const one of (n + hour) % 2 ? [known, unknown] : [unknown, known]) await one();
    }
    await world.advance(HOUR_MS);
  }
  expectSameTime(asked.known, asked.unknown, 'asking for a code');
  expectSameTime(tried.known, tried.unknown, 'trying a wrong code');
}, 60_000);
