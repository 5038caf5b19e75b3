// The languages of the pages, mails and files. To add one, add it here and its folder in config/locales/.

/** The languages, the default first. */
export const LANGUAGES = ['ja', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The locale for dates, times and numbers of a language. */
export const LOCALE_OF: Record<Language, string> = { ja: 'ja-JP', en: 'en-GB' };

/** Returns the language of a record; Japanese if the record names no known language. */
export function languageOf(named: string | undefined): Language {
  return LANGUAGES.find((language) => language === named) ?? LANGUAGES[0];
}
