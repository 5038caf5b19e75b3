// Reads what the forecast needs from the counts of the funnel and the plans of the waves. No record of a legacy user is read.
import type { Deps } from '../../deps.ts';
import { sum, type Cohort, type Day, type PlannedMails, type PlannedReminder } from '../../domain/forecast/cohort.ts';
import type { CampaignSoFar } from '../../domain/forecast/forecast.ts';
import { WINDOW_DAYS } from '../../domain/forecast/hazard.ts';
import { dateInJapan } from '../../domain/birthdate.ts';
import { partsOfKey } from '../../domain/funnel-counts.ts';
import type { Wave } from '../../domain/wave.ts';
import { listWaves } from './waves.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const MINUTES_AN_HOUR = 60;

/** Returns the number of a day, `YYYY-MM-DD` in Japan. */
export const dayOf = (day: string): Day => Math.round(Date.parse(day) / DAY_MS);

/** Reads the campaign up to the end of yesterday, in Japan. @param sunset `YYYY-MM-DD`, the first day on which nobody can move any more */
export async function readCampaign(deps: Pick<Deps, 'storage' | 'clock'>, sunset: string): Promise<CampaignSoFar> {
  const waves = (await listWaves(deps)).map(({ wave }) => wave);
  const counts = await deps.storage.population.counts();
  return campaignOf(counts, waves, dayOf(dateInJapan(deps.clock())), dayOf(sunset));
}

/** The same from counts and waves. */
export function campaignOf(counts: Record<string, number>, waves: readonly Wave[], today: Day, sunset: Day): CampaignSoFar {
  const all = Object.entries(counts).map(([key, count]) => ({ ...partsOfKey(key), count }));
  const byDay = (step: string): Map<Day, number> =>
    new Map(all.flatMap((one) => (one.of === 'day' && one.what === step ? [[dayOf(one.value), one.count] as const] : [])));
  const [completed, invited] = [byDay('completed'), byDay('invited')];
  const cohorts = cohortsOf(all);
  const alone = new Map(completed);
  for (const { day, completed: moves } of cohorts)
    for (const [age, moved] of moves.entries()) alone.set(day + age, (alone.get(day + age) ?? 0) - moved);
  const before = (of: Map<Day, number>): number => sum([...of].flatMap(([day, count]) => (day < today ? [count] : [])));
  const population = counts['all:listed:'] ?? 0;
  const size = Math.max(0, population - before(invited) - before(alone));
  const planned = plannedMails(cohorts, waves, size, today, sunset);
  return {
    today,
    sunset,
    population,
    moved: before(completed),
    cohorts: cohorts.filter(({ day }) => day < today).map((cohort) => upTo(cohort, today)),
    uninvited: { size, days: daysAlone(size, invited, alone, today) },
    planned,
    reminders: plannedReminders(waves, today),
  };
}

/** Collects the cohorts; their keys are `wave:kind:day`, and `:day` of the end. */
function cohortsOf(all: readonly { of: string; what: string; value: string; count: number }[]): Cohort[] {
  const cohorts = new Map<string, Cohort & { completed: number[]; left: number[] }>();
  for (const { of, what, value, count } of all.toSorted((a, b) => Number(b.what === 'size') - Number(a.what === 'size'))) {
    if (of !== 'cohort') continue;
    const [wave = '', kind = '', day = '', end = ''] = value.split(':');
    const name = `${wave}:${kind}:${day}`;
    if (what === 'size')
      cohorts.set(name, {
        wave,
        kind: kind === 'invited' ? 'invited' : 'reminded',
        day: dayOf(day),
        size: count,
        completed: [],
        left: [],
      });
    const cohort = cohorts.get(name);
    const ends = what === 'moved' ? cohort?.completed : what === 'left' ? cohort?.left : undefined;
    if (!cohort || !ends) continue;
    // A person who had moved before the mail was sent is counted on its day.
    const age = Math.max(0, dayOf(end) - cohort.day);
    while (ends.length <= age) ends.push(0);
    ends[age] = (ends[age] ?? 0) + count;
  }
  return [...cohorts.values()];
}

function upTo({ completed, left = [], ...cohort }: Cohort, today: Day): Cohort {
  return { ...cohort, completed: completed.slice(0, today - cohort.day), left: left.slice(0, today - cohort.day) };
}

function daysAlone(
  size: number,
  invited: Map<Day, number>,
  alone: Map<Day, number>,
  today: Day,
): CampaignSoFar['uninvited']['days'] {
  const days: { atRisk: number; completed: number }[] = [];
  for (let [day, people] = [today - 1, size]; day >= today - WINDOW_DAYS; day -= 1) {
    const moved = Math.max(0, alone.get(day) ?? 0);
    people += moved + (invited.get(day) ?? 0);
    days.unshift({ atRisk: people, completed: moved });
  }
  return days;
}

/** The mails of today, and those that running and planned waves will send at their rate. A wave cannot reach more people than there are. */
function plannedMails(
  cohorts: readonly Cohort[],
  waves: readonly Wave[],
  people: number,
  today: Day,
  sunset: Day,
): PlannedMails[] {
  const planned: PlannedMails[] = cohorts
    .filter(({ day, kind }) => day === today && kind === 'invited')
    .map(({ wave, day, size }) => ({ wave, day, size }));
  let left = people - sum(planned.map(({ size }) => size));
  for (const wave of waves.filter(isAhead)) {
    if (wave.kind !== 'invitation') continue;
    const aDay = wave.rate * MINUTES_AN_HOUR * (wave.until_hour - wave.from_hour);
    let rest = Math.min(left, wave.size - wave.taken);
    left -= rest;
    for (let day = startOf(wave, today); day < sunset && rest > 0; day += 1, rest -= aDay)
      planned.push({ wave: wave.id, day, size: Math.min(aDay, rest) });
  }
  return planned;
}

const isAhead = ({ state }: Wave): boolean => state === 'running' || state === 'planned';
const startOf = (wave: Wave, today: Day): Day => Math.max(today, dayOf(dateInJapan(wave.start_at)));

function plannedReminders(waves: readonly Wave[], today: Day): PlannedReminder[] {
  const ahead = waves.filter((wave) => isAhead(wave) && wave.kind === 'reminder');
  return ahead
    .map((wave) => ({ wave: wave.id, day: startOf(wave, today), afterDays: wave.after_days }))
    .toSorted((a, b) => a.day - b.day);
}
