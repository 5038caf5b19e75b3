// The work after the end of a migration, if the process dies in between: on a real database, with a clock that the test moves.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pino from 'pino';
import type { Deps } from '../../src/deps.ts';
import { withdraw, type DealerLink } from '../../src/domain/dealer-link.ts';
import { legacyRegistrationId } from '../../src/domain/legacy-registration.ts';
import { MIGRATION_UNDO_MS, proposeCandidate, startMigration, type Migration } from '../../src/domain/migration.ts';
import { createDealerLinkDelivery } from '../../src/jobs/deliver-dealer-link.ts';
import { createFollowMigration, forgetRegistration, writeAndFollow } from '../../src/jobs/follow-migration.ts';
import type { JobHandler } from '../../src/jobs/runner.ts';
import { NO_TRACES } from '../../src/telemetry/traces.ts';
import { createJobQueue, type JobQueue } from '../../src/jobs/job-queue.ts';
import { createFinishMigration } from '../../src/oidc/migration/finish-migration.ts';
import { guardRecords } from '../../src/storage/records.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts';
import type { Job, Storage } from '../../src/storage/storage.ts';
import { eventAbout, sampleAccount, sampleDealerLink } from '../storage/conformance/samples.ts';
import { untilTrue } from '../support/until-true.ts';

let now = 1_000_000;
const clock = (): number => now;
let directory: string;
let storage: Storage;
let deps: Deps;

const LEGACY = {
  legacy_id: 'tanaka',
  vehicles: [{ vin: 'ZVW30-1' }],
  dealer: { code: '23001', customer_number: 'N-1' },
  email: 'before@example.jp',
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'follow-migration-'));
  storage = await openSqliteStorage({ path: join(directory, 'db.sqlite'), clock });
  const account = sampleAccount('person');
  await storage.accounts.create(account, eventAbout('person'));
  await storage.dealerLinks.create(sampleDealerLink('l', { account_id: 'person', status: 'active' }), eventAbout('l'));
  const started = startMigration('owners-site', LEGACY, now);
  const proposed = proposeCandidate(started, { accountId: 'person', codeChallenge: 'c', legacy: LEGACY, language: 'ja' }, now);
  if (!proposed.ok) throw new Error(proposed.reason);
  await storage.migrations.put(proposed.migration, eventAbout('tanaka'));
  deps = {
    storage: guardRecords(storage, clock),
    clock,
    log: pino({ level: 'silent' }),
    jobs: createJobQueue(storage.jobs, clock),
    config: { issuer: 'http://id.example', dealerDelivery: { giveUpAfterSeconds: 3600 } },
    clients: { find: () => undefined },
    traces: NO_TRACES,
  } as unknown as Deps;
});
afterEach(async () => {
  await storage.close();
  await rm(directory, { recursive: true });
});

const migration = async (): Promise<Migration | undefined> => storage.migrations.find('owners-site', 'tanaka');
const redeem = async (jobs: JobQueue): Promise<void> =>
  createFinishMigration({ ...deps, jobs })({ clientId: 'owners-site', accountId: 'person', codeChallenge: 'c' });

/** A process that is killed after writing this number of jobs. */
function diesAfter(count: number): JobQueue {
  let written = 0;
  return {
    ...deps.jobs,
    async enqueue(...job) {
      written += 1;
      if (written > count) return new Promise<never>(() => undefined);
      return deps.jobs.enqueue(...job);
    },
  };
}

/** Runs all due jobs, as any process would. Returns the kinds of the jobs that they enqueued. */
async function work(): Promise<void> {
  const handler: JobHandler = createFollowMigration({ ...deps, formatTime: String });
  for (const job of await storage.jobs.lease(10, 1000, 'follow_migration')) {
    await handler.run(job.payload, job, new AbortController().signal);
    await storage.jobs.complete(job.key, job.lease ?? '');
  }
}
async function onTheWay(): Promise<string[]> {
  const jobs = [...(await storage.jobs.lease(10, 1, 'update_dealer_link')), ...(await storage.jobs.lease(10, 1, 'send_mail'))];
  now += 2;
  return jobs.map(({ kind, payload }) => String(payload.to ?? kind)).toSorted();
}
const BOTH = ['before@example.jp', 'update_dealer_link', sampleAccount('person').email].toSorted();

