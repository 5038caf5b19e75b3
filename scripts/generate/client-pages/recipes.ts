// docs/clients/<language>/recipes.md: one recipe a library, from the table of libraries and the samples that tests run.
import { libraries, type Library } from '../../../samples/clients/libraries.ts';
import { sampleFile } from '../../admin/clients/library-settings.ts';
import { code, table, type Language, type Page } from './words.ts';

const FENCES: Record<string, string> = {
  mjs: 'js',
  js: 'js',
  py: 'python',
  java: 'java',
  go: 'go',
  rs: 'rust',
  yml: 'yaml',
  conf: 'apache',
  cfg: 'toml',
  html: 'html',
  sh: 'sh',
  json: 'json',
  xml: 'xml',
  toml: 'toml',
};

type Sentences = Record<'intro' | 'file' | 'nothing' | 'run' | 'tested' | 'whole' | 'also' | 'other' | 'otherTitle', string> & {
  head: string[];
  does: Record<'login' | 'refresh' | 'logout' | 'no', string>;
  by: Record<Library['runsIn'], string>;
};
const T: Record<Language, Sentences> = {
  ja: {
    intro: `どのサンプルも、テストが本物の共通 ID に対して動かしています。始め方はすべて同じです。

1. \`npm start\` で共通 ID を起動します。
2. 別の端末で、下のコマンドでクライアントのファイルを作ります。シークレットと、ライブラリの設定が表示されます。
3. 表示された環境変数 (\`ISSUER\`、\`CLIENT_ID\`、\`CLIENT_SECRET\`) を設定し、サンプルのフォルダーで起動します。
4. http://localhost:3999 を開き、\`sato@example.jp\` と \`Common-2026\` でログインします。`,
    file: 'ファイルに加わるもの',
    nothing: 'ファイルに特別な設定は要りません。',
    run: 'サンプルの起動',
    tested: '確認したもの',
    whole: 'サンプルの全体',
    also: 'ほかのファイル',
    head: ['ライブラリ', '言語', 'バージョン', 'ログイン', 'リフレッシュ', 'ログアウト', 'テスト'],
    does: { login: 'はい', refresh: 'はい', logout: 'はい', no: '–' },
    by: { test: '`npm test`', interop: '`npm run interop`' },
    otherTitle: 'AppAuth (iOS、Android)',
    other: `この計算機では動かしていません。サンプルはありません。標準どおりのネイティブアプリとして設定します。

- ファイルは \`npm run admin -- clients new native --redirect-uri jp.example.app:/callback …\` で作ります (\`application_type: "native"\`、シークレットなし)。
- AppAuth には発行者 (\`discoverServiceConfigurationForIssuer:\` / \`fetchFromIssuer\`) と \`redirect_uri\`、スコープ \`openid profile email offline_access\` を渡します。PKCE (S256)、\`state\`、\`nonce\` は AppAuth が送ります。
- パソコンのアプリでは、ループバック (\`http://127.0.0.1/callback\`) をポートを問わずに使えます。
- ネイティブアプリには毎回、同意画面が出ます。\`prompt=none\` は \`interaction_required\` になります。
- ログアウトには \`OIDEndSessionRequest\` / \`EndSessionRequest\` を使い、\`post_logout_redirect_uris\` に同じ形の URL を登録します。`,
  },
  en: {
    intro: `Tests run every sample against the real common ID. All of them begin in the same way:

1. Start the common ID with \`npm start\`.
2. In another terminal, make the client’s file with the command below. It prints the secret and the settings of the library.
3. Set the variables that it prints (\`ISSUER\`, \`CLIENT_ID\`, \`CLIENT_SECRET\`), and start the sample in its folder.
4. Open http://localhost:3999, and sign in as \`sato@example.jp\` with \`Common-2026\`.`,
    file: 'In the file',
    nothing: 'The file needs nothing special.',
    run: 'Start the sample',
    tested: 'What was tried',
    whole: 'The whole sample',
    also: 'Other files',
    head: ['library', 'language', 'versions', 'login', 'refresh', 'logout', 'run by'],
    does: { login: 'yes', refresh: 'yes', logout: 'yes', no: '–' },
    by: { test: '`npm test`', interop: '`npm run interop`' },
    otherTitle: 'AppAuth (iOS, Android)',
    other: `It was not run here, and there is no sample. Set it up as the native app of the standard that it is:

- Make the file with \`npm run admin -- clients new native --redirect-uri jp.example.app:/callback …\` (\`application_type: "native"\`, no secret).
- Give AppAuth the issuer (\`discoverServiceConfigurationForIssuer:\` / \`fetchFromIssuer\`), the \`redirect_uri\`, and the scopes \`openid profile email offline_access\`. It sends PKCE (S256), \`state\` and \`nonce\` by itself.
- An app on a computer may use the loopback, \`http://127.0.0.1/callback\`, with any port.
- The customer of a native app is asked for consent each time, so \`prompt=none\` gets \`interaction_required\`.
- For the logout use \`OIDEndSessionRequest\` / \`EndSessionRequest\`, with a URL of the same kind in \`post_logout_redirect_uris\`.`,
  },
};

