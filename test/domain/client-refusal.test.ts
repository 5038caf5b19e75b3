import { expect, test } from '@jest/globals';
import { keepRefusals, type ClientRefusal } from '../../src/domain/client-refusal.ts';

const DAY = 24 * 60 * 60 * 1000;
const refusal = (at: number, changes: Partial<ClientRefusal> = {}): ClientRefusal => ({
  at,
  times: 1,
  endpoint: 'token',
  error: 'invalid_grant',
  why: 'w',
  sent: {},
  request_id: String(at),
  ...changes,
});

test('the same refusal again is one, with the number and the newest request', () => {
  const first = keepRefusals([], [refusal(DAY)], DAY);
  const again = keepRefusals(first, [refusal(DAY + 5), refusal(DAY + 3)], DAY + 5);
  expect(again).toEqual([{ ...refusal(DAY + 5), times: 3 }]);
  expect(keepRefusals(again, [refusal(DAY + 6, { sent: { scope: 'x' } })], DAY + 6)).toHaveLength(2);
});

test('they end after seven days', () => {
  const kept = [refusal(DAY, { why: 'old' }), refusal(2 * DAY, { why: 'new' })];
  expect(keepRefusals(kept, [], 8 * DAY).map(({ why }) => why)).toEqual(['new']);
});

test('the newest five of a kind stay, ten of an endpoint, and all kinds of other endpoints', () => {
  const many = Array.from({ length: 60 }, (_, n) => refusal(n + 1, { why: String(n), error: `e${n % 6}` }));
  const kept = keepRefusals(many.slice(0, 30), many.slice(30), 60);
  expect(kept.map(({ at }) => at)).toEqual(Array.from({ length: 10 }, (_, n) => 60 - n));
  const flood = Array.from({ length: 60 }, (_, n) => refusal(100 + n, { why: String(n), endpoint: 'authorization' }));
  const after = keepRefusals(kept, flood, 200);
  expect(after.map(({ at }) => at)).toEqual([159, 158, 157, 156, 155, ...kept.map(({ at }) => at)]);
});
