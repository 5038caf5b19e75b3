// A failing dealer's system is not called, except by one job now and then.
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createDealerBreaker, FAILURES_IN_A_ROW } from '../../src/jobs/dealer-breaker.ts';
import { PostponeJob } from '../../src/jobs/runner.ts';
import { DealerRefused } from '../../src/jobs/tell-dealer.ts';

const OPEN_MS = 1000;
const [DEALER, OTHER] = ['https://dealer.example.jp/a', 'https://dealer.example.jp/b'];

type Dealer = {
  calls: number;
  now: number;
  /** The answer of the system; `undefined` while it works. */
  error: Error | undefined;
  ask(address?: string): Promise<unknown>;
};

function makeDealer(): Dealer {
  const dealer: Dealer = {
    calls: 0,
    now: 5_000,
    error: new Error('503'),
    ask: async (address = DEALER) =>
      breaker
        .call(address, async () => {
          dealer.calls += 1;
          await Promise.resolve();
          if (dealer.error) throw dealer.error;
        })
        .catch((error: unknown) => error),
  };
  const breaker = createDealerBreaker({ clock: () => dealer.now, log: pino({ level: 'silent' }) }, OPEN_MS);
  return dealer;
}

async function failTenTimes(dealer: Dealer): Promise<void> {
  for (let n = 0; n < FAILURES_IN_A_ROW; n += 1) expect(await dealer.ask()).toBe(dealer.error);
}

test('after ten failures in a row nobody calls that dealer for a while; others are called', async () => {
  const dealer = makeDealer();
  await failTenTimes(dealer);
  for (let n = 0; n < 50; n += 1) {
    const refused = await dealer.ask();
    expect(refused).toBeInstanceOf(PostponeJob);
    const { at } = refused as PostponeJob;
    expect(at).toBeGreaterThanOrEqual(dealer.now + OPEN_MS);
    expect(at).toBeLessThan(dealer.now + 2 * OPEN_MS);
  }
  expect(dealer.calls).toBe(10);
  expect(await dealer.ask(OTHER)).toBe(dealer.error);
});

test('then one job tries for all, and if it fails, all wait as long again', async () => {
  const dealer = makeDealer();
  await failTenTimes(dealer);
  for (let round = 1; round < 4; round += 1) {
    dealer.now += OPEN_MS;
    const answers = await Promise.all(Array.from({ length: 16 }, async () => dealer.ask()));
    expect(answers.filter((answer) => answer === dealer.error)).toHaveLength(1);
    expect(answers.filter((answer) => answer instanceof PostponeJob)).toHaveLength(15);
    expect(dealer.calls).toBe(10 + round);
  }
  dealer.now += OPEN_MS;
  dealer.error = undefined;
  expect(await dealer.ask()).toBeUndefined();
  // All jobs again, and ten more failures before the next pause.
  expect(await dealer.ask()).toBeUndefined();
  dealer.error = new Error('503');
  await failTenTimes(dealer);
  expect(await dealer.ask()).toBeInstanceOf(PostponeJob);
});

test('a success in between, or a refusal of one link, is an answer of a working dealer', async () => {
  for (const answer of [undefined, new DealerRefused('422')]) {
    const dealer = makeDealer();
    for (let n = 0; n < 30; n += 1) {
      dealer.error = n % 9 === 8 ? answer : new Error('503');
      expect(await dealer.ask()).toBe(dealer.error);
    }
    expect(dealer.calls).toBe(30);
  }
});