const versionsOf = ({ packages }: Library): string =>
  Object.entries(packages)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');

/** How a JavaScript sample gets its packages in a project of one's own. */
function installOf({ install, packages, language }: Library): string[] {
  if (install !== undefined) return [install];
  return language === 'JavaScript'
    ? [
        `npm install ${Object.entries(packages)
          .map(([name, version]) => `${name}@${version}`)
          .join(' ')}`,
      ]
    : [];
}

function recipe(id: string, library: Library, language: Language): string {
  const t = T[language];
  const [main, ...others] = library.files;
  const block = (name: string): string =>
    `\`\`\`${FENCES[name.split('.').at(-1) ?? ''] ?? 'text'}\n${sampleFile(id, name).trimEnd()}\n\`\`\``;
  const secret = library.kind === 'web' ? ' CLIENT_SECRET=…' : '';
  const variables = `export ISSUER=http://localhost:3000 CLIENT_ID=my-shop${secret}`;
  const details = others.map((name) => `<details><summary>${name}</summary>\n\n${block(name)}\n\n</details>`);
  return [
    `<a id="${id}"></a>`,
    `## ${library.name}`,
    `\`\`\`sh\nnpm run admin -- clients new ${library.kind} --library ${id} --id my-shop --name "My shop" \\\n  --contact shop@example.jp --redirect-uri http://localhost:3999${library.callback}\n\`\`\``,
    `${library.why ? `${t.file}: ${library.why[language]}` : t.nothing}${library.notes ? ` ${library.notes[language]}` : ''}`,
    `${t.run} ([samples/clients/${id}](../../../samples/clients/${id})):`,
    `\`\`\`sh\n${[...installOf(library), variables, library.start.replaceAll('$PORT', '3999')].join('\n')}\n\`\`\``,
    `${code(main)}:`,
    block(main),
    ...details,
  ].join('\n\n');
}

export const recipes: Page = {
  name: 'recipes',
  title: { ja: 'ライブラリごとの手順', en: 'Recipes' },
  body(language) {
    const t = T[language];
    const rows = libraries().map(([id, library]) => [
      `[${library.name}](#${id})`,
      library.language === 'a proxy' ? '–' : library.language,
      versionsOf(library),
      t.does.login,
      library.paths.refresh === undefined ? t.does.no : t.does.refresh,
      t.does.logout,
      t.by[library.runsIn],
    ]);
    return [
      t.intro,
      table(t.head, rows),
      ...libraries().map(([id, library]) => recipe(id, library, language)),
      `## ${t.otherTitle}`,
      t.other,
    ].join('\n\n');
  },
  missing: () => [],
};
