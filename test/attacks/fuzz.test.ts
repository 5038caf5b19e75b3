// Numbers and bytes from outside: generated requests to every endpoint of every app of the running program.
// Replay a failed seed with FUZZ_SEED=<seed> npm test -- test/attacks/fuzz.test.ts, and one of its requests with FUZZ_ONLY=<number> besides.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { copyStorage } from '../../scripts/admin/storage-copy/copy-storage.ts';
import { backupSqliteDatabase } from '../../src/storage/sqlite/backup-sqlite-database.ts';
import { mongoServerAvailable } from '../storage/mongo-server.ts';
import { makeWorldDatabase, type WorldDatabase } from '../support/world-database.ts';
import { startWorld, type World } from '../support/world.ts';
import { makeTestKey, type TestKey } from './support/attack-world.ts';
import { figure } from './support/figure.ts';
import { anySpec, type Spec } from './support/fuzz-requests.ts';
import { collectForms, createFuzzer, type Fuzzer } from './support/fuzz-world.ts';

jest.setTimeout(1_800_000);

const REQUESTS = figure(20_000, 500);
/** Collects the forms again after this number of requests, because some of them have ended by then. */
const ROUND = 500;
const AT_ONCE = 8;

const ON_MONGO = figure(1, 0) === 1 && mongoServerAvailable() === true;

let database: WorldDatabase | undefined;
let world: World;
let siteKey: TestKey;
let fuzzer: Fuzzer;

/** Describes the fault of an answer; `undefined` if there is none. */
async function faultOf(spec: Spec, from: string, forms: Parameters<Fuzzer['send']>[2]): Promise<string | undefined> {
  try {
    const { status, head, body } = await fuzzer.send(spec, from, forms);
    if (/\n\s+at .*\.(?:js|ts):\d/.test(body)) return 'a stack in the answer';
    if (status === 503 && /\r\nretry-after: \d/i.test(head)) return undefined;
    return status >= 500 || status === 0 ? `${status} ${body.slice(0, 300)}` : undefined;
  } catch (error) {
    return String(error);
  }
}

describe.each<[string, string | undefined]>([
  ['the database of the tests', undefined],
  ...(ON_MONGO ? [['MongoDB', 'mongodb:'] as [string, string]] : []),
])('on %s', (_name, given) => {
  beforeAll(async () => {
    siteKey = await makeTestKey();
    if (given !== undefined) database = await makeWorldDatabase('', given);
    world = await startWorld({
      apps: ['mailbox', 'dealer', 'id', 'owners-site', 'notebook', 'demo-clients', 'console'],
      env: { LOG_LEVEL: 'info', TRUST_PROXY: 'true', ...(database && { DATABASE_URL: database.url }) },
      policy: ({ rate_limits: limits }) => Object.assign(limits.legacy_hand_over ?? {}, { per_client_per_minute: 5000 }),
      clients: {
        'attack-site': {
          client_name: 'Attack site',
          application_type: 'web',
          token_endpoint_auth_method: 'private_key_jwt',
          jwks: { keys: [siteKey.publicJwk] },
          redirect_uris: ['http://127.0.0.1:9/callback'],
          post_logout_redirect_uris: ['http://127.0.0.1:9/logged-out'],
          grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
          scope: 'openid profile email phone address offline_access migration dealer_link migration:read',
          common_id: { first_party: true, contact: 'attacks', legacy_import: true },
        },
      },
    });
    fuzzer = await createFuzzer(world, siteKey);
  });
  afterAll(async () => {
    await world?.stop();
    await database?.remove();
  });

  test('fuzz: generated JWTs, forms, queries, headers and cookies to every app: no 500, no stack in a log, no hanging connection, every row can be copied', async () => {
    const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
    const only = process.env.FUZZ_ONLY === undefined ? undefined : Number(process.env.FUZZ_ONLY);
    const faults: string[] = [];
    for (let round = 0; round * ROUND < REQUESTS; round += 1) {
      const specs = fc.sample(anySpec, { numRuns: ROUND, seed: seed + round });
      const forms = await collectForms(world, `127.200.${round & 255}.1`);
      expect(forms.length).toBeGreaterThan(round === 0 ? 20 : 6);
      const queue = specs
        .map((spec, index) => ({ spec, number: round * ROUND + index }))
        .filter(({ number }) => only === undefined || number === only);
      const work = async (): Promise<void> => {
        for (let next = queue.shift(); next; next = queue.shift()) {
          // From many networks, so that a limit does not hide faults.
          const fault = await faultOf(next.spec, `127.${1 + (next.number & 63)}.${(next.number >> 6) & 255}.1`, forms);
          if (fault !== undefined)
            faults.push(`FUZZ_SEED=${seed} FUZZ_ONLY=${next.number}: ${fault}\n${JSON.stringify(next.spec).slice(0, 1500)}`);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    }
    const failures = world
      .log()
      .split('\n')
      .filter((line) => /"level":(?:50|60)|"stack"|^\s+at /.test(line))
      .map((line) => `FUZZ_SEED=${seed}: ${line.slice(0, 1500)}`);
    expect({ faults, failures }).toEqual({ faults: [], failures: [] });

    const folder = await mkdtemp(join(tmpdir(), 'fuzz-copy-'));
    try {
      let from = world.env.DATABASE_URL ?? '';
      // Jobs of the running program continue to write.
      if (from.startsWith('sqlite:')) {
        const backup = join(folder, 'backup.sqlite');
        backupSqliteDatabase({ from: from.slice('sqlite:'.length), to: backup });
        from = `sqlite:${backup}`;
      }
      const copied = await copyStorage({
        from,
        to: `sqlite:${join(folder, 'copy.sqlite')}`,
        stateFile: join(folder, 'state.json'),
        out: { write: () => true },
      });
      expect(copied.find(({ name }) => name === 'artifacts')?.count).toBeGreaterThan(10);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
