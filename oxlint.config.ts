// The linter's rules. First of all who may import whom (ARCHITECTURE.md): an entry a folder, each with what to do instead.
import { defineConfig } from 'oxlint';

/** The steps of an interaction, and the reference apps: none of them knows another. */
const STEPS = ['consent', 'create', 'dealer-link', 'link', 'login', 'required-profile', 'terms'];
const APPS = ['dealer-system', 'demo-clients', 'mailbox', 'maintenance-notebook', 'owners-site'];
const CLIENTS_KNOW =
  'A client knows nothing of src/ but http/, and what all clients share in apps/: it talks HTTP, like any other client.';

type Ban = { group: string[]; message: string; importNames?: string[]; allowTypeImports?: boolean };

/** Whatever lies in these folders of src/. Types may come from them all the same: they bind nothing when the program runs. */
function folders(names: string[], message: string): Ban {
  return { group: names.map((name) => `**/${name}/**`), message, allowTypeImports: true };
}

const PROVIDER = {
  name: 'oidc-provider',
  message:
    'Only oidc/ and interaction/{router,load-interaction,finish}.ts know the library: take what you need from a file of oidc/.',
  allowTypeImports: true,
};

const EVERYWHERE: Ban[] = [
  { group: ['oidc-provider/**'], message: 'Import from "oidc-provider" alone: what lies deeper changes without notice.' },
  { group: ['**/run.ts'], message: 'Nobody imports what starts the program: have what you need passed in.' },
];
const BELOW_APP: Ban[] = [
  ...EVERYWHERE,
  { group: ['../app.ts', '../../app.ts'], message: 'Nobody below app.ts imports it: have what you need passed in (deps).' },
];
const NO_CLIENTS = folders(APPS, 'The reference apps are clients like any other: talk HTTP to them.');
const NO_BACKENDS = folders(
  ['storage/sqlite', 'storage/mongo'],
  'Use the port, storage/storage.ts: nothing above it knows the database.',
);
const CHANGE_RECORDS =
  'Change a record by a function of the record that stands: deps.storage.<records>.change(); see storage/records.ts.';
/** What writes a record whatever stands there. The program gets storage/records.ts instead, which can only change what stands. */
const NO_BLIND_WRITES: Ban[] = [
  { group: ['**/storage/open-storage.ts', '**/storage/retry-on-conflict.ts'], message: CHANGE_RECORDS },
  { group: ['**/storage/storage.ts'], importNames: ['Storage', 'ExpiringStore', 'VersionConflict'], message: CHANGE_RECORDS },
];
const NO_PAGES = folders(['interaction', 'account'], 'Pages are on top: move what both need to domain/ or http/.');
const NO_MAIL = folders(['mail'], 'Mails are sent by a job: deps.jobs.sendMail().');

