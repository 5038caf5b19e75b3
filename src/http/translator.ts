// Words in the person's language. Texts stand in config/locales/<language>/<app>.json; Japanese first, English complete.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const LANGUAGES = ['ja', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];
const DEFAULT_LANGUAGE: Language = 'ja';

/** How dates, times and numbers are written in a language. */
export const LOCALE_OF: Record<Language, string> = { ja: 'ja-JP', en: 'en-GB' };

/** Answers the text of a key (`login.title`); `{{name}}` in it is replaced by `values.name`. A key without a text answers itself. */
export type Translate = (key: string, values?: Record<string, string | number>) => string;

/** Finds the words of one app in one language. */
export type Translator = { in(language: Language): Translate };

/**
 * Loads the texts of an app in every language.
 * @param localesDirectory the folder with one folder a language
 * @param files names of the text files; a text that a later file has too replaces the earlier one's
 * @throws where a file is missing or is no JSON
 */
export function createTranslator(localesDirectory: string, files: readonly string[]): Translator {
  const translates = new Map<Language, Translate>(
    LANGUAGES.map((language) => {
      const texts = new Map<string, string>();
      for (const file of files) {
        addTexts(texts, '', JSON.parse(readFileSync(join(localesDirectory, language, `${file}.json`), 'utf8')) as Texts);
      }
      return [language, (key, values) => fillIn(texts.get(key) ?? key, values)];
    }),
  );
  return { in: (language) => translates.get(language) as Translate };
}

type Texts = { [key: string]: string | Texts };

/** Puts every text under its whole key, so that each is found in one step. */
function addTexts(texts: Map<string, string>, prefix: string, added: Texts): void {
  for (const [key, text] of Object.entries(added)) {
    if (typeof text === 'string') texts.set(prefix + key, text);
    else addTexts(texts, `${prefix}${key}.`, text);
  }
}

/** A value that is missing stays visible as its name: EJS escapes what it prints, so nothing is escaped here. */
function fillIn(text: string, values: Record<string, string | number> | undefined): string {
  return values ? text.replaceAll(/\{\{(\w+)\}\}/g, (name, key: string) => String(values[key] ?? name)) : text;
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
