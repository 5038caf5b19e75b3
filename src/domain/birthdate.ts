// Dates of birth.
import type { EpochMilliseconds } from './epoch-milliseconds.ts';

export type ParsedBirthdate =
  | {
      ok: true;
      /** `YYYY-MM-DD`. */
      birthdate: string;
    }
  | { ok: false; reason: 'missing' | 'syntax' | 'not_a_date' | 'future' | 'too_early' };

const FIRST_YEAR = 1900;

/**
 * Parses the three fields of a birth date, in half or full width, with or without leading zeros.
 * @param today the latest date that is accepted, `YYYY-MM-DD`; see `dateInJapan`
 */
export function parseBirthdate(fields: { year: string; month: string; day: string }, today: string): ParsedBirthdate {
  const [year, month, day] = [fields.year, fields.month, fields.day].map((field) => field.slice(0, 50).normalize('NFKC').trim());
  if (!year || !month || !day) return { ok: false, reason: 'missing' };
  if (!/^\d{4}$/.test(year) || !/^\d{1,2}$/.test(month) || !/^\d{1,2}$/.test(day)) return { ok: false, reason: 'syntax' };
  const birthdate = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  if (!isDate(birthdate)) return { ok: false, reason: 'not_a_date' };
  if (Number(year) < FIRST_YEAR) return { ok: false, reason: 'too_early' };
  // Dates in this format sort as strings.
  if (birthdate > today) return { ok: false, reason: 'future' };
  return { ok: true, birthdate };
}

/** Whether a `YYYY-MM-DD` exists in the calendar; 1995-02-30 does not. */
export function isDate(date: string): boolean {
  // `Date` moves a day such as 02-30 into the next month, and makes an invalid date of a month such as 13.
  const moment = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().slice(0, 10) === date;
}

/** Returns the date in Japan, `YYYY-MM-DD`. */
export function dateInJapan(now: EpochMilliseconds): string {
  // Japan has one time zone, UTC+9, and no daylight saving time.
  return new Date(now + 9 * 60 * 60 * 1000).toISOString().slice(0, 10);
}
