// The pages of docs/clients/, in both languages. To add one, add it to PAGES.
import { claims } from './claims.ts';
import { endpoints } from './endpoints.ts';
import { errors } from './errors.ts';
import { lifetimes } from './lifetimes.ts';
import { recipes } from './recipes.ts';
import { settings } from './settings.ts';
import { LANGUAGES, type Language, type Page } from './words.ts';

const PAGES: readonly Page[] = [recipes, endpoints, claims, errors, lifetimes, settings];

const MADE: Record<Language, string> = {
  ja: '`npm run generate` がプログラムの表と例から作ったページです。言葉は `scripts/generate/client-pages/` にあります。',
  en: '`npm run generate` makes this page from the tables and examples of the program. Its words are in `scripts/generate/client-pages/`.',
};
const OTHER: Record<Language, [Language, string]> = { ja: ['en', 'English'], en: ['ja', '日本語'] };
const BACK: Record<Language, string> = {
  ja: '[クライアント開発者の方へ](../../clients.ja.md)',
  en: '[For client developers](../../clients.md)',
};

/** @returns the pages by their paths in the project. Prettier leaves them alone: the samples in them are in seven languages. */
export function clientPages(): Record<string, string> {
  const made = LANGUAGES.flatMap((language) =>
    PAGES.map((page) => {
      const [other, otherName] = OTHER[language];
      const others = PAGES.map(({ name, title }) => (name === page.name ? title[language] : `[${title[language]}](${name}.md)`));
      const links = [BACK[language], ...others, `[${otherName}](../${other}/${page.name}.md)`].join(' · ');
      return [
        `docs/clients/${language}/${page.name}.md`,
        [`# ${page.title[language]}`, links, page.body(language), MADE[language]].join('\n\n') + '\n',
      ];
    }),
  );
  return Object.fromEntries(made) as Record<string, string>;
}

/** @returns a sentence for each thing of the program that has no words in the pages */
export const withoutWordsInPages = (): string[] => PAGES.flatMap((page) => page.missing());
