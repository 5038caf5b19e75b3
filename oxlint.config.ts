// The linter's rules. First of all who may import whom (ARCHITECTURE.md): an entry a folder, each with what to do instead.
import { defineConfig, type OxlintConfig } from 'oxlint';
import { stepOf } from './src/oidc/policy/prompt.ts';
import { PROMPTS } from './src/oidc/policy/prompts.ts';

/** The steps of an interaction: none of them knows another. */
export const STEPS = PROMPTS.map(({ name }) => stepOf(name)).toSorted();
/** The reference clients: none of them knows another. */
export const CLIENTS = ['dealer-system', 'demo-clients', 'mailbox', 'maintenance-notebook', 'operations-console', 'owners-site'];

const PAGES_USE = ['authentication', 'profile', 'oidc', 'domain', 'storage', 'jobs', 'http'];
const SHARED_BY_PAGES = 'Move what both kinds of pages need to src/authentication/ or src/profile/.';
/** Who may import whom: each room of src/, the rooms whose code it may use, and what to do instead of using another one. */
export const ROOMS: Record<string, { uses: string[]; instead: string }> = {
  domain: { uses: [], instead: 'The rules know no HTTP and no database: take it as an argument.' },
  http: {
    uses: [],
    instead: 'src/http/ is machinery for pages: have it passed in, or throw an error with status, code and retryAfterSeconds.',
  },
  telemetry: { uses: [], instead: 'src/telemetry/ is told what happens: have it passed in.' },
  storage: { uses: ['domain'], instead: 'Storage keeps what it is given; it knows src/domain/ alone.' },
  mail: { uses: ['domain', 'http'], instead: 'The mailer takes a mail and sends it.' },
  sms: { uses: ['domain', 'http'], instead: 'The gateway takes an SMS and sends it.' },
  keys: { uses: ['domain'], instead: 'The keys know src/domain/ alone: have it passed in.' },
  config: { uses: ['domain', 'keys'], instead: 'src/config/ reads what is written down; it starts nothing.' },
  jobs: {
    uses: ['domain', 'storage', 'mail', 'sms'],
    instead:
      'Jobs run without a request: use src/domain/, src/storage/storage.ts, src/mail/, src/sms/, src/http/bounded-fetch.ts and src/telemetry/traces.ts.',
  },
  authentication: { uses: ['domain', 'storage', 'jobs', 'http'], instead: 'Pages are on top: have it passed in.' },
  profile: { uses: ['domain', 'storage', 'jobs', 'http'], instead: 'Pages are on top: have it passed in.' },
  oidc: {
    uses: ['authentication', 'domain', 'storage', 'jobs', 'http', 'config'],
    instead: 'Pages are on top: move what both need to src/domain/ or src/http/.',
  },
  interaction: { uses: PAGES_USE, instead: SHARED_BY_PAGES },
  account: { uses: PAGES_USE, instead: SHARED_BY_PAGES },
  operations: {
    uses: [...PAGES_USE, 'account'],
    instead: 'What operators do is told once, in src/operations/, and shown by scripts/admin/: have it passed in.',
  },
  apps: {
    uses: ['http'],
    instead: 'A client knows src/http/ and what all clients share in src/apps/: it talks HTTP, like any other client.',
  },
};
const EVERY_ROOM = [...Object.keys(ROOMS), 'start'];
/** Not even types of these: importing them would bind a room that others build on. */
const NOT_EVEN_TYPES: Record<string, string[]> = {
  http: ['domain', 'storage', 'config'],
  apps: ['account', 'authentication', 'config', 'domain', 'interaction', 'jobs', 'keys', 'mail', 'oidc', 'profile', 'storage'],
  interaction: ['account'],
  account: ['interaction'],
};

type Ban = { group: string[]; message: string; importNames?: string[]; allowTypeImports?: boolean };

/** Code below these folders. Types may be imported, because they are gone when the program runs. */
function folders(names: string[], message: string, except: string[] = []): Ban {
  return {
    group: [...names.map((name) => `**/${name}/**`), ...except.map((name) => `!**/${name}`)],
    message,
    allowTypeImports: true,
  };
}

