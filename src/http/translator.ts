// Texts in the person's language, from config/locales/<language>/<app>.json. The default is Japanese; English is complete.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import i18next, { type i18n } from 'i18next';
import { LANGUAGES, type Language } from '../language.ts';

/** Returns the text of a key such as `login.title`, and replaces `{{name}}` with `values.name`. */
export type Translate = (key: string, values?: Record<string, string | number>) => string;

/** The texts of one app, by language. */
export type Translator = { in(language: Language): Translate };

/**
 * Loads the texts of an app in all languages.
 * @param localesDirectory the folder that has one folder for each language
 * @param files the names of the text files; keys in later files override earlier ones
 * @throws {Error} if a file is missing or is not JSON
 */
export function createTranslator(localesDirectory: string, files: readonly string[]): Translator {
  const resources = Object.fromEntries(
    LANGUAGES.map((language) => {
      const texts: Record<string, unknown> = {};
      for (const file of files) {
        const read: unknown = JSON.parse(readFileSync(join(localesDirectory, language, `${file}.json`), 'utf8'));
        Object.assign(texts, read);
      }
      return [language, { translation: texts }];
    }),
  );
  const instance: i18n = i18next.createInstance({
    resources,
    fallbackLng: false,
    initAsync: false,
    // EJS escapes its output; escaping twice would show entities.
    interpolation: { escapeValue: false },
    returnEmptyString: false,
  });
  void instance.init();
  const translates = new Map<Language, Translate>(
    LANGUAGES.map((language) => {
      const fixed = instance.getFixedT(language);
      // Caches texts without values. A page needs about forty texts, most of them without values.
      const found = new Map<string, string>();
      const find = (key: string): string => {
        const known = found.get(key);
        if (known !== undefined) return known;
        const text = fixed(key);
        // i18next returns unknown keys unchanged. These are not cached, because a key may contain user input.
        if (text !== key) found.set(key, text);
        return text;
      };
      return [language, (key, values) => (values ? fixed(key, values) : find(key))];
    }),
  );
  return { in: (language) => translates.get(language) as Translate };
}

/**
 * Returns the first supported language of the preferred ones; these are BCP 47 tags in order (`ui_locales`, OpenID Connect Core 3.1.2.1).
 * Some clients write `ja_JP`, as Java and POSIX do.
 */
export function chooseLanguage(wishes: readonly (string | undefined)[]): Language {
  for (const wish of wishes) {
    const primary = wish?.toLowerCase().split(/[-_]/)[0];
    const found = LANGUAGES.find((language) => language === primary);
    if (found) return found;
  }
  return LANGUAGES[0];
}
