// Calendar days as people in Japan count them, wherever the server stands.
import { LOCALE_OF, type Language } from '../../http/translator.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const JAPAN_OFFSET_MS = 9 * 60 * 60 * 1000;

/** The day in Japan, `YYYY-MM-DD`. */
export function japanDay(moment: number): string {
  return new Date(moment + JAPAN_OFFSET_MS).toISOString().slice(0, 10);
}

/** Whether the text is a day that exists, `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const moment = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(moment) && new Date(moment).toISOString().startsWith(text);
}

/** How many days lie between two days; negative where `to` is earlier. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

/** The day as people write it in that language. */
export function formatDay(day: string, language: Language): string {
  const format = new Intl.DateTimeFormat(LOCALE_OF[language], { dateStyle: 'full', timeZone: 'UTC' });
  return format.format(new Date(`${day}T00:00:00Z`));
}
