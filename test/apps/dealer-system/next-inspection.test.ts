// The day of the next inspection.
import { expect, test } from '@jest/globals';
import { nextInspection } from '../../../src/apps/dealer-system/next-inspection.ts';

test.each([
  ['2024-06-18', '2024-07-01', '2027-06-18'],
  ['2020-06-18', '2023-06-18', '2023-06-18'],
  ['2020-06-18', '2023-06-19', '2025-06-18'],
  ['2020-06-18', '2026-11-22', '2027-06-18'],
  ['2020-02-29', '2021-01-01', '2023-02-28'],
  ['2021-02-26', '2026-11-22', '2028-02-26'],
])('registered %s, on %s → %s', (firstRegistered, today, due) => {
  expect(nextInspection(firstRegistered, today)).toBe(due);
});
