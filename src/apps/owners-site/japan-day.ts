// Calendar days in Japan, independent of the server's time zone.
import { LOCALE_OF, type Language } from '../../language.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const JAPAN_OFFSET_MS = 9 * 60 * 60 * 1000;

/** Returns the day of a moment in Japan, `YYYY-MM-DD`. */
export function japanDay(moment: number): string {
  return new Date(moment + JAPAN_OFFSET_MS).toISOString().slice(0, 10);
}

/** Whether the text is an existing day, `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const moment = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(moment) && new Date(moment).toISOString().startsWith(text);
}

/** Returns the number of days from one day to another; negative if `to` is earlier. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

/** Formats the day for that language. */
export function formatDay(day: string, language: Language): string {
  const format = new Intl.DateTimeFormat(LOCALE_OF[language], { dateStyle: 'full', timeZone: 'UTC' });
  return format.format(new Date(`${day}T00:00:00Z`));
}
