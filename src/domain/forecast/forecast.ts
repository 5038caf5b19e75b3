// Says how many people will have moved at the sunset date, with a band. People move soon after a mail or hardly at all, so the figures of the last
// days are not drawn on as a line: each cohort goes on as older cohorts did at its age (survival by cohort). The band comes from many campaigns
// that are drawn with the errors of what was seen.
import { createChance, type Chance } from './chance.ts';
import {
  exposuresOf,
  standingIn,
  sum,
  type Cohort,
  type Day,
  type PlannedMails,
  type PlannedReminder,
  type Uninvited,
} from './cohort.ts';
import { addUpHazard, readHazard, WINDOW_DAYS, type Hazard } from './hazard.ts';

/** The state of a migration at the beginning of a day. */
export type CampaignSoFar = {
  today: Day;
  sunset: Day;
  /** All people who have to move. */
  population: number;
  /** How many have moved before today. */
  moved: number;
  cohorts: readonly Cohort[];
  uninvited: Uninvited;
  /** The mails of waves that run or are planned, from today on. */
  planned: readonly PlannedMails[];
  reminders: readonly PlannedReminder[];
};

/** Why nothing can be said. */
export type NoForecast =
  /** The sunset date is today, or before it. */
  | 'over'
  /** The first mails were sent less than `FEWEST_DAYS` days ago. */
  | 'too_early'
  /** Fewer than `FEWEST_MOVES` people have moved after a mail. */
  | 'too_few'
  /** A large part of the moves is expected at ages that no wave has reached. */
  | 'too_far';

export type Forecast = {
  /** How many will have moved: half of the drawn campaigns end below it. */
  middle: number;
  /** Between them ends the campaign in `BAND_SHARE` of all cases. */
  low: number;
  high: number;
};

export type ForecastAnswer = { can: true; forecast: Forecast } | { can: false; why: NoForecast };

/** The share of campaigns that end within the band. */
export const BAND_SHARE = 0.8;
export const FEWEST_DAYS = 10;
export const FEWEST_MOVES = 50;
/** So much of all moves may be expected at ages that nobody has reached. */
const MOST_UNSEEN = 0.25;
const DRAWS = 200;
/** Waves differ by their segment. With few waves, at least by so much (relative variance). */
const [USUAL_SPREAD, LEAST_SPREAD, MOST_SPREAD, MANY_WAVES] = [0.02, 0.002, 0.25, 6];
/** The errors of the model: how the reaction drifts, and how far the fall at unseen ages may be another one. */
const [DRIFT, FALL_ERROR] = [0.08, 0.5];
/** How people react to a reminder, compared with the first mail, if none was sent yet; the error of that; and the moves for which it counts. */
const [REMINDER_LEVEL, REMINDER_ERROR, USUAL_MOVES] = [0.6, 0.4, 5];

type SeenWave = { kind: Cohort['kind']; moved: number; expected: number };

/** What was seen of the campaign. */
type Learned = {
  hazard: Hazard;
  /** By wave: how many moved in the last days, and how many were expected to. */
  waves: ReadonlyMap<string, SeenWave>;
  /** How readily people move after their first mail, and after a reminder, compared with all. */
  levels: Record<Cohort['kind'], number>;
  /** The relative variance of the waves, and of the days. */
  waveSpread: number;
  daySpread: number;
  /** Of the people without a mail: how many moved in the last days, and the days that people were exposed. */
  alone: { moved: number; atRisk: number };
};

/** Forecasts a campaign. @param seed draws other campaigns; the same seed gives the same forecast */
export function forecast(campaign: CampaignSoFar, seed = 1): ForecastAnswer {
  const { today, sunset, cohorts } = campaign;
  if (sunset <= today) return { can: false, why: 'over' };
  const first = Math.min(...cohorts.map(({ day }) => day));
  if (today - first < FEWEST_DAYS) return { can: false, why: 'too_early' };
  if (sum(cohorts.map(({ completed }) => sum(completed))) < FEWEST_MOVES) return { can: false, why: 'too_few' };

  const learned = learn(campaign);
  const { all, unseen } = expectedMoves(campaign, learned);
  if (unseen > (campaign.moved + all) * MOST_UNSEEN) return { can: false, why: 'too_far' };
  const chance = createChance(seed);
  const ends = Array.from({ length: DRAWS }, () => drawEnd(campaign, learned, chance)).toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round(ends[Math.round(share * (DRAWS - 1))] ?? 0);
  return { can: true, forecast: { low: at((1 - BAND_SHARE) / 2), middle: at(0.5), high: at((1 + BAND_SHARE) / 2) } };
}

