// How readily people move, by the days since their last mail: of those who are still there at an age, the share that moves on that day. It is
// read from the last 14 days of all waves; at ages that nobody has reached it goes on falling as it did before.
import { exposuresOf, type Cohort, type Day, type Exposure } from './cohort.ts';

/** The days from which the reaction is read. */
export const WINDOW_DAYS = 14;
/** The first age of each group of ages. Later ages differ less. */
const GROUPS = [0, 1, 2, 3, 5, 8, 12, 17, 23, 31, 41, 54, 71, 93, 122] as const;
/** With fewer moves in the last days, a group is read from the whole campaign. */
const FEW = 8;
/** So many moves count for the fall of the ages before, against what was seen of an age. */
const PRIOR_MOVES = 6;
/** How many of the last groups tell the fall. */
const LAST_GROUPS = 4;
const [USUAL_FALL, STEEPEST_FALL] = [1, 6];
/** The logarithm of a share of 1 is infinite. */
const HIGHEST = 0.95;

/** What was seen of a group of ages: the people who were exposed for a day, and their mean age (counted from 1). */
export type Seen = { completed: number; atRisk: number; age: number };

/** How the hazard falls: the slope in logarithms of both, and the age at which it was read. */
export type Fall = { slope: number; age: number };

export type Hazard = {
  /** By age; groups that nobody has reached are absent. */
  groups: readonly Seen[];
  fall: Fall;
  /** The oldest age that was seen. */
  oldest: number;
};

/** Reads the hazard of these cohorts from the days before `today`. */
export function readHazard(cohorts: readonly Cohort[], today: Day): Hazard {
  const all = cohorts.flatMap((cohort) => exposuresOf(cohort, today)).filter(({ atRisk }) => atRisk > 0);
  const ever = addUp(all);
  const recent = addUp(all.filter(({ day }) => day >= today - WINDOW_DAYS));
  const groups = [...ever].map(([group, seen]) => {
    const lately = recent.get(group);
    return lately && lately.completed >= FEW ? lately : seen;
  });
  const inOrder = groups.toSorted((a, b) => a.age - b.age);
  return { groups: inOrder, fall: fallOf(inOrder), oldest: all.reduce((oldest, { age }) => Math.max(oldest, age), -1) };
}

function addUp(exposures: readonly Exposure[]): Map<number, Seen> {
  const groups = new Map<number, Seen>();
  for (const { age, atRisk, completed } of exposures) {
    const group = GROUPS.findLastIndex((first) => first <= age);
    const seen = groups.get(group) ?? { completed: 0, atRisk: 0, age: 0 };
    const people = seen.atRisk + atRisk;
    groups.set(group, {
      completed: seen.completed + completed,
      atRisk: people,
      age: seen.age + ((age + 1 - seen.age) * atRisk) / people,
    });
  }
  return groups;
}

/** Reads the fall from the last groups: the slope of the logarithms, weighted by the moves. */
function fallOf(groups: readonly Seen[]): Fall {
  const points = groups.slice(-LAST_GROUPS).map(({ completed, atRisk, age }) => {
    const moved = completed + 0.5;
    return { x: Math.log(age), y: Math.log(moved / atRisk), weight: moved };
  });
  const mean = (of: (point: { x: number; y: number }) => number): number =>
    points.reduce((total, point) => total + of(point) * point.weight, 0) /
    points.reduce((total, { weight }) => total + weight, 0);
  const [meanX, meanY] = [mean(({ x }) => x), mean(({ y }) => y)];
  const spread = mean(({ x }) => (x - meanX) ** 2);
  const slope = spread > 0 ? -mean(({ x, y }) => (x - meanX) * (y - meanY)) / spread : USUAL_FALL;
  return { slope: Math.min(STEEPEST_FALL, Math.max(0, slope)), age: Math.exp(meanX) };
}

/** How to read a hazard. */
export type Reading = {
  /** How many ages. */
  days: number;
  fall: Fall;
  /** From 0 (it goes on falling by a power of the age) to 1 (it falls exponentially). */
  bend: number;
  /** Returns the number of moves to take instead of those that were seen. */
  movesOf: (seen: number) => number;
};

/**
 * Adds the hazard up over ages, as logarithms: people remain from age `a` to age `b` with the probability `exp(sums[a] - sums[b])`.
 * @returns for each age up to `days`, the sum over all ages before it
 */
export function addUpHazard(groups: readonly Seen[], { days, fall, bend, movesOf }: Reading): Float64Array {
  const fallen = (from: number, to: number): number =>
    -fall.slope * (bend * ((to - from) / fall.age) + (1 - bend) * Math.log(to / from));
  const points: { age: number; log: number }[] = [];
  for (const { age, atRisk, completed } of groups) {
    const before = points.at(-1);
    const prior = before && Math.exp(before.log + fallen(before.age, age));
    const value =
      prior === undefined ? movesOf(completed) / atRisk : (movesOf(completed) + PRIOR_MOVES) / (atRisk + PRIOR_MOVES / prior);
    points.push({ age, log: Math.log(Math.max(value, Number.MIN_VALUE)) });
  }
  const sums = new Float64Array(days + 1);
  let next = 0;
  for (let age = 1; age <= days; age += 1) {
    while ((points[next]?.age ?? Infinity) < age) next += 1;
    const [before, after] = [points[next - 1], points[next]];
    let log = -Infinity;
    if (before && after)
      log = before.log + ((after.log - before.log) * Math.log(age / before.age)) / Math.log(after.age / before.age);
    else if (before) log = before.log + fallen(before.age, age);
    else if (after) log = after.log;
    sums[age] = (sums[age - 1] ?? 0) - Math.log1p(-Math.min(HIGHEST, Math.exp(log)));
  }
  return sums;
}
