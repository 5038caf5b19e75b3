// What the pages of docs/clients/ share: words in both languages, and the sentences about missing ones.

export const LANGUAGES = ['ja', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];
export type Words = Record<Language, string>;

/** A page of docs/clients/<language>/, made from tables. */
export type Page = {
  /** The file's name without `.md`. */
  name: string;
  title: Words;
  /** @returns Markdown without the title */
  body(language: Language): string;
  /** @returns a sentence for each thing of the program that has no words yet */
  missing(): string[];
};

/** @returns a sentence for each name without an entry */
export function withoutWords(what: string, names: readonly string[], words: object, file: string): string[] {
  return names
    .filter((name) => !Object.hasOwn(words, name))
    .map(
      (name) =>
        `${what} ${name} has no words in ja and en: add them in scripts/generate/client-pages/${file}.ts, and run npm run generate`,
    );
}

/** Columns on a screen; Han, kana and full-width signs take two. */
const width = (text: string): number =>
  Array.from(text).reduce((sum, letter) => sum + (/[\u2e80-\u9fff\uff00-\uff60]/.test(letter) ? 2 : 1), 0);

/** @returns a table in Markdown, with its columns below each other */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...lines.map((cells) => width(cells[column] ?? ''))));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - width(cell))).join(' | ')} |`;
  const [first = [], ...others] = lines;
  return [line(first), `| ${widths.map((columns) => '-'.repeat(columns)).join(' | ')} |`, ...others.map(line)].join('\n');
}

export const code = (text: string): string => `\`${text}\``;
export const json = (value: unknown): string => `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;