/** Creates the function that says how many are expected to have moved at the end, if these mails are sent besides the planned ones. */
export function expectedEnd(campaign: CampaignSoFar): (more: readonly PlannedMails[]) => number {
  const { hazard, levels, alone } = learn(campaign);
  const sums = usualSums(campaign, hazard);
  const hazardAlone = alone.atRisk === 0 ? 0 : alone.moved / alone.atRisk;
  return (more) => {
    const extended = { ...campaign, planned: [...campaign.planned, ...more] };
    const end = campaign.moved + movesOf(extended, sums, (_, kind) => levels[kind]) + waitingDays(extended) * hazardAlone;
    return Math.min(campaign.population, end);
  };
}

function learn(campaign: CampaignSoFar): Learned {
  const { cohorts, today, uninvited } = campaign;
  const hazard = readHazard(cohorts, today);
  const sums = usualSums(campaign, hazard);
  const waves = new Map<string, SeenWave>();
  const days = new Map<Day, SeenWave>();
  const recent = cohorts.flatMap((cohort) =>
    exposuresOf(cohort, today)
      .filter(({ day }) => day >= today - WINDOW_DAYS)
      .map((exposure) => ({ wave: cohort.wave, kind: cohort.kind, ...exposure })),
  );
  for (const { wave, kind, day, age, atRisk, completed } of recent) {
    const expected = atRisk * -Math.expm1((sums[age] ?? 0) - (sums[age + 1] ?? 0));
    add(waves, wave, { kind, moved: completed, expected });
    add(days, day, { kind, moved: completed, expected });
  }
  const levels = { invited: levelOf(waves.values(), 'invited'), reminded: levelOf(waves.values(), 'reminded') };
  const observed = spreadOf([...waves.values()].map((wave) => ({ ...wave, expected: wave.expected * levels[wave.kind] })));
  const waveSpread = waves.size < MANY_WAVES ? Math.max(USUAL_SPREAD, observed) : observed;
  return {
    hazard,
    waves,
    levels,
    waveSpread: Math.min(MOST_SPREAD, Math.max(LEAST_SPREAD, waveSpread)),
    daySpread: spreadOf([...days.values()]),
    alone: {
      moved: sum(uninvited.days.map(({ completed }) => completed)),
      atRisk: sum(uninvited.days.map(({ atRisk }) => atRisk)),
    },
  };
}

function add<Key>(to: Map<Key, SeenWave>, key: Key, { kind, moved, expected }: SeenWave): void {
  const standing = to.get(key);
  to.set(key, { kind, moved: (standing?.moved ?? 0) + moved, expected: (standing?.expected ?? 0) + expected });
}

/** Says how readily people of this kind moved, compared with all. */
function levelOf(waves: Iterable<SeenWave>, kind: Cohort['kind']): number {
  const usual = kind === 'invited' ? 1 : REMINDER_LEVEL;
  const seen = [...waves].filter((wave) => wave.kind === kind);
  return (usual * USUAL_MOVES + sum(seen.map(({ moved }) => moved))) / (USUAL_MOVES + sum(seen.map(({ expected }) => expected)));
}

/** Returns the relative variance beyond that of independent people. */
function spreadOf(seen: readonly { moved: number; expected: number }[]): number {
  const squares = sum(seen.map(({ expected }) => expected ** 2));
  const beyond = sum(seen.map(({ moved, expected }) => (moved - expected) ** 2 - expected));
  return squares === 0 ? 0 : Math.max(0, beyond / squares);
}

/** Returns how many of the people with a mail are expected to move, and how many of them at ages that nobody has reached. */
function expectedMoves(campaign: CampaignSoFar, { hazard, levels }: Learned): { all: number; unseen: number } {
  const sums = usualSums(campaign, hazard);
  // The same where nobody moves at ages that were not seen.
  const seen = Float64Array.from(sums, (value, age) => sums[Math.min(age, hazard.oldest + 1)] ?? value);
  const all = movesOf(campaign, sums, (_, kind) => levels[kind]);
  return { all, unseen: all - movesOf(campaign, seen, (_, kind) => levels[kind]) };
}

