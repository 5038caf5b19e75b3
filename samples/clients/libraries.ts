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
  /** What the client's file has to say beyond the template, and why. */
  file: Record<string, unknown>;
  why?: Words;
  /** What is worth knowing. */
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
    /** Absent if the library does not refresh, or only when a token has expired. */
    refresh?: string;
    logout: string;
    logoutForm?: string;
  };
  /** `test`: in every `npm test`; `interop`: by `npm run interop`, which needs these programs and says so. */
  runsIn: 'test' | 'interop';
  needs?: readonly Need[];
};

/** A program or file that must be on the machine, and how people get it. */
export type Need = { program?: string; file?: string; get: string };

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
} as const satisfies Record<string, Library>;

export type LibraryId = keyof typeof LIBRARIES;

/** The table with the type of its entries. */
export const libraries = (): [string, Library][] => Object.entries<Library>(LIBRARIES);