test('S105 the process dies when the migration is final and nobody was told: a minute later the dealer and both addresses are told, once', async () => {
  void redeem(diesAfter(1));
  await untilTrue('the migration is final', async () => (await migration())?.account_id !== undefined, { everyMs: 5 });
  await work();
  expect(await onTheWay()).toEqual([]);
  now += 60_000;
  await work();
  expect(await onTheWay()).toEqual(BOTH);
});

test('S105 no process dies: everybody is told at once, and nobody again a minute later', async () => {
  await redeem(deps.jobs);
  await work();
  expect(await onTheWay()).toEqual(BOTH);
  const marks = async () => (await storage.artifacts.listAfter('MigrationUndo', '', 10)).length;
  expect(await marks()).toBe(2);
  now += 60_000;
  await work();
  expect([await onTheWay(), await marks()]).toEqual([BOTH, 2]);
});

test('S105 the process dies before the migration is final: nobody is told', async () => {
  void redeem(diesAfter(0));
  await new Promise((resolve) => setTimeout(resolve, 20));
  now += 60_000;
  await work();
  expect((await migration())?.account_id).toBeUndefined();
  expect(await onTheWay()).toEqual([]);

  const change = {
    client_id: 'owners-site',
    legacy_id: 'tanaka',
    account_id: 'person',
    completion: 'x',
    change: 'completed' as const,
  };
  const refused = writeAndFollow(deps, change, async () => Promise.reject(new Error('conflict')));
  await expect(refused).rejects.toThrow('conflict');
  now += 60_000;
  await work();
  expect(await onTheWay()).toEqual([]);
});

test('S107 undone before the follow-up: the dealer is told of the undo, and nobody gets a dead link', async () => {
  await redeem(deps.jobs);
  const completion = String((await migration())?.completion);
  const change = { client_id: 'owners-site', legacy_id: 'tanaka', account_id: 'person', completion, change: 'undone' as const };
  const { account_id: _account, ...free } = (await migration()) as Migration;
  await writeAndFollow(deps, change, async () => storage.migrations.put(free, eventAbout('tanaka')));
  await work();
  expect(await onTheWay()).toEqual(['update_dealer_link']);
});

test('S107 finished, undone and finished again with the same ID: the first follow-up does not count for the second', async () => {
  await redeem(deps.jobs);
  const first = String((await migration())?.completion);
  await storage.migrations.put({ ...((await migration()) as Migration), completion: 'second' }, eventAbout('tanaka'));
  await work();
  expect(await onTheWay()).toEqual([]);
  const change = { client_id: 'owners-site', legacy_id: 'tanaka', account_id: 'person', completion: first };
  await writeAndFollow(deps, { ...change, change: 'undone' as const }, async () => undefined);
  await work();
  expect(await onTheWay()).toEqual(['update_dealer_link']);
});

test('S107 the follow-up runs after the 72 hours: nobody gets a dead link', async () => {
  await redeem(deps.jobs);
  now += MIGRATION_UNDO_MS;
  await work();
  expect(await onTheWay()).toEqual(['update_dealer_link']);
});

test('S107 undone, and the legacy user has registered another ID since: that registration stays', async () => {
  const id = legacyRegistrationId('owners-site', 'tanaka');
  const change = { client_id: 'owners-site', legacy_id: 'tanaka', completion: 'c', change: 'undone' as const };
  const put = async (): Promise<unknown> =>
    deps.storage.registrationDrafts.change(id, () => ({ account_id: 'another', registered_at: now, expires_at: now + 1_000 }));
  await put();
  await forgetRegistration(deps.storage, { ...change, account_id: 'person' });
  expect(await storage.registrationDrafts.find(id)).toBeDefined();
  await forgetRegistration(deps.storage, { ...change, account_id: 'another' });
  expect(await storage.registrationDrafts.find(id)).toBeUndefined();
});

