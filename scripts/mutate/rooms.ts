// Which tests have to notice when a rule of a room is taken out: quick ones first, so that most mutants end there.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export type Room = {
  /** The folder below src/. */
  source: string;
  /** Tests of the whole room: folders or files. One stage a group; a mutant goes on to the next stage while nothing notices. */
  tests: string[][];
  /** Tests for the files whose path ends like this, behind those of the room. */
  more: [path: RegExp, tests: string[][]][];
};

const attacks = (...names: string[]): string[][] => names.map((name) => [`test/attacks/${name}.test.ts`]);

const CODES = [
  ['test/authentication/one-time-code'],
  ...attacks('registration', 'limits'),
  ['test/account/forgotten/forgotten.test.ts'],
];
const PASSWORDS = [
  ['test/authentication/password', 'test/authentication/limits'],
  ...attacks('proofs-of-a-request', 'proofs-of-an-account', 'login', 'passwords'),
];

/** By the name that the command takes. */
export const ROOMS: Record<string, Room> = {
  domain: {
    source: 'domain',
    tests: [['test/domain']],
    more: [
      [/disabled-account|withdrawal/, attacks('support-desk')],
      [/account|terms/, attacks('bounds-of-an-account', 'proofs-of-an-account', 'ended')],
      [/terms/, [['test/oidc/policy'], ['test/interaction/terms/terms.test.ts']]],
      [/password-reset/, [['test/account/forgotten/forgotten.test.ts']]],
      [/ledger-events|mails/, [['test/mail'], ...attacks('ledger-events')]],
      [/guarded-profile/, attacks('guarded-profile')],
      [
        /dealer|migration/,
        [['test/jobs/follow-migration.test.ts'], ['test/oidc/grants/dealer-tokens.test.ts'], ...attacks('migration-end')],
      ],
      [/legacy/, attacks('hand-over', 'drafts')],
      [/registration/, attacks('registration', 'drafts')],
      [/sections|plain-text|derive-key|invisible/, [['test/config/load.test.ts'], ['test/scripts/admin.test.ts']]],
    ],
  },
  policy: {
    source: 'oidc/policy',
    tests: [['test/oidc/policy'], ...attacks('proofs-of-a-request')],
    more: [
      [
        /./,
        [...attacks('dealer-choice', 'migration-end', 'other-person', 'session-and-csrf'), ['test/journeys/other-ways.test.ts']],
      ],
      [/./, [...attacks('authorization', 'written-back'), ['test/journeys/other-ways-again.test.ts']]],
    ],
  },
  authentication: {
    source: 'authentication',
    tests: [],
    more: [
      [/one-time-code/, CODES],
      [/known-device|limits|password|hash/, PASSWORDS],
      [/password-again/, attacks('guarded-profile')],
      [/rate-limit|login-limits/, attacks('limits')],
      [/set-password|password-form/, [['test/account/forgotten/forgotten.test.ts'], ['test/account/account.test.ts']]],
      [/hash/, attacks('hashing')],
      [/passkey/, attacks('passkey-ceremonies', 'passkeys')],
      [/totp/, attacks('second-factor-codes', 'second-factor')],
    ],
  },
  operations: {
    source: 'operations',
    tests: attacks('support-desk-races', 'support-desk'),
    more: [],
  },
  storage: {
    source: 'storage',
    tests: [],
    more: [
      [/sqlite/, [['test/storage/sqlite/sqlite.test.ts', 'test/storage/sqlite/database.test.ts']]],
      [/mongo/, [['test/storage/mongo/mongo.test.ts'], ['test/storage/mongo/half-made.test.ts']]],
      [/storage\/[^/]*$/, [['test/storage/records.test.ts', 'test/storage/sqlite/sqlite.test.ts']]],
      [/ledger|anchor/, attacks('ledger', 'ledger-nodes', 'ledger-events')],
      [/sqlite/, [['test/storage/sqlite/processes.test.ts']]],
      [/whole-numbers/, attacks('numbers')],
      [/records|change-account|retry|sealed/, attacks('account-conflicts', 'change-mails', 'unfinished-changes')],
      [/artifact|record-ends|hidden/, attacks('ended', 'identifiers')],
    ],
  },
};

/**
 * The stages of tests for a source file: its own test first, then those of its room, then the others.
 * @param file its path below the root
 */
export function stagesOf(root: string, { tests, more }: Room, file: string): string[][] {
  const own = file.replace(/^src\//, 'test/').replace(/\.ts$/, '.test.ts');
  const others = more.filter(([path]) => path.test(file)).flatMap(([, stages]) => stages);
  const stages = [...(existsSync(join(root, own)) ? [[own]] : []), ...tests, ...others];
  return [...new Map(stages.map((stage) => [stage.join(), stage])).values()];
}
