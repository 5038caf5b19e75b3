// Dates of birth.
import type { EpochMilliseconds } from './epoch-milliseconds.ts';

export type ParsedBirthdate =
  | {
      ok: true;
      /** `YYYY-MM-DD`. */
      birthdate: string;
    }
  | { ok: false; reason: 'missing' | 'syntax' | 'not_a_date' | 'not_in_era' | 'future' | 'too_early' };

const FIRST_YEAR = 1900;

/** The eras of the Japanese calendar with their usual short forms and their first days. Each ends when the next one begins. */
const ERAS: [names: string[], firstDay: string][] = [
  [['明治', '明', 'M'], '1868-10-23'],
  [['大正', '大', 'T'], '1912-07-30'],
  [['昭和', '昭', 'S'], '1926-12-25'],
  [['平成', '平', 'H'], '1989-01-08'],
  [['令和', '令', 'R'], '2019-05-01'],
];
const ERA_YEAR = new RegExp(`^(${ERAS.flatMap(([names]) => names).join('|')})[. ]*(\\d{1,2}|元)年?$`);

/** A year as typed: of the Gregorian calendar, and the first days of its era and of the next one if an era was typed. */
type TypedYear = { year: string; era?: { from: string; until: string } };

/** Parses a year of either calendar: `1964`, `昭和39`, `S39`, `平成元年`. NFKC has converted `㍼39`. */
function parseYear(text: string): TypedYear | undefined {
  const gregorian = /^(?:西暦 ?)?(\d{4})年?$/.exec(text)?.[1];
  if (gregorian !== undefined) return { year: gregorian };
  const [, name = '', year] = ERA_YEAR.exec(text.toUpperCase()) ?? [];
  const index = ERAS.findIndex(([names]) => names.includes(name));
  const [, from] = ERAS[index] ?? [];
  if (from === undefined) return undefined;
  const until = ERAS[index + 1]?.[1] ?? '9999';
  return { year: String(Number(from.slice(0, 4)) + (year === '元' ? 1 : Number(year)) - 1), era: { from, until } };
}

/**
 * Parses the three fields of a birth date, in half or full width, with or without leading zeros. The year may be one of a Japanese era.
 * @param today the latest date that is accepted, `YYYY-MM-DD`; see `dateInJapan`
 */
export function parseBirthdate(fields: { year: string; month: string; day: string }, today: string): ParsedBirthdate {
  const [year, month, day] = [fields.year, fields.month, fields.day].map((field) => field.slice(0, 50).normalize('NFKC').trim());
  if (!year || !month || !day) return { ok: false, reason: 'missing' };
  const typed = parseYear(year);
  if (!typed || !/^\d{1,2}$/.test(month) || !/^\d{1,2}$/.test(day)) return { ok: false, reason: 'syntax' };
  const birthdate = `${typed.year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  if (!isDate(birthdate)) return { ok: false, reason: 'not_a_date' };
  // Dates in this format sort as strings.
  if (typed.era && (birthdate < typed.era.from || birthdate >= typed.era.until)) return { ok: false, reason: 'not_in_era' };
  if (Number(typed.year) < FIRST_YEAR) return { ok: false, reason: 'too_early' };
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
