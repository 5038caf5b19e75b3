// A moment as people in Japan read it.
import type { EpochMilliseconds } from '../domain/account.ts';
import { LOCALE_OF, type Language } from './translator.ts';

/** Date and time of day, in Japan's time zone. */
export function formatTime(time: EpochMilliseconds, language: Language): string {
  return new Intl.DateTimeFormat(LOCALE_OF[language], { dateStyle: 'long', timeStyle: 'short', timeZone: 'Asia/Tokyo' }).format(
    time,
  );
}
