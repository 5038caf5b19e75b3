// The funnel of a migration: how far all legacy users have come, and where they stop. It reads the counts alone.
import type { Deps } from '../../deps.ts';
import {
  countWaiting,
  FUNNEL_DIMENSIONS,
  partsOfKey,
  TIME_CLASSES_SECONDS,
  type FunnelDimension,
} from '../../domain/funnel-counts.ts';
import { FUNNEL_STEPS, LEGACY_USER_STATES, type FunnelStep, type LegacyUserState } from '../../domain/population.ts';
import { iso } from '../../domain/iso-time.ts';

export type StepOfFunnel = {
  step: FunnelStep;
  /** How many legacy users have ever reached it. */
  reached: number;
  /** How many of them are under way and have not reached a later step. */
  stopped_here: number;
  /** `stopped_here` of `reached`; absent if nobody has reached it. */
  share_stopped?: number;
  /** Half of those who reached it needed at most so many seconds since the step before; absent if nobody did, or it was more than 30 days. */
  median_seconds_at_most?: number;
};

export type Funnel = {
  /** ISO 8601. */
  at: string;
  steps: StepOfFunnel[];
  /** How many legacy users are in each state now. */
  states: Record<LegacyUserState, number>;
  /** How many of them are not in the list. */
  unlisted: number;
  /** Those under way who were not seen for so many days (whole days in Japan). */
  waiting: { days: number; count: number }[];
  /** Those under way whose last try failed, by reason. */
  failures: { reason: string; count: number }[];
};

/** The steps by one value, such as a segment. */
export type FunnelLine = { value: string; reached: Record<FunnelStep, number> };

const WAITING_DAYS = [1, 3, 7, 14, 30];

/** Reads the funnel. */
export async function readFunnel({ storage, clock }: Pick<Deps, 'storage' | 'clock'>): Promise<Funnel> {
  const now = clock();
  const counts = await storage.population.counts();
  const of = (kind: string, what: string): number => counts[`${kind}:${what}:`] ?? 0;
  const keys = Object.entries(counts).map(([key, count]) => ({ ...partsOfKey(key), count }));
  return {
    at: iso(now),
    steps: FUNNEL_STEPS.map((step) => {
      const [reached, stopped] = [of('all', step), of('stopped', step)];
      const median = medianOf(keys.filter(({ of: kind, what }) => kind === 'took' && what === step));
      return {
        step,
        reached,
        stopped_here: stopped,
        ...(reached > 0 && { share_stopped: stopped / reached }),
        ...(median !== undefined && { median_seconds_at_most: median }),
      };
    }),
    states: {
      listed: of('state', 'listed'),
      invited: of('state', 'invited'),
      under_way: of('state', 'under_way'),
      completed: of('state', 'completed'),
      undone: of('state', 'undone'),
      withdrawn: of('state', 'withdrawn'),
    } satisfies Record<(typeof LEGACY_USER_STATES)[number], number>,
    unlisted: LEGACY_USER_STATES.reduce((sum, state) => sum + of('unlisted', state), 0),
    waiting: WAITING_DAYS.map((days) => ({ days, count: countWaiting(counts, days, now) })),
    failures: keys.filter(({ of: kind }) => kind === 'failed').map(({ what: reason, count }) => ({ reason, count })),
  };
}

/** Reads the steps by a dimension, in order of its values. */
export async function readFunnelBy({ storage }: Pick<Deps, 'storage'>, dimension: FunnelDimension): Promise<FunnelLine[]> {
  const counts = await storage.population.counts();
  const lines = new Map<string, Record<FunnelStep, number>>();
  for (const [key, count] of Object.entries(counts)) {
    const { of, what, value } = partsOfKey(key);
    const step = FUNNEL_STEPS.find((name) => name === what);
    if (of !== dimension || !step) continue;
    const line = lines.get(value) ?? noSteps();
    line[step] = count;
    lines.set(value, line);
  }
  return [...lines].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([value, reached]) => ({ value, reached }));
}

/** Whether a name is a dimension of the funnel. */
export function isFunnelDimension(name: string): name is FunnelDimension {
  return FUNNEL_DIMENSIONS.some((dimension) => dimension === name);
}

function noSteps(): Record<FunnelStep, number> {
  return {
    listed: 0,
    invited: 0,
    came: 0,
    terms: 0,
    address_proven: 0,
    details: 0,
    registered: 0,
    dealer_decided: 0,
    signed_in: 0,
    confirmed: 0,
    linked: 0,
    completed: 0,
  };
}

/** Returns the end of the class of times in which the middle one lies. */
function medianOf(classes: { value: string; count: number }[]): number | undefined {
  const total = classes.reduce((sum, { count }) => sum + count, 0);
  let below = 0;
  for (const { value, count } of classes.toSorted((a, b) => Number(a.value) - Number(b.value))) {
    below += count;
    if (below * 2 >= total && total > 0) {
      const seconds = TIME_CLASSES_SECONDS[Number(value)];
      return seconds !== undefined && Number.isFinite(seconds) ? seconds : undefined;
    }
  }
  return undefined;
}