function usualSums(campaign: CampaignSoFar, { groups, fall }: Hazard): Float64Array {
  return addUpHazard(groups, { days: daysOf(campaign), fall, bend: 0.5, movesOf: (seen) => seen + 0.5 });
}

function daysOf({ cohorts, sunset }: CampaignSoFar): number {
  return sunset - Math.min(...cohorts.map(({ day }) => day)) + 1;
}

/** Returns how readily the people of a wave move, compared with the others: 1 is usual. */
type Readiness = (wave: string, kind: Cohort['kind']) => number;

type MailedGroup = Pick<Cohort, 'wave' | 'kind' | 'day'>;

/** Returns how many of the people with a mail, or with a planned one, will move. */
function movesOf(
  { cohorts, planned, reminders, today, sunset }: CampaignSoFar,
  sums: Float64Array,
  readiness: Readiness,
): number {
  const moves = (of: MailedGroup, size: number, from: Day, to: Day): number =>
    size * -Math.expm1(readiness(of.wave, of.kind) * ((sums[from - of.day] ?? 0) - (sums[to - of.day] ?? 0)));
  const untilEnd = (first: MailedGroup, size: number, start: Day): number => {
    let [group, from, moved] = [first, start, 0];
    for (;;) {
      const next = reminders.find(({ day, afterDays }) => day < sunset && day >= Math.max(from, group.day + afterDays));
      moved += moves(group, size - moved, from, next?.day ?? sunset);
      if (!next) return moved;
      [group, from] = [{ ...next, kind: 'reminded' }, next.day];
    }
  };
  const mailed = cohorts.map((cohort) => untilEnd(cohort, standingIn(cohort), today));
  const later = planned
    .map((mails) => ({ ...mails, kind: 'invited' as const, day: Math.max(mails.day, today) }))
    .filter(({ day }) => day < sunset)
    .map((mails) => untilEnd(mails, mails.size, mails.day));
  return sum(mailed) + sum(later);
}

/** Draws one campaign, and returns how many have moved at its end. */
function drawEnd(campaign: CampaignSoFar, learned: Learned, chance: Chance): number {
  const { hazard, waves, levels, waveSpread, daySpread, alone } = learned;
  const days = campaign.sunset - campaign.today;
  const common = Math.exp(chance.normal() * Math.sqrt(DRIFT ** 2 + (2 * daySpread) / WINDOW_DAYS));
  const { groups, fall } = hazard;
  const sums = addUpHazard(groups, {
    days: daysOf(campaign),
    fall: { ...fall, slope: Math.max(0, fall.slope * (1 + chance.normal() * FALL_ERROR)) },
    bend: chance.uniform(),
    movesOf: (seen) => common * chance.gamma(seen + 0.5),
  });
  const drawn = new Map<string, number>();
  const reminded = sum([...waves.values()].map(({ kind, expected }) => (kind === 'reminded' ? expected : 0)));
  const unknown = REMINDER_ERROR * Math.sqrt(USUAL_MOVES / (USUAL_MOVES + reminded));
  const drawnLevels = { invited: levels.invited, reminded: levels.reminded * Math.exp(chance.normal() * unknown) };
  const readiness: Readiness = (wave, kind) => {
    const known = drawn.get(wave);
    if (known !== undefined) return known;
    const { moved, expected } = waves.get(wave) ?? { moved: 0, expected: 0 };
    const prior = 1 / waveSpread;
    const value = chance.gamma(prior + moved) / (prior / drawnLevels[kind] + expected);
    drawn.set(wave, value);
    return value;
  };
  const withMail = movesOf(campaign, sums, readiness);
  const hazardAlone = alone.atRisk === 0 ? 0 : (common * chance.gamma(alone.moved + 0.5)) / alone.atRisk;
  const byThemselves = waitingDays(campaign) * hazardAlone;
  const expected = withMail + byThemselves;
  const noise = chance.normal() * Math.sqrt(expected + (daySpread * expected ** 2) / Math.max(1, days));
  return Math.min(campaign.population, Math.max(campaign.moved, campaign.moved + expected + noise));
}

/** Returns for how many days people wait for a mail, all people together. */
function waitingDays({ today, sunset, uninvited, planned }: CampaignSoFar): number {
  const days = sunset - today;
  const mailed = planned.map(({ day, size }) => size * Math.max(0, days - Math.max(0, day - today)));
  return Math.max(0, uninvited.size * days - sum(mailed));
}
