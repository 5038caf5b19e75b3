// The people of a migration by the day on which the last mail of the campaign was sent to them, and how many have moved since, by day.

/** A day, counted from 1970-01-01 in the time of Japan. */
export type Day = number;

/** People who got their last mail of the campaign on one day. */
export type Cohort = {
  /** The wave that mailed them. Its people react alike, because they are of one segment. */
  wave: string;
  /** `reminded`: it was not their first mail. */
  kind: 'invited' | 'reminded';
  day: Day;
  size: number;
  /** How many moved on the day of the mail, on the day after it, and so on. */
  completed: readonly number[];
  /** How many left the cohort in another way on these days: they were reminded, or cannot move any more. */
  left?: readonly number[];
};

/** People who have got no mail yet. Some of them move by themselves. */
export type Uninvited = {
  /** How many they are now. */
  size: number;
  /** How many they were at the beginning of each of the last days, and how many of them moved on it; the newest day last. */
  days: readonly { atRisk: number; completed: number }[];
};

/** Mails that will be sent to people who have got none yet. */
export type PlannedMails = { wave: string; day: Day; size: number };

/** A mail that will be sent to all people whose last mail is so many days old then and who have not moved. */
export type PlannedReminder = { wave: string; day: Day; afterDays: number };

/** The people of a cohort who were exposed at an age, and those of them who moved then. */
export type Exposure = { age: number; day: Day; atRisk: number; completed: number };

/** Lists the days of a cohort before `until`. */
export function exposuresOf({ day, size, completed, left = [] }: Cohort, until: Day): Exposure[] {
  const exposures: Exposure[] = [];
  let atRisk = size;
  for (let age = 0; day + age < until; age += 1) {
    const moved = completed[age] ?? 0;
    exposures.push({ age, day: day + age, atRisk, completed: moved });
    atRisk = Math.max(0, atRisk - moved - (left[age] ?? 0));
  }
  return exposures;
}

/** Returns how many people of a cohort have neither moved nor left. */
export function standingIn({ size, completed, left = [] }: Cohort): number {
  return Math.max(0, size - sum(completed) - sum(left));
}

/** Adds numbers. */
export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
