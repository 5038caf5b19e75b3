// What each legacy user adds to the counts of the funnel. The counts are the sums over all legacy users, so a change of one adds the
// difference, and they can be counted anew at any time.
import {
  FUNNEL_STEPS,
  lastStepOf,
  roadOf,
  stateOfLegacyUser,
  waitingSince,
  type FunnelStep,
  type LegacyUser,
} from './population.ts';
import { dateInJapan } from './birthdate.ts';
import type { EpochMilliseconds } from './epoch-milliseconds.ts';

/** By what the steps are counted besides `all`. */
export const FUNNEL_DIMENSIONS = ['day', 'wave', 'segment', 'dealer', 'client', 'road', 'device'] as const;
export type FunnelDimension = (typeof FUNNEL_DIMENSIONS)[number];

/** Counts by key; see `countKey`. Nothing is stored for a zero. */
export type FunnelCounts = Map<string, number>;

/** The times between two steps are counted in these classes: up to so many seconds; the last class has no end. */
export const TIME_CLASSES_SECONDS = [30, 60, 120, 300, 600, 1_800, 3_600, 21_600, 86_400, 259_200, 604_800, 2_592_000, Infinity];

const DAY_MS = 24 * 60 * 60 * 1000;

/** Makes the key of a count. Only the value may have a colon. */
export function countKey(of: string, what: string, value = ''): string {
  return `${of}:${what}:${value}`;
}

/** Takes a key apart. */
export function partsOfKey(key: string): { of: string; what: string; value: string } {
  const [of = '', what = '', ...value] = key.split(':');
  return { of, what, value: value.join(':') };
}

/** Returns the keys to which a legacy user adds one each. */
function keysOf(user: LegacyUser): string[] {
  const { reached, segment, dealer, client_id: client, wave, device, failure, seen_at: seen = 0 } = user;
  const state = stateOfLegacyUser(user);
  const values = { wave, segment, dealer, client, road: roadOf(user), device };
  const keys = [countKey('state', state)];
  if (reached.listed === undefined) keys.push(countKey('unlisted', state));
  let before: FunnelStep | undefined;
  for (const step of FUNNEL_STEPS) {
    const at = reached[step];
    if (at === undefined) continue;
    keys.push(countKey('all', step), countKey('day', step, dateInJapan(at)));
    for (const [dimension, value] of Object.entries(values)) if (value !== undefined) keys.push(countKey(dimension, step, value));
    if (before !== undefined) keys.push(countKey('took', step, timeClassOf(at - (reached[before] ?? at))));
    before = step;
  }
  for (const [index, { wave: of, at, outcome }] of (user.mails ?? []).entries()) {
    const mailed = `${of}:${index === 0 ? 'invited' : 'reminded'}:${dateInJapan(at)}`;
    const next = user.mails?.[index + 1];
    keys.push(countKey('mail', outcome ?? 'unknown', of), countKey('cohort', 'size', mailed));
    // For the forecast: when the people of a cohort moved, or got another mail.
    if (next) keys.push(countKey('cohort', 'left', `${mailed}:${dateInJapan(next.at)}`));
    else if (reached.completed !== undefined)
      keys.push(countKey('cohort', 'moved', `${mailed}:${dateInJapan(reached.completed)}`));
  }
  const waits = waitingSince(user);
  if (waits !== undefined) {
    keys.push(countKey('stopped', lastStepOf(user) ?? 'came'), countKey('waiting', 'since', dateInJapan(waits)));
    if (failure && failure.at >= seen) keys.push(countKey('failed', failure.reason));
  }
  return keys;
}

function timeClassOf(ms: number): string {
  return String(TIME_CLASSES_SECONDS.findIndex((seconds) => ms <= seconds * 1000));
}

/** Adds what a legacy user counts. @param times 1, or -1 to take it away */
export function addCounts(counts: FunnelCounts, user: LegacyUser, times: 1 | -1 = 1): void {
  for (const key of keysOf(user)) {
    const next = (counts.get(key) ?? 0) + times;
    if (next === 0) counts.delete(key);
    else counts.set(key, next);
  }
}

/** Returns what a change of a legacy user adds to the counts. */
export function countsOfChange(before: LegacyUser | undefined, after: LegacyUser): FunnelCounts {
  const counts: FunnelCounts = new Map();
  addCounts(counts, after);
  if (before) addCounts(counts, before, -1);
  return counts;
}

/** Sums how many people under way were not seen for at least so many days. */
export function countWaiting(counts: Record<string, number>, days: number, now: EpochMilliseconds): number {
  const last = dateInJapan(now - days * DAY_MS);
  return Object.entries(counts)
    .map(([key, count]) => ({ ...partsOfKey(key), count }))
    .filter(({ of, value }) => of === 'waiting' && value <= last)
    .reduce((sum, { count }) => sum + count, 0);
}