const PROVIDER = {
  name: 'oidc-provider',
  message:
    'Only src/oidc/ and src/interaction/{router,load-interaction,finish}.ts know the library: take what you need from a file of src/oidc/.',
  allowTypeImports: true,
};

const EVERYWHERE: Ban[] = [
  { group: ['oidc-provider/**'], message: 'Import from "oidc-provider" alone: deeper paths change without notice.' },
  {
    group: ['**/app.ts', '**/main.js'],
    message: 'Nobody imports what starts the program: have what you need passed in (src/deps.ts).',
  },
];
const NO_BACKENDS = folders(
  ['storage/sqlite', 'storage/mongo'],
  'Use the port, src/storage/storage.ts: nothing above it knows the database.',
);
const CHANGE_RECORDS =
  'Change a record by a function of the record that stands: deps.storage.<records>.change(); see src/storage/records.ts.';
/** What writes a record whatever stands there. The program gets storage/records.ts instead, which can only change what stands. */
const NO_BLIND_WRITES: Ban[] = [
  { group: ['**/storage/open-storage.ts', '**/storage/retry-on-conflict.ts'], message: CHANGE_RECORDS },
  { group: ['**/storage/storage.ts'], importNames: ['Storage', 'ExpiringStore', 'VersionConflict'], message: CHANGE_RECORDS },
  { group: ['**/storage/expiring-records.ts'], message: CHANGE_RECORDS },
];
const NO_LIBRARIES: Record<string, Ban[]> = {
  domain: [
    {
      group: ['../**', 'koa*', 'mongoose', 'node:http', 'node:sqlite'],
      message: 'The rules know no HTTP and no database: take it as an argument.',
    },
  ],
};

/** All that a file of this room may not import. */
function bansOf(room: string): Ban[] {
  const { uses, instead } = ROOMS[room] as { uses: string[]; instead: string };
  const others = EVERY_ROOM.filter((other) => other !== room && !uses.includes(other));
  return [
    ...EVERYWHERE,
    folders(others, instead, room === 'jobs' ? ['http/bounded-fetch.ts', 'telemetry/traces.ts'] : []),
    ...(NOT_EVEN_TYPES[room] ? [{ group: NOT_EVEN_TYPES[room].map((name) => `**/${name}/**`), message: instead }] : []),
    ...(NO_LIBRARIES[room] ?? []),
    ...(room === 'storage' ? [] : [NO_BACKENDS, ...NO_BLIND_WRITES]),
  ];
}

type Override = NonNullable<OxlintConfig['overrides']>[number];

function inFiles(files: string[], bans: Ban[], { provider = false } = {}): Override {
  return { files, rules: { 'no-restricted-imports': ['error', { paths: provider ? [] : [PROVIDER], patterns: bans }] } };
}

