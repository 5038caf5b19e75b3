// The client libraries that were tried with the common ID: one entry each. `clients new --library`, the recipes in docs/clients/,
// `npm run interop` and test/samples/ are made from this table.

type Words = { ja: string; en: string };

export type Library = {
  /** Its name, as its users call it. */
  name: string;
  language: 'JavaScript' | 'Python' | 'Java' | 'Go' | 'Rust' | 'a proxy';
  /** The template of `clients new`: `browser` and `native` have no secret. */
  kind: 'web' | 'browser' | 'native';
  /** The path at which the app takes the code. */
  callback: string;
  /** The settings that the client's file needs beyond the template, and the reason in `why`. `{origin}` is the app's. */
  file: Record<string, unknown>;
  why?: Words;
  /** Notes for developers. */
  notes?: Words;
  /** Packages and their exact versions. */
  packages: Record<string, string>;
  /** The files of samples/clients/<id>/ that a developer copies. The first one has the `settings` region. */
  files: readonly [string, ...string[]];
  /** Shell commands in the folder of the sample. ISSUER, CLIENT_ID, CLIENT_SECRET and PORT are in the environment of both. */
  install?: string;
  start: string;
  /** How a person signs in, refreshes and signs out. */
  paths: {
    login: string;
    /** The end of the action of the form to press on the page at `login`, if it is not a redirect. */
    loginForm?: string;
    /** Where the claims are shown; `/` by default. */
    home?: string;
    /** A page that lets the library refresh. Absent if it cannot. */
    refresh?: string;
    /** May have `{home}`, the app's address, and `{end}`, the common ID's logout that leads there; both encoded. */
    logout: string;
    logoutForm?: string;
  };
  /** The claims that the sample shows at `home`; `email` and `family_name` by default. */
  shows?: readonly ('email' | 'family_name')[];
  /** The library refreshes only when a token is about to expire. In its test access tokens live for a minute. */
  refreshesBeforeExpiry?: true;
  /** `test`: in every `npm test`; `interop`: by `npm run interop`, which skips it if something of `needs` is missing. */
  runsIn: 'test' | 'interop';
  needs?: readonly Need[];
};

/** A program or file that must be on the machine, and how to get it. */
export type Need = { program?: string; file?: string; get: string };

const RS256 = { id_token_signed_response_alg: 'RS256' };
const WHY_RS256: Words = {
  ja: '`id_token_signed_response_alg: "RS256"`: Spring Security は、設定しない限り RS256 の ID トークンだけを受け付けます。',
  en: '`id_token_signed_response_alg: "RS256"`: unless it is told, Spring Security accepts ID tokens with RS256 only.',
};
const WHY_CLAIMS: Words = {
  ja: '`common_id.claims_in_id_token: true`: Auth.js は、`type: "oidc"` のとき ID トークンだけを読みます。',
  en: '`common_id.claims_in_id_token: true`: with `type: "oidc"` Auth.js reads the ID token only.',
};
const NO_REFRESH: Words = {
  ja: 'サンプルはログインだけに使い、リフレッシュトークンを求めません。Auth.js は自分ではリフレッシュせず、`getSession` や Server Component の `auth()` では新しいトークンを Cookie に保存できないためです。',
  en: 'The sample only signs people in, and asks for no refresh token: Auth.js does not refresh by itself, and neither `getSession` nor `auth()` in a server component can keep the new token in the cookie.',
};
const SPRING_FILES = [
  'src/main/resources/application.yml',
  'src/main/java/jp/example/sample/SampleApplication.java',
  'pom.xml',
] as const;
const JAVA: Need[] = [
  { program: 'java', get: 'a JDK 17 or newer (Debian: apt-get install default-jdk-headless)' },
  { program: 'mvn', get: 'Maven (Debian: apt-get install maven)' },
];
const NPM: Need[] = [{ program: 'npm', get: 'npm' }];
const NEXT = 'npm install --no-audit --no-fund --silent && npx next build';

const PYTHON: Need[] = [{ program: 'python3', get: 'Python 3.10 or newer with venv (Debian: apt-get install python3-venv)' }];
const VENV = 'python3 -m venv .venv && .venv/bin/pip install --quiet --requirement requirements.txt';

