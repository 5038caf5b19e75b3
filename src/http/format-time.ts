// Formats times in Japan's time zone.
import { LOCALE_OF, type Language } from '../language.ts';

/** @param date `YYYY-MM-DD` */
export function formatDate(date: string, language: Language): string {
  return new Intl.DateTimeFormat(LOCALE_OF[language], { dateStyle: 'long', timeZone: 'UTC' }).format(Date.parse(date));
}

/** @param time epoch milliseconds
 * @returns date and time of day, in Japan's time zone */
export function formatTime(time: number, language: Language): string {
  return new Intl.DateTimeFormat(LOCALE_OF[language], { dateStyle: 'long', timeStyle: 'short', timeZone: 'Asia/Tokyo' }).format(
    time,
  );
}
