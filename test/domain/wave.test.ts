// The rules of a wave: who gets its mail, its hours and its pace.
import { expect, test } from '@jest/globals';
import type { LegacyUser } from '../../src/domain/population.ts';
import { claimMail, dueMails, nextOpening, paceAt, whyNotMailed } from '../../src/domain/wave.ts';
import { sampleWave } from '../support/sample-wave.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** 10 o'clock in Japan. */
const NOW = Date.parse('2026-12-20T01:00:00Z');
const WAVE = sampleWave('w', { kind: 'reminder', size: 10, rate: 60 });
const USER: LegacyUser = {
  id: 'u',
  version: 1,
  client_id: 'owners-site',
  sealed_legacy_id: '',
  sealed_email: 'sealed',
  reached: { listed: 1, invited: 2 },
};
const mailed = (wave: string, days: number, outcome?: 'sent' | 'deferred') => ({
  ...USER,
  mails: [{ wave, at: NOW - days * DAY_MS, ...(outcome && { outcome }) }],
});

test.each([
  ['other', { ...mailed('a', 20), client_id: 'another' }],
  ['other', { ...mailed('a', 20), reached: {} }],
  ['no_mail_yet', USER],
  ['too_soon', mailed('a', 13)],
  ['too_soon', { ...mailed('a', 20), seen_at: NOW - DAY_MS }],
  ['had_mail', mailed('w', 20)],
  ['had_mail', mailed('w', 20, 'sent')],
  ['moved', { ...mailed('a', 20), completed_at: 5 }],
  ['moved', { ...mailed('a', 20), undone_at: 5 }],
  ['no_address', { ...mailed('a', 20), sealed_email: undefined } as unknown as LegacyUser],
  [undefined, mailed('a', 14)],
])('a reminder: %s', (why, user) => {
  expect(whyNotMailed(WAVE, user, NOW)).toBe(why);
  expect(claimMail(WAVE, user, NOW) === undefined).toBe(why !== undefined);
});

test('a mail that was surely not sent is claimed again, and the first invitation stays the first', () => {
  const again = claimMail({ ...WAVE, kind: 'invitation' }, mailed('w', 1, 'deferred'), NOW);
  expect([again?.mails, again?.reached.invited]).toEqual([[{ wave: 'w', at: NOW }], 2]);
});

test('it opens at its hour in Japan, not before its start', () => {
  const at = (hour: number, start = 0): string =>
    new Date(nextOpening({ ...WAVE, start_at: start }, Date.parse('2026-12-20T00:00:00+09:00') + hour * 3_600_000)).toISOString();
  expect([at(8.5), at(9), at(20.9), at(21), at(10, NOW + 3 * DAY_MS)]).toEqual([
    '2026-12-20T00:00:00.000Z',
    '2026-12-20T00:00:00.000Z',
    '2026-12-20T11:54:00.000Z',
    '2026-12-21T00:00:00.000Z',
    '2026-12-23T01:00:00.000Z',
  ]);
});

test('a break of more than ten seconds is not made up for', () => {
  const pace = { since: NOW, mails: 1 };
  const due = (ms: number): number => dueMails(paceAt({ pace, rate: 60 }, NOW + ms), 60, NOW + ms);
  expect([due(0), due(999), due(1000), due(11_000), due(11_001)]).toEqual([0, 0, 1, 11, 1]);
});