function inFiles(files: string[], bans: Ban[], { provider = false } = {}) {
  return {
    files,
    rules: { 'no-restricted-imports': ['error', { paths: provider ? [] : [PROVIDER], patterns: bans }] as const },
  };
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
    { files: ['*.config.{js,ts}', 'test/support/longest-first.js'], rules: { 'import/no-default-export': 'off' } },
    { files: ['src/**'], rules: { 'eslint/no-console': 'error', 'eslint/max-lines': ['error', { max: 320 }] } },
    // A list of the same thing many times is what tests of limits need.
    { files: ['test/**'], rules: { 'unicorn/no-array-fill-with-reference-type': 'off' } },
    inFiles(['src/*.ts'], EVERYWHERE),
    inFiles(
      ['src/domain/**'],
      [
        ...BELOW_APP,
        {
          group: ['../**', 'koa*', 'mongoose', 'node:http', 'node:sqlite'],
          message: 'The rules know no HTTP and no database: take it as an argument.',
        },
      ],
    ),
    inFiles(
      ['src/config/**'],
      [
        ...BELOW_APP,
        NO_CLIENTS,
        NO_PAGES,
        folders(['http', 'jobs', 'mail', 'oidc', 'storage'], 'config/ reads what is written down; it starts nothing.'),
      ],
    ),
    inFiles(
      ['src/storage/**'],
      [
        ...BELOW_APP,
        NO_CLIENTS,
        NO_PAGES,
        folders(['http', 'jobs', 'mail', 'oidc', 'config'], 'Storage keeps what it is given; it knows domain/ alone.'),
      ],
    ),
    inFiles(
      ['src/storage/sqlite/**', 'src/storage/mongo/**'],
      [
        ...BELOW_APP,
        NO_CLIENTS,
        NO_PAGES,
        folders(['http', 'jobs', 'mail', 'oidc', 'config'], 'A backend knows the port and domain/ alone.'),
        folders(['sqlite', 'mongo'], 'A backend knows no other: what both need is beside the port, in storage/.'),
      ],
    ),
    inFiles(
      ['src/http/**'],
      [
        ...BELOW_APP,
        ...NO_BLIND_WRITES,
        NO_CLIENTS,
        NO_PAGES,
        NO_BACKENDS,
        NO_MAIL,
        folders(['jobs', 'oidc'], 'http/ is below them: have what you need passed in.'),
      ],
    ),
    inFiles(
      ['src/mail/**'],
      [
        ...BELOW_APP,
        NO_CLIENTS,
        NO_PAGES,
        NO_BACKENDS,
        folders(['config', 'domain', 'jobs', 'oidc', 'storage'], 'The mailer takes a mail and sends it.'),
      ],
    ),
    inFiles(
      ['src/telemetry/**'],
      [
        ...BELOW_APP,
        ...NO_BLIND_WRITES,
        NO_CLIENTS,
        NO_PAGES,
        NO_BACKENDS,
        NO_MAIL,
        folders(['config', 'http', 'jobs', 'oidc'], 'telemetry/ is told what happens; it asks nobody.'),
      ],
    ),
    inFiles(
      ['src/jobs/**'],
      [
        ...BELOW_APP,
        ...NO_BLIND_WRITES,
        NO_CLIENTS,
        NO_PAGES,
        NO_BACKENDS,
        {
          group: ['**/http/**', '!**/http/bounded-fetch.ts', '**/oidc/**'],
          message: 'Jobs run without a request: use domain/, the port, mail/ and http/bounded-fetch.ts.',
          allowTypeImports: true,
        },
      ],
    ),
    inFiles(['src/oidc/**'], [...BELOW_APP, ...NO_BLIND_WRITES, NO_CLIENTS, NO_PAGES, NO_BACKENDS, NO_MAIL], { provider: true }),
    inFiles(['src/interaction/**', 'src/account/**'], [...BELOW_APP, ...NO_BLIND_WRITES, NO_CLIENTS, NO_BACKENDS, NO_MAIL]),
    inFiles(
      ['src/interaction/*/**'],
      [
        ...BELOW_APP,
        ...NO_BLIND_WRITES,
        NO_CLIENTS,
        NO_BACKENDS,
        NO_MAIL,
        {
          group: STEPS.map((step) => `../${step}/**`),
          message: 'A step knows no other: write to storage and finish; the policy decides what comes next.',
        },
      ],
    ),
    inFiles(
      ['src/interaction/router.ts', 'src/interaction/load-interaction.ts', 'src/interaction/finish.ts'],
      [...BELOW_APP, ...NO_BLIND_WRITES, NO_CLIENTS, NO_BACKENDS, NO_MAIL],
      {
        provider: true,
      },
    ),
    inFiles(
      ['src/apps/**'],
      [
        ...BELOW_APP,
        {
          group: ['account', 'config', 'domain', 'interaction', 'jobs', 'mail', 'oidc', 'storage'].map((name) => `**/${name}/**`),
          message: CLIENTS_KNOW,
        },
        folders(['telemetry', ...APPS], CLIENTS_KNOW),
      ],
    ),
  ],
});
