// The migration status that a legacy site reads about its users, on a real database.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { legacyRegistrationId } from '../../../src/domain/legacy-registration.ts';
import { createMigrationStatusRouter } from '../../../src/oidc/migration/migration-status.ts';
import { guardRecords, type Records } from '../../../src/storage/records.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/open-sqlite-storage.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { eventAbout, sampleAccount, sampleDealerLink, sampleMigration } from '../../storage/conformance/samples.ts';

const NOW = 1_000_000_000;
const TOKENS: Record<string, object> = {
  reader: { clientId: 'site', scope: 'openid migration:read' },
  other: { clientId: 'other-site', scope: 'migration:read' },
  scopeless: { clientId: 'site', scope: 'migration:readers' },
};

let directory: string;
let storage: Storage;
let records: Records;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'migration-status-'));
  storage = await openSqliteStorage({ path: join(directory, 'db.sqlite'), clock: () => NOW });
  records = guardRecords(storage, () => NOW);
});
afterEach(async () => {
  await storage.close();
  await rm(directory, { recursive: true });
});

/** The refusals that the developer of a client is told. */
const noted: string[] = [];

/** Requests the status of the legacy user `tanaka`. */
async function ask(authorization = 'Bearer reader'): Promise<{ status?: number; body: unknown; challenge: string | undefined }> {
  const provider = { issuer: 'http://id.example', ClientCredentials: { find: async (value: string) => TOKENS[value] } };
  const clients = { find: () => ({ requiredClaims: [{ claim: 'birthdate', reason: { ja: '確認', en: 'Check' } }] }) };
  const refusals = { note: (clientId: string, { error }: { error: string }) => void noted.push(`${clientId} ${error}`) };
  const router = createMigrationStatusRouter(
    provider as never,
    { storage: records, clients, clock: () => NOW, refusals } as never,
  );
  const headers: Record<string, string> = {};
  const ctx = {
    path: '/migrations/tanaka',
    method: 'GET',
    request: {},
    state: { requestId: 'r' },
    get: () => authorization,
    set: (name: string, value: string) => void (headers[name] = value),
    body: undefined as unknown,
  };
  await router.routes()(ctx as never, async () => undefined);
  const { status, body } = ctx as { status?: number; body: unknown };
  return { ...(status === undefined ? {} : { status }), body, challenge: headers['WWW-Authenticate'] };
}

const begun = async (changes: object = {}): Promise<unknown> =>
  storage.migrations.put(sampleMigration('tanaka', { client_id: 'site', ...changes }), eventAbout('tanaka'));

test('only a token with the scope is accepted: 401 without a token, 403 without the scope', async () => {
  for (const authorization of ['', 'Bearer', 'Bearer nobody', 'Basic reader'])
    expect(await ask(authorization)).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
  const refused = await ask('Bearer scopeless');
  expect(refused).toMatchObject({ status: 403, body: { error: 'insufficient_scope' } });
  expect(refused.challenge).toContain('scope="migration:read"');
  expect(noted).toEqual(['site insufficient_scope']);
});

test('another site’s legacy user of the same name: unknown', async () => {
  await begun();
  expect((await ask('bearer reader')).body).toMatchObject({ state: 'started' });
  expect((await ask('Bearer other')).body).toEqual({ state: 'none', missing: ['registration'] });
});

test('registered: only after the registration has recorded it, and not while the account is being made', async () => {
  await begun();
  await storage.accounts.create(sampleAccount('a'), eventAbout('a'));
  const id = legacyRegistrationId('site', 'tanaka');
  const registration = { account_id: 'a', expires_at: NOW + 1_000 };
  await records.registrationDrafts.change(id, () => registration as never);
  const missing = async () => ((await ask()).body as { missing: string[] }).missing;
  expect(await missing()).toContain('registration');
  await records.registrationDrafts.change(id, () => ({ ...registration, registered_at: NOW }) as never);
  expect(await missing()).not.toContain('registration');
});

test('completed: its time, and the link with the dealer of the migration, else any link', async () => {
  await storage.accounts.create(sampleAccount('a'), eventAbout('a'));
  await begun({ account_id: 'a', completed_at: 5_000, started_at: 4_000, dealer: { code: '13001' } });
  const link = async (id: string, dealer: string) =>
    storage.dealerLinks.create(sampleDealerLink(id, { account_id: 'a', dealer, status: 'active' }), eventAbout(id));
  expect((await ask()).body).not.toHaveProperty('dealer_link');
  await link('a-other', '23001');
  expect((await ask()).body).toMatchObject({
    state: 'completed',
    started_at: '1970-01-01T00:00:04.000Z',
    completed_at: '1970-01-01T00:00:05.000Z',
    dealer_link: { dealer: '23001', status: 'active' },
  });
  await link('b-own', '13001');
  expect((await ask()).body).toMatchObject({ dealer_link: { dealer: '13001' } });
});
