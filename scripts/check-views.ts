// The linter of the views: `npm run check:views`. Prints a line for each rule that a view breaks, with what to do, and ends with 1 then.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `include(…)` and nothing behind its closing bracket; brackets within are at most three deep. */
const ONE_INCLUDE = (() => {
  const inner = (depth: number): string => (depth === 0 ? '[^()]' : `(?:[^()]|\\(${inner(depth - 1)}*\\))`);
  return new RegExp(`^<%-\\s*include\\(${inner(3)}*\\)\\s*-?%>$`);
})();

type View = { file: string; source: string; texts: ReadonlySet<string> };

/** Each rule returns the faults of a view. */
const RULES: ((view: View) => string[])[] = [
  ({ source }) =>
    [...source.matchAll(/<%-[\s\S]*?%>/g)]
      .filter(([raw]) => !ONE_INCLUDE.test(raw))
      .map(([raw]) => `${raw} prints unescaped: use <%= %>; <%- %> is for include(…) alone`),
  ({ source }) => (/^<%# .+%>/.test(source) ? [] : ['the first line says in a comment, <%# … %>, what the view shows']),
  ({ file, source }) =>
    // Mail programs keep no style sheet.
    /^mail\/|mail-(start|end)/.test(file)
      ? []
      : (source.match(/\sstyle=|\son[a-z]+=|<style|<script(?! src=)/g) ?? []).map(
          (found) => `${found.trim()} is refused by the security policy: put it into views/assets/`,
        ),
  ({ file, source }) => {
    // The provider's own form against forged logout carries the provider's token.
    if (file === 'common-id/logout.ejs') return [];
    const forms = source.match(/<form method="post"/g)?.length ?? 0;
    const tokens = source.match(/include\('\/partials\/csrf'/g)?.length ?? 0;
    return forms === tokens ? [] : [`${forms} posted forms, but ${tokens} tokens: include('/partials/csrf') in each form`];
  },
  ({ source, texts }) =>
    [...source.matchAll(/\bt\('([\w.-]+)'/g)]
      .map(([, key = '']) => key)
      .filter((key) => !texts.has(key))
      .map((key) => `no text has the key ${key}: add it to config/locales/`),
];

/** @returns a line for each rule that a view below this directory breaks */
export function checkViews(root: string): string[] {
  const textsOf = createTexts(join(root, 'config/locales/ja'));
  return filesUnder(join(root, 'views'), '.ejs').flatMap((file) => {
    const view = { file, source: readFileSync(join(root, 'views', file), 'utf8'), texts: textsOf(file) };
    return RULES.flatMap((rule) => rule(view)).map((mistake) => `views/${file}: ${mistake}`);
  });
}

/** Returns the keys that a view may name: those of its app. Views of no app, and mails, may use the keys of several. */
function createTexts(directory: string): (file: string) => ReadonlySet<string> {
  const keys = new Map(
    filesUnder(directory, '.json').map((file) => [
      file,
      keysOf(JSON.parse(readFileSync(join(directory, file), 'utf8')) as Texts),
    ]),
  );
  return (file) => {
    const app = file.split('/')[0];
    const ofTheId = [
      'common-id.json',
      'profile.json',
      'passkeys.json',
      'second-factor.json',
      ...(app === 'common-id' ? [] : ['mail.json']),
    ];
    const own = app !== 'common-id' && keys.has(`${app}.json`) ? [`${app}.json`] : ofTheId;
    const files = app === 'mail' ? [...keys.keys()] : ['common.json', ...own];
    return new Set(files.flatMap((name) => keys.get(name) ?? []));
  };
}

type Texts = { [key: string]: string | Texts };

const keysOf = (texts: Texts, prefix = ''): string[] =>
  Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [prefix + key] : keysOf(value, `${prefix}${key}.`),
  );

const filesUnder = (directory: string, extension: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(extension))
    .toSorted();

if (import.meta.main) {
  const mistakes = checkViews(fileURLToPath(new URL('..', import.meta.url)));
  for (const mistake of mistakes) process.stderr.write(`${mistake}\n`);
  process.exitCode = mistakes.length ? 1 : 0;
}
