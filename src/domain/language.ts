/** The languages of the common ID, the default first. */
export const LANGUAGES = ['ja', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The language that a record names; Japanese where it names none of ours. */
export function languageOf(named: string | undefined): Language {
  return LANGUAGES.find((language) => language === named) ?? LANGUAGES[0];
}