test('S105 another request replaces the candidate while the code of the first is redeemed: nothing is final', async () => {
  const stale = (await migration()) as Migration;
  const candidate = { account_id: 'person', code_challenge: 'newer', at: now, vehicles: [] };
  await storage.migrations.put({ ...stale, candidate }, eventAbout('tanaka'));
  const migrations = { ...deps.storage.migrations, findByCandidateChallenge: async () => stale };
  const finish = createFinishMigration({ ...deps, storage: { ...deps.storage, migrations } });
  await finish({ clientId: 'owners-site', accountId: 'person', codeChallenge: 'c' });
  expect(await migration()).toMatchObject({ candidate: { code_challenge: 'newer' } });
  expect((await migration())?.account_id).toBeUndefined();
});

type Call = { method: string | undefined; vehicles: unknown };

/** Tells the dealer of a link as a job does; the dealer accepts it, after `meanwhile` happened in the first call. Returns the calls. */
async function tellDealerOf(link: DealerLink, kind: 'deliver' | 'update', meanwhile: () => Promise<unknown>): Promise<Call[]> {
  const calls: Call[] = [];
  const server = createServer((request, answer) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { vehicles } = JSON.parse(Buffer.concat(chunks).toString() || '{}') as { vehicles?: unknown[] };
      calls.push({ method: request.method, vehicles });
      void (calls.length === 1 ? meanwhile() : Promise.resolve()).then(() =>
        answer.end(JSON.stringify({ link_id: link.id, status: 'active' })),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const resource = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = { ...deps.config, keys: {}, dealers: [{ code: link.dealer, name: { ja: 'd', en: 'd' }, resource }] };
  const breaker = { call: async (_address: string, call: () => Promise<void>) => call() };
  const handlers = createDealerLinkDelivery({ ...deps, config, keys: { sign: async () => 'jwt' } } as never, breaker);
  await storage.dealerLinks.update({ ...link, customer: 'c' }, eventAbout(link.id));
  await handlers[kind].run({ link_id: link.id }, { key: 'k', created_at: now } as Job, new AbortController().signal);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return calls;
}

test('S105 the migration becomes final while the dealer is told without it: told again in the same delivery', async () => {
  const link = (await storage.dealerLinks.find('l')) as DealerLink;
  const calls = await tellDealerOf(link, 'update', async () => redeem(deps.jobs));
  expect(calls.map(({ vehicles }) => vehicles)).toEqual([[], [{ vin: 'ZVW30-1' }]]);
});

test.each([
  ['deliver', 'pending'],
  ['update', 'active'],
] as const)(
  'S105 %s: a link that is taken back while the dealer is told of it is taken back there, too',
  async (kind, status) => {
    const link = { ...((await storage.dealerLinks.find('l')) as DealerLink), status };
    const withdrawal = async () => {
      const standing = (await storage.dealerLinks.find('l')) as DealerLink;
      await storage.dealerLinks.update(withdraw(standing, now), eventAbout('l'));
    };
    expect((await tellDealerOf(link, kind, withdrawal)).map(({ method }) => method)).toEqual(['PUT', 'DELETE']);
    expect(await storage.dealerLinks.find('l')).toMatchObject({ status: 'withdrawn' });
    expect((await tellDealerOf({ ...link, version: 3 }, kind, async () => undefined)).map(({ method }) => method)).toEqual([
      'PUT',
    ]);
  },
);

test.each(['deliver', 'update'] as const)(
  'S105 %s: a link withdrawn before the dealer was told is not delivered',
  async (kind) => {
    let calls = 0;
    const breaker = { call: async () => void (calls += 1) };
    const config = { ...deps.config, keys: {}, dealers: [{ code: '13001', name: { ja: 'd', en: 'd' }, resource: 'http://d' }] };
    const handlers = createDealerLinkDelivery({ ...deps, config, keys: { sign: async () => 'jwt' } } as never, breaker);
    const withdrawn = sampleDealerLink('w', { account_id: 'person', dealer: '13001', status: 'withdrawn', customer: 'c' });
    await storage.dealerLinks.create(withdrawn, eventAbout('w'));
    await handlers[kind].run({ link_id: 'w' }, { key: 'k', created_at: now } as Job, new AbortController().signal);
    expect(calls).toBe(0);
  },
);
