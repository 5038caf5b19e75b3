/** The languages of the common ID, the default first. */
export const LANGUAGES = ['ja', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Returns the language of a record; Japanese if the record names no known language. */
export function languageOf(named: string | undefined): Language {
  return LANGUAGES.find((language) => language === named) ?? LANGUAGES[0];
}
