// Plays campaigns with a known ending. People react by distributions that the forecast does not know: some quickly, some after weeks, with
// weekends, bad days, and waves of segments that differ.
import { createChance, type Chance } from '../../../src/domain/forecast/chance.ts';
import type { Cohort, PlannedMails, PlannedReminder } from '../../../src/domain/forecast/cohort.ts';
import type { CampaignSoFar } from '../../../src/domain/forecast/forecast.ts';

export type Shape = 'steady' | 'front-loaded' | 'reminders' | 'stopped';

type Simulated = {
  /** What is known on a day. */
  on(day: number): CampaignSoFar;
  /** How many have moved at the sunset date. */
  ending: number;
};

type Playing = { wave: string; kind: Cohort['kind']; day: number; size: number; completed: number[]; left: number[] };

const POPULATION = 20_000;
const WEEK = 7;

/** How many people each day gets its first mail. */
function mailsOf(shape: Shape, day: number, sunset: number): number {
  if (shape === 'steady' || shape === 'reminders') return day < sunset - 14 ? Math.floor((POPULATION * 0.9) / (sunset - 14)) : 0;
  if (shape === 'front-loaded') return day < 15 ? 1000 : day < sunset - 14 && day % WEEK === 0 ? 300 : 0;
  return day < 30 ? 400 : 0;
}

/** Plays one campaign. @param seed another one for each */
export function simulateCampaign(shape: Shape, seed: number, sunset = 84): Simulated {
  const chance = createChance(seed);
  const share = 0.25 + 0.4 * chance.uniform();
  const delay = drawDelay(chance);
  const daySpread = 0.15 * chance.uniform();
  const waveSpread = 0.2 * chance.uniform();
  const alone = 0.002 * chance.uniform();
  const cohorts: Playing[] = [];
  const plan: PlannedMails[] = [];
  const uninvited: { size: number; atRisk: number; completed: number }[] = [];
  const levels = new Map<string, number>();
  let waiting = POPULATION;

  for (let day = 0; day < sunset; day += 1) {
    const good = Math.exp(chance.normal() * daySpread) * (day % WEEK >= 5 ? 1.25 : 0.9);
    const atRisk = waiting;
    const wave = `w${Math.floor(day / WEEK)}`;
    const size = Math.min(waiting, mailsOf(shape, day, sunset));
    if (size > 0) {
      cohorts.push({ wave, kind: 'invited', day, size, completed: [], left: [] });
      plan.push({ wave, day, size });
      waiting -= size;
    }
    if (shape === 'reminders' && day % WEEK === 3) remind(cohorts, day);
    for (const cohort of cohorts) {
      const level = levels.get(cohort.wave) ?? Math.exp(chance.normal() * waveSpread) * (cohort.kind === 'reminded' ? 0.7 : 1);
      levels.set(cohort.wave, level);
      const age = day - cohort.day;
      const ready = Math.min(0.95, share * level);
      const hazard = (ready * (delay(age + 1) - delay(age))) / (1 - ready * delay(age));
      const left = cohort.size - total(cohort.completed) - total(cohort.left);
      cohort.completed[age] = binomial(chance, left, Math.min(0.9, hazard * good));
    }
    const moved = binomial(chance, waiting, alone * good);
    waiting -= moved;
    uninvited.push({ size: waiting, atRisk, completed: moved });
  }

  const movedBy = (until: number): number =>
    total(cohorts.map(({ day, completed }) => total(completed.slice(0, Math.max(0, until - day))))) +
    total(uninvited.slice(0, until).map(({ completed }) => completed));
  return {
    ending: movedBy(sunset),
    on: (today) => ({
      today,
      sunset,
      population: POPULATION,
      moved: movedBy(today),
      cohorts: cohorts
        .filter(({ day }) => day < today)
        .map((one) => ({ ...one, completed: one.completed.slice(0, today - one.day), left: one.left.slice(0, today - one.day) })),
      uninvited: { size: uninvited[today - 1]?.size ?? POPULATION, days: uninvited.slice(Math.max(0, today - 14), today) },
      planned: plan.filter(({ day }) => day >= today),
      reminders: shape === 'reminders' ? remindersFrom(today, sunset) : [],
    }),
  };
}

/** Sends another mail to those whose last one was sent three weeks ago or before. */
function remind(cohorts: Playing[], day: number): void {
  for (const old of cohorts.filter((one) => day - one.day >= 3 * WEEK && one.left.length === 0)) {
    const age = day - old.day;
    const rest = old.size - total(old.completed);
    old.left = [...Array.from({ length: age - 1 }, () => 0), rest];
    cohorts.push({ wave: `r${day}`, kind: 'reminded', day, size: rest, completed: [], left: [] });
  }
}

function remindersFrom(today: number, sunset: number): PlannedReminder[] {
  const days = Array.from({ length: sunset - today }, (_, n) => today + n).filter((day) => day % WEEK === 3);
  return days.map((day) => ({ wave: `r${day}`, day, afterDays: 3 * WEEK }));
}

/** Draws how long people take: the share of those who will move that has moved by an age. */
function drawDelay(chance: Chance): (age: number) => number {
  const [quick, slow, mixed] = [0.7 + 2 * chance.uniform(), 10 + 20 * chance.uniform(), 0.4 + 0.4 * chance.uniform()];
  const power = 0.5 + 0.5 * chance.uniform();
  if (chance.uniform() < 0.5) return (age) => 1 - Math.exp(-((age / (3 * quick)) ** power));
  return (age) => 1 - mixed * Math.exp(-age / quick) - (1 - mixed) * Math.exp(-age / slow);
}

function binomial(chance: Chance, people: number, share: number): number {
  const mean = people * share;
  if (mean > 30) return Math.min(people, Math.max(0, Math.round(mean + chance.normal() * Math.sqrt(mean * (1 - share)))));
  // Poisson, by the times between events.
  let count = -1;
  for (let time = 0; time < mean; time -= Math.log(1 - chance.uniform())) count += 1;
  return Math.min(people, Math.max(0, count + (mean > 0 ? 0 : 1)));
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
