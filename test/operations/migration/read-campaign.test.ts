// What the forecast gets from the counts of the funnel and the plans of the waves.
import { expect, test } from '@jest/globals';
import { dateInJapan } from '../../../src/domain/birthdate.ts';
import { addCounts, type FunnelCounts } from '../../../src/domain/funnel-counts.ts';
import type { LegacyUser } from '../../../src/domain/population.ts';
import { campaignOf, dayOf } from '../../../src/operations/migration/read-campaign.ts';
import { sampleWave } from '../../support/sample-wave.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Just after midnight in Japan, where the day is one later than in UTC. */
const NOW = Date.parse('2026-12-20T15:10:00Z');
const TODAY = dayOf(dateInJapan(NOW));
const ago = (days: number): number => NOW - days * DAY_MS;

/** A legacy user by the days since the mails and since the move. */
function user(mails: [wave: string, days: number][], moved?: number): LegacyUser {
  return {
    id: 'u',
    version: 1,
    client_id: 'owners-site',
    sealed_legacy_id: '',
    reached: {
      listed: ago(30),
      ...(mails[0] && { invited: ago(mails[0][1]) }),
      ...(moved !== undefined && { completed: ago(moved) }),
    },
    ...(moved !== undefined && { completed_at: ago(moved), seen_at: ago(moved) }),
    ...(mails.length > 0 && { mails: mails.map(([wave, days]) => ({ wave, at: ago(days), outcome: 'sent' as const })) }),
  };
}
const USERS = [
  user([['a', 5]], 3),
  user(
    [
      ['a', 5],
      ['b', 2],
    ],
    1,
  ),
  user([['a', 5]]),
  user([['c', 0]]),
  user([
    ['a', 5],
    ['c', 0],
  ]),
  user([], 1),
  user([], 0),
  user([]),
  user([]),
];

test('cohorts, people without a mail, and planned mails are those of the records and waves', () => {
  const counts: FunnelCounts = new Map();
  for (const one of USERS) addCounts(counts, one);
  const waves = [
    sampleWave('c', { size: 3, taken: 2 }),
    sampleWave('later', { state: 'planned', size: 1, start_at: NOW + 2 * DAY_MS }),
    sampleWave('again', { kind: 'reminder', after_days: 7, start_at: NOW + DAY_MS }),
    sampleWave('over', { state: 'stopped' }),
  ];
  expect(campaignOf(Object.fromEntries(counts), waves, TODAY, TODAY + 10)).toEqual({
    today: TODAY,
    sunset: TODAY + 10,
    population: 9,
    moved: 3,
    cohorts: [
      { wave: 'a', kind: 'invited', day: TODAY - 5, size: 4, completed: [0, 0, 1], left: [0, 0, 0, 1, 0] },
      { wave: 'b', kind: 'reminded', day: TODAY - 2, size: 1, completed: [0, 1], left: [] },
    ],
    uninvited: {
      size: 4,
      days: Array.from({ length: 14 }, (_, n) => ({ atRisk: n < 10 ? 9 : 5, completed: n === 13 ? 1 : 0 })),
    },
    planned: [
      { wave: 'c', day: TODAY, size: 1 },
      { wave: 'c', day: TODAY, size: 1 },
      { wave: 'later', day: TODAY + 2, size: 1 },
    ],
    reminders: [{ wave: 'again', day: TODAY + 1, afterDays: 7 }],
  });
});

test('waves send no more people than are left, and no more a day than their rate', () => {
  const counts: FunnelCounts = new Map();
  for (let n = 0; n < 1000; n += 1) addCounts(counts, user([]));
  const waves = [sampleWave('slow', { size: 800, from_hour: 9, until_hour: 14 }), sampleWave('rest', { size: 800, rate: 60 })];
  const { planned } = campaignOf(Object.fromEntries(counts), waves, TODAY, TODAY + 2);
  expect(planned.map((mails) => [mails.wave, mails.day - TODAY, mails.size])).toEqual([
    ['slow', 0, 300],
    ['slow', 1, 300],
    ['rest', 0, 200],
  ]);
});