export const LIBRARIES = {
  'openid-client': {
    name: 'openid-client',
    language: 'JavaScript',
    kind: 'web',
    callback: '/callback',
    file: {},
    packages: { 'openid-client': '6.8.9' },
    files: ['app.mjs'],
    start: 'node app.mjs',
    paths: { login: '/login', refresh: '/refresh', logout: '/logout' },
    runsIn: 'test',
  },
  authjs: {
    name: 'Auth.js (Express)',
    language: 'JavaScript',
    kind: 'web',
    callback: '/auth/callback/common-id',
    file: { common_id: { claims_in_id_token: true } },
    why: WHY_CLAIMS,
    notes: NO_REFRESH,
    packages: { '@auth/express': '0.12.3', express: '5.3.0' },
    files: ['app.mjs'],
    start: 'node app.mjs',
    paths: { login: '/auth/signin', loginForm: '/auth/signin/common-id', logout: '/logout' },
    runsIn: 'test',
  },
  passport: {
    name: 'passport-openidconnect (Express)',
    language: 'JavaScript',
    kind: 'web',
    callback: '/callback',
    file: { token_endpoint_auth_method: 'client_secret_post', common_id: { pkce: 'optional' } },
    why: {
      ja: '`token_endpoint_auth_method: "client_secret_post"`: このライブラリはシークレットを本文で送ります。`common_id.pkce: "optional"`: PKCE を送れません。途中で盗まれた認可コードが別のログインに使われるおそれがあり、`clients check` が警告します。新しいアプリには openid-client をお勧めします。',
      en: '`token_endpoint_auth_method: "client_secret_post"`: the library sends the secret in the body. `common_id.pkce: "optional"`: it cannot send PKCE, so that a code that is stolen on its way can be injected into another login; `clients check` warns. For a new app, openid-client is better.',
    },
    notes: {
      ja: 'ID トークンの署名は検証せず、TLS でトークンエンドポイントから直接受け取ることに頼ります。リフレッシュはしません。',
      en: 'It does not verify the signature of the ID token: it relies on TLS, by which it gets the token from the token endpoint. It does not refresh.',
    },
    packages: { 'passport-openidconnect': '0.1.2', passport: '0.7.0', express: '5.3.0', 'express-session': '1.19.0' },
    files: ['app.mjs'],
    start: 'node app.mjs',
    paths: { login: '/login', logout: '/logout' },
    runsIn: 'test',
  },
  'express-openid-connect': {
    name: 'express-openid-connect',
    language: 'JavaScript',
    kind: 'web',
    callback: '/callback',
    file: {},
    packages: { 'express-openid-connect': '3.4.0', express: '5.3.0' },
    files: ['app.mjs', 'package.json'],
    install: 'npm install --no-audit --no-fund --silent',
    start: 'node app.mjs',
    paths: { login: '/login', refresh: '/refresh', logout: '/logout' },
    runsIn: 'interop',
    needs: NPM,
  },
  'oidc-client-ts': {
    name: 'oidc-client-ts (single-page app)',
    language: 'JavaScript',
    kind: 'browser',
    callback: '/callback',
    file: {},
    notes: {
      ja: 'トークンは `sessionStorage` にあり、ページのスクリプトから読めます。サーバーのあるアプリのほうが安全です。',
      en: 'The tokens are in `sessionStorage`, where every script of the page can read them. An app with a server is safer.',
    },
    packages: { 'oidc-client-ts': '3.5.0' },
    files: ['app.js', 'index.html', 'server.mjs'],
    start: 'node server.mjs',
    paths: { login: '/', refresh: '/', logout: '/' },
    runsIn: 'test',
  },
  'backchannel-logout': {
    name: 'jose (back-channel logout)',
    language: 'JavaScript',
    kind: 'web',
    callback: '/callback',
    file: { backchannel_logout_uri: '{origin}/backchannel-logout', backchannel_logout_session_required: true },
    why: {
      ja: '`backchannel_logout_uri`: ログアウトトークンを受け取る URL です。`backchannel_logout_session_required`: トークンが、終わったセッション (`sid`) を示します。',
      en: '`backchannel_logout_uri`: where the logout tokens go. `backchannel_logout_session_required`: they name the session that has ended (`sid`).',
    },
    packages: { jose: '6.2.17', 'openid-client': '6.8.9' },
    files: ['app.mjs'],
    start: 'node app.mjs',
    paths: { login: '/login', logout: '/logout' },
    runsIn: 'test',
  },
  authlib: {
    name: 'Authlib (Flask)',
    language: 'Python',
    kind: 'web',
    callback: '/callback',
    file: {},
    packages: { Authlib: '1.9.10', Flask: '3.1.3' },
    files: ['app.py', 'requirements.txt'],
    install: VENV,
    start: '.venv/bin/python app.py',
    paths: { login: '/login', refresh: '/refresh', logout: '/logout' },
    runsIn: 'interop',
    needs: PYTHON,
  },
  'go-oidc': {
    name: 'go-oidc with golang.org/x/oauth2',
    language: 'Go',
    kind: 'web',
    callback: '/callback',
    file: {},
    packages: { 'github.com/coreos/go-oidc/v3': '3.21.0', 'golang.org/x/oauth2': '0.37.0' },
    files: ['main.go', 'go.mod'],
    install: 'go build -o app .',
    start: './app',
    paths: { login: '/login', refresh: '/refresh', logout: '/logout' },
    runsIn: 'interop',
    needs: [{ program: 'go', get: 'Go 1.26 or newer' }],
  },
  'mozilla-django-oidc': {
    name: 'mozilla-django-oidc (Django)',
    language: 'Python',
    kind: 'web',
    callback: '/oidc/callback/',
    file: {},
    packages: { 'mozilla-django-oidc': '5.0.2', Django: '5.2.19' },
    files: ['sample/settings.py', 'sample/auth.py', 'sample/urls.py', 'manage.py', 'requirements.txt'],
    install: `${VENV} && .venv/bin/python manage.py migrate`,
    start: '.venv/bin/python manage.py runserver --noreload localhost:$PORT',
    paths: { login: '/oidc/authenticate/', logout: '/', logoutForm: '/oidc/logout/' },
    notes: {
      ja: 'バージョン 4 より前は PKCE を送れません。その場合は `common_id.pkce: "optional"` が必要です。リフレッシュトークンは使いません。`SessionRefresh` ミドルウェアは `prompt=none` で確認し直します。',
      en: 'Before version 4 it cannot send PKCE, and needs `common_id.pkce: "optional"`. It does not use refresh tokens: its middleware `SessionRefresh` asks again with `prompt=none`.',
    },
    runsIn: 'interop',
    needs: PYTHON,
  },
  'spring-6': {
    name: 'Spring Security 6 (Spring Boot 3)',
    language: 'Java',
    kind: 'web',
    callback: '/login/oauth2/code/common-id',
    file: RS256,
    why: WHY_RS256,
    notes: {
      ja: 'サンプルは PKCE を送るように設定しています。この設定ができないアプリには `common_id.pkce: "optional"` が必要です。',
      en: 'The sample tells it to send PKCE. An app that cannot do so needs `common_id.pkce: "optional"`.',
    },
    packages: { 'spring-boot': '3.5.16', 'spring-security': '6.5.11' },
    files: SPRING_FILES,
    install: 'mvn --quiet --batch-mode package',
    start: 'java -jar target/sample.jar',
    paths: { login: '/oauth2/authorization/common-id', refresh: '/token', logout: '/logout', logoutForm: '/logout' },
    refreshesBeforeExpiry: true,
    runsIn: 'interop',
    needs: JAVA,
  },
  'spring-7': {
    name: 'Spring Security 7 (Spring Boot 4)',
    language: 'Java',
    kind: 'web',
    callback: '/login/oauth2/code/common-id',
    file: RS256,
    why: WHY_RS256,
    packages: { 'spring-boot': '4.1.2', 'spring-security': '7.1.2' },
    files: SPRING_FILES,
    install: 'mvn --quiet --batch-mode package',
    start: 'java -jar target/sample.jar',
    paths: { login: '/oauth2/authorization/common-id', refresh: '/token', logout: '/logout', logoutForm: '/logout' },
    refreshesBeforeExpiry: true,
    runsIn: 'interop',
    needs: JAVA,
  },
  'rust-openidconnect': {
    name: 'openidconnect (crate)',
    language: 'Rust',
    kind: 'web',
    callback: '/callback',
    file: {},
    packages: { openidconnect: '4.1.0' },
    files: ['src/main.rs', 'Cargo.toml'],
    install: 'cargo build --locked',
    start: 'target/debug/common-id-sample',
    paths: { login: '/login', refresh: '/refresh', logout: '/logout' },
    runsIn: 'interop',
    needs: [{ program: 'cargo', get: 'Rust with Cargo' }],
  },
  'mod-auth-openidc': {
    name: 'mod_auth_openidc (Apache)',
    language: 'a proxy',
    kind: 'web',
    callback: '/private/callback',
    file: {},
    packages: { mod_auth_openidc: '2.4.12' },
    files: ['httpd.conf'],
    start: 'apache2 -f "$PWD/httpd.conf" -DFOREGROUND',
    paths: {
      login: '/private/',
      home: '/private/callback?info=json',
      refresh: '/private/',
      logout: '/private/callback?logout={home}',
    },
    refreshesBeforeExpiry: true,
    runsIn: 'interop',
    needs: [
      { program: 'apache2', get: 'Apache 2.4 (Debian: apt-get install apache2-bin)' },
      {
        file: '/usr/lib/apache2/modules/mod_auth_openidc.so',
        get: 'mod_auth_openidc (Debian: apt-get install libapache2-mod-auth-openidc)',
      },
    ],
  },
  'oauth2-proxy': {
    name: 'oauth2-proxy',
    language: 'a proxy',
    kind: 'web',
    callback: '/oauth2/callback',
    file: {},
    packages: { 'oauth2-proxy': '7.15.6' },
    files: ['oauth2-proxy.cfg', 'start.sh'],
    install: 'GOBIN="$PWD/bin" go install github.com/oauth2-proxy/oauth2-proxy/v7@v7.15.6',
    start: './start.sh',
    paths: { login: '/oauth2/start', home: '/oauth2/userinfo', refresh: '/private/', logout: '/oauth2/sign_out?rd={end}' },
    shows: ['email'],
    runsIn: 'interop',
    needs: [{ program: 'go', get: 'Go 1.26 or newer' }],
  },
  'next-auth-4': {
    name: 'next-auth 4 (Next.js)',
    language: 'JavaScript',
    kind: 'web',
    callback: '/api/auth/callback/common-id',
    file: {},
    packages: { 'next-auth': '4.24.15', next: '16.4.6' },
    files: ['pages/api/auth/[...nextauth].js', 'pages/index.js', 'pages/api/logout.js', 'package.json'],
    install: NEXT,
    start:
      'env NEXTAUTH_URL=http://localhost:$PORT NEXTAUTH_SECRET=only-for-development-0123456789abcdef npx next start --port $PORT',
    paths: { login: '/api/auth/signin', loginForm: '/api/auth/signin/common-id', refresh: '/', logout: '/api/logout' },
    refreshesBeforeExpiry: true,
    runsIn: 'interop',
    needs: NPM,
  },
  'next-auth-5': {
    name: 'next-auth 5 (Auth.js for Next.js)',
    language: 'JavaScript',
    kind: 'web',
    callback: '/api/auth/callback/common-id',
    file: { common_id: { claims_in_id_token: true } },
    why: WHY_CLAIMS,
    packages: { 'next-auth': '5.0.0-beta.32', next: '16.4.6' },
    files: ['auth.js', 'app/api/auth/[...nextauth]/route.js', 'app/page.js', 'app/logout/route.js', 'package.json'],
    install: NEXT,
    start: 'env AUTH_URL=http://localhost:$PORT AUTH_SECRET=only-for-development-0123456789abcdef npx next start --port $PORT',
    paths: { login: '/api/auth/signin', loginForm: '/api/auth/signin/common-id', logout: '/logout' },
    notes: NO_REFRESH,
    runsIn: 'interop',
    needs: NPM,
  },
} as const satisfies Record<string, Library>;

export type LibraryId = keyof typeof LIBRARIES;

/** The table with the type of its entries. */
export const libraries = (): [string, Library][] => Object.entries<Library>(LIBRARIES);
