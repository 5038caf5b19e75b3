// A moment as people in Japan read it.
import type { EpochMilliseconds } from '../domain/account.ts';
import type { Language } from '../http/translator.ts';

const FORMATS: Record<Language, Intl.DateTimeFormat> = {
  ja: new Intl.DateTimeFormat('ja-JP', { dateStyle: 'long', timeStyle: 'short', timeZone: 'Asia/Tokyo' }),
  en: new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'Asia/Tokyo' }),
};

/** Date and time of day, in Japan's time zone. */
export function formatTime(time: EpochMilliseconds, language: Language): string {
  return FORMATS[language].format(time);
}