export default defineConfig({
  plugins: ['eslint', 'typescript', 'unicorn', 'oxc', 'import', 'promise', 'node'],
  categories: { correctness: 'error', suspicious: 'error' },
  options: { reportUnusedDisableDirectives: 'error' },
  rules: {
    '@typescript-eslint/no-explicit-any': 'error',
    '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
    '@typescript-eslint/switch-exhaustiveness-check': 'error',
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'eslint/eqeqeq': 'error',
    'eslint/no-var': 'error',
    'eslint/prefer-const': 'error',
    // Where they say nothing that the compiler's flags do not, or ask for more words than they save faults.
    '@typescript-eslint/no-unsafe-type-assertion': 'off',
    '@typescript-eslint/consistent-return': 'off',
    '@typescript-eslint/no-base-to-string': 'off',
    '@typescript-eslint/no-misused-spread': 'off',
    '@typescript-eslint/no-unnecessary-type-parameters': 'off',
    '@typescript-eslint/no-useless-default-assignment': 'off',
    'eslint/no-shadow': 'off',
    // Of windows; here threads are told something, who have no origin.
    'unicorn/require-post-message-target-origin': 'off',
    // They do not know noUncheckedIndexedAccess: what they take out, the compiler asks for.
    '@typescript-eslint/no-unnecessary-type-assertion': 'off',
    '@typescript-eslint/no-unnecessary-type-conversion': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/no-array-reverse': 'off',
    'promise/always-return': 'off',
    'promise/no-callback-in-promise': 'off',
    // Types here are made of closures, which have no `this` to lose.
    '@typescript-eslint/unbound-method': 'off',
    // What a signal or another callback changes is not seen to change.
    'eslint/no-unmodified-loop-condition': 'off',
    // prom-client's metrics register themselves.
    'eslint/no-new': 'off',
    // Names of MongoDB and of tests for what is private elsewhere.
    'eslint/no-underscore-dangle': 'off',
    // CommonJS packages: what they are called and what they have are the same to Node.
    'import/no-named-as-default': 'off',
    'import/no-named-as-default-member': 'off',
    'import/default': 'off',
  },
  overrides: [
    { files: ['*.config.{js,ts}', 'test/support/{environment,longest-first}.js'], rules: { 'import/no-default-export': 'off' } },
    // Next.js finds pages by their default exports.
    { files: ['samples/clients/next-auth-*/**'], rules: { 'import/no-default-export': 'off' } },
    // Express 5 takes the rejection of an async handler as an error.
    { files: ['samples/clients/**'], rules: { 'oxc/no-async-endpoint-handlers': 'off' } },
    {
      files: ['src/**'],
      rules: {
        'eslint/no-console': 'error',
        'eslint/max-lines': ['error', { max: 320 }],
        // Circles of types count too: move the shared type to the file that the other one builds on.
        'import/no-cycle': ['error', { ignoreTypes: false }],
      },
    },
    {
      files: ['src/**'],
      rules: {
        'eslint/no-restricted-properties': [
          'error',
          { object: 'Math', property: 'random', message: 'Its next values can be computed: use node:crypto.' },
        ],
      },
    },
    // Retries are spread with it; nothing secret is made there.
    { files: ['src/storage/**'], rules: { 'eslint/no-restricted-properties': 'off' } },
    {
      // The script of the pages keeps nothing in the browser and sends nothing by itself (S26).
      files: ['views/assets/**'],
      rules: {
        'eslint/no-restricted-globals': ['error', 'localStorage', 'sessionStorage', 'indexedDB', 'history', 'XMLHttpRequest'],
        'eslint/no-restricted-properties': [
          'error',
          ...['localStorage', 'sessionStorage', 'indexedDB', 'history', 'XMLHttpRequest', 'cookie', 'sendBeacon'].map(
            (property) => ({
              property,
              message: 'The script of the pages keeps nothing in the browser and sends nothing by itself.',
            }),
          ),
        ],
      },
    },
    // A list of the same thing many times is what tests of limits need.
    {
      files: ['test/**'],
      rules: { 'unicorn/no-array-fill-with-reference-type': 'off', 'eslint/max-lines': ['error', { max: 500 }] },
    },
    inFiles(
      ['src/json.ts', 'src/language.ts', 'src/property-of.ts', 'src/request-context.ts'],
      [{ group: ['./**'], message: 'Every room may use this file, so it uses none of them.' }],
    ),
    ...Object.keys(ROOMS).map((room) => inFiles([`src/${room}/**`], bansOf(room), { provider: room === 'oidc' })),
    inFiles(
      ['src/storage/sqlite/**', 'src/storage/mongo/**'],
      [
        ...bansOf('storage'),
        folders(['sqlite', 'mongo'], 'A backend knows no other: what both need is beside the port, in src/storage/.'),
      ],
    ),
    inFiles(
      ['src/interaction/*/**'],
      [
        ...bansOf('interaction'),
        {
          group: STEPS.map((step) => `../${step}/**`),
          message: 'A step knows no other: write to storage and finish; the policy decides what comes next.',
        },
      ],
    ),
    inFiles(
      ['src/interaction/router.ts', 'src/interaction/load-interaction.ts', 'src/interaction/finish.ts'],
      bansOf('interaction'),
      {
        provider: true,
      },
    ),
    inFiles(['src/apps/**'], [...bansOf('apps'), folders(CLIENTS, ROOMS['apps']?.instead ?? '')]),
  ],
});
