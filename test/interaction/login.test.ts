// Who may register at the login page, and with which account a request continues. On a real database.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import Router from 'koa-router';
import { legacyRegistrationId } from '../../src/domain/legacy-registration.ts';
import type { InteractionState } from '../../src/interaction/interaction-context.ts';
import { createLoginStep } from '../../src/interaction/login/routes.ts';
import { guardRecords, type Records } from '../../src/storage/records.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts';
import type { InteractionFacts, Storage } from '../../src/storage/storage.ts';
import { eventAbout, sampleMigration } from '../storage/conformance/samples.ts';

const NOW = 1_000_000_000;
const LEGACY = { client_id: 'site', profile: { legacy_id: 'tanaka' } };
const LOGIN = { failuresPerAccount: 5, failuresPerAddress: 100, failuresPerNetwork: 100, windowSeconds: 900 };

let directory: string;
let storage: Storage;
let records: Records;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'login-step-'));
  storage = await openSqliteStorage({ path: join(directory, 'db.sqlite'), clock: () => NOW });
  records = guardRecords(storage, () => NOW);
});
afterEach(async () => {
  await storage.close();
  await rm(directory, { recursive: true });
});

type Interaction = { facts?: Partial<InteractionFacts>; legacy?: object; accountId?: string };

/** Posts to a path of the step. Returns the facts that were set, and the page that was shown. */
async function post(path: string, interaction: Interaction, body: Record<string, string> = {}) {
  const config = { issuer: 'http://id.example', passkeyOrigins: [], rateLimits: { login: LOGIN } };
  const router = new Router<InteractionState>();
  createLoginStep({ storage: records, clock: () => NOW, config, hasher: {}, jobs: {} } as never).addRoutes(router);
  const seen: { facts?: object; shown?: string; finished?: true } = {};
  const state = {
    t: String,
    language: 'ja',
    renderPage: (view: string) => void (seen.shown = view),
    interaction: {
      path: '/interaction/i/login',
      facts: {},
      reasons: [],
      params: {},
      browserId: 'b',
      client: { name: { ja: '' }, destination: { ja: '' }, metadata: { client_id: 'site' } },
      setFacts: async (facts: object) => void (seen.facts = facts),
      finish: async () => void (seen.finished = true),
      ...interaction,
    },
  };
  const ctx = { path, method: 'POST', request: { body }, state, set: () => undefined, redirect: () => undefined };
  await router.routes()(ctx as never, async () => undefined);
  return seen;
}
const REGISTERS = { facts: { wants: 'registration' }, finished: true };
const REFUSED = { shown: 'login' };

test('without a hand-over: a person may register once in a request', async () => {
  expect(await post('/register', {})).toEqual(REGISTERS);
  const facts = { registration: { account_id: 'a', email: 'a@example.jp' } };
  expect(await post('/register', { facts })).toEqual(REFUSED);
});

test('a legacy user gets one ID: no registration if the identity is linked, has a candidate, or has registered', async () => {
  const register = async () => post('/register', { legacy: LEGACY });
  expect(await register()).toEqual(REGISTERS);
  const migration = async (changes: object): Promise<unknown> => {
    const version = (await storage.migrations.find('site', 'tanaka'))?.version ?? 0;
    return storage.migrations.put(
      { ...sampleMigration('tanaka', { client_id: 'site', version }), ...changes },
      eventAbout('tanaka'),
    );
  };
  await migration({});
  expect(await register()).toEqual(REGISTERS);
  await migration({ candidate: { account_id: 'a', code_challenge: 'c', at: NOW } });
  expect(await register()).toEqual(REFUSED);
  await migration({ account_id: 'a' });
  expect(await register()).toEqual(REFUSED);
  await migration({});
  const id = legacyRegistrationId('site', 'tanaka');
  const registration = { account_id: 'a', expires_at: NOW + 1_000 };
  await records.registrationDrafts.change(id, () => registration as never);
  expect(await register()).toEqual(REGISTERS);
  await records.registrationDrafts.change(id, () => ({ ...registration, registered_at: NOW }) as never);
  expect(await register()).toEqual(REFUSED);
});

test('このIDで続ける: the request continues with the ID that is signed in; with nobody if none is', async () => {
  const goOn = { decision: 'continue' };
  const facts = { continue_as: 'a', not_as: undefined };
  expect(await post('/continue-as', { accountId: 'a' }, goOn)).toStrictEqual({ facts, finished: true });
  expect(await post('/continue-as', {}, goOn)).toEqual({});
  expect(await post('/continue-as', { accountId: 'a' }, { decision: 'other' })).toEqual({});
});
