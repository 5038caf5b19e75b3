// Words in the person's language. Texts stand in config/locales/<language>/<app>.json; Japanese first, English complete.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import i18next, { type i18n } from 'i18next';

export const LANGUAGES = ['ja', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];
const DEFAULT_LANGUAGE: Language = 'ja';

/** How dates, times and numbers are written in a language. */
export const LOCALE_OF: Record<Language, string> = { ja: 'ja-JP', en: 'en-GB' };

/** Answers the text of a key (`login.title`); `{{name}}` in it is replaced by `values.name`. */
export type Translate = (key: string, values?: Record<string, string | number>) => string;

/** Finds the words of one app in one language. */
export type Translator = { in(language: Language): Translate };

/**
 * Loads the texts of an app in every language.
 * @param localesDirectory the folder with one folder a language
 * @param files names of the text files; a key that a later file has too replaces the earlier one's
 * @throws where a file is missing or is no JSON
 */
export function createTranslator(localesDirectory: string, files: readonly string[]): Translator {
  const resources = Object.fromEntries(
    LANGUAGES.map((language) => {
      const texts = files.map(
        (file) => JSON.parse(readFileSync(join(localesDirectory, language, `${file}.json`), 'utf8')) as object,
      );
      return [language, { translation: Object.assign({}, ...texts) as Record<string, unknown> }];
    }),
  );
  const instance: i18n = i18next.createInstance({
    resources,
    fallbackLng: false,
    initAsync: false,
    // EJS escapes what it prints; escaping twice would show entities.
    interpolation: { escapeValue: false },
    returnEmptyString: false,
  });
  void instance.init();
  const translates = new Map<Language, Translate>(
    LANGUAGES.map((language) => {
      const fixed = instance.getFixedT(language);
      // A page asks for forty texts, most of them without values: i18next searches for each once.
      const found = new Map<string, string>();
      const find = (key: string): string => {
        const known = found.get(key);
        if (known !== undefined) return known;
        const text = fixed(key);
        // i18next answers a key that it does not have with itself; such a key may be made of what somebody sent.
        if (text !== key) found.set(key, text);
        return text;
      };
      return [language, (key, values) => (values ? fixed(key, values) : find(key))];
    }),
  );
  return { in: (language) => translates.get(language) as Translate };
}

/** The first of the wished languages that we have; wishes are BCP 47 tags in order (`ui_locales`, OpenID Connect Core 3.1.2.1). */
export function chooseLanguage(wishes: readonly (string | undefined)[]): Language {
  for (const wish of wishes) {
    const primary = wish?.toLowerCase().split('-')[0];
    const found = LANGUAGES.find((language) => language === primary);
    if (found) return found;
  }
  return DEFAULT_LANGUAGE;
}
