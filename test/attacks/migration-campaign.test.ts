// The campaign of a migration: a process dies while it imports the list or counts the funnel. design/operations.md, chapter 3.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compactVerify, importJWK } from 'jose';
import { makeSecretKeys } from '../../src/config/settings/secret-keys.ts';
import type { Deps } from '../../src/deps.ts';
import { createLegacyUserIds } from '../../src/domain/legacy-user-ids.ts';
import { completeMigration, proposeCandidate, startMigration } from '../../src/domain/migration.ts';
import type { RegistrationDraft } from '../../src/domain/registration-draft.ts';
import { withdrawMigration } from '../../src/domain/withdrawal.ts';
import { readFunnel } from '../../src/operations/migration/funnel.ts';
import { importPopulation, type ImportProgress, type WrongRow } from '../../src/operations/migration/import-population.ts';
import { rebuildFunnel } from '../../src/operations/migration/rebuild-funnel.ts';
import { readStatement, reconcile } from '../../src/operations/migration/reconcile.ts';
import { listStuckUsers } from '../../src/operations/migration/stuck-users.ts';
import { createAnchorKey } from '../../src/storage/ledger-anchor.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { guardRecords, type Records } from '../../src/storage/records.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { expectCounted } from '../storage/conformance/population.ts';
import { LEDGER_KEY, ledgerOf } from '../support/ledger-of.ts';
import { dyingAfter } from './support/dying-storage.ts';
import { figure } from './support/figure.ts';
import { describeOnMongo } from './support/mongo-database.ts';

jest.setTimeout(figure(1_800_000, 120_000));

const KEYS = makeSecretKeys({ hmac: 'h'.repeat(43), subject: undefined, ledger: undefined });
const IDS = createLegacyUserIds(KEYS);
const CLIENT = 'owners-site';
const MINUTE = 60_000;
/** More writes than the way of one legacy user has. */
const MOST_WRITES = 40;

function declare(databaseUrl: () => Promise<string>): void {
  let storage: Storage;
  let now: number;
  const clock = (): number => now;
  beforeEach(async () => {
    now = Date.parse('2026-12-01T03:00:00Z');
    storage = await openStorage(await databaseUrl(), clock, undefined, LEDGER_KEY);
  });
  afterEach(async () => storage?.close());

  const recordsOf = (on: Storage): Records => guardRecords(on, clock, IDS);
  const depsOn = (on: Storage) => ({ storage: recordsOf(on), config: { keys: KEYS } as Deps['config'], clock });

  const draftOf = (legacyId: string): RegistrationDraft => ({
    id: `draft of ${legacyId}`,
    version: 1,
    terms: { version: '1', language: 'ja', accepted_at: now },
    email: `${legacyId}@example.jp`,
    email_canonical: `${legacyId}@example.jp`,
    proven: { email_canonical: `${legacyId}@example.jp`, browser: 'b', at: now },
    profile: {},
    password_hash: 'hash',
    account_id: `account of ${legacyId}`,
    registering_at: now,
    expires_at: now + MINUTE,
  });

  /** The whole way of a legacy user, in the writes of the program. Everybody who repeats it comes to the same end. */
  async function walk(records: Records, legacyId: string): Promise<void> {
    const legacy = { clientId: CLIENT, legacyId };
    const { migrations, population, accounts } = records;
    const accountId = `account of ${legacyId}`;
    await migrations.change(CLIENT, legacyId, (standing) =>
      standing ? undefined : { to: startMigration(CLIENT, { legacy_id: legacyId }, now), type: 'migration.started' },
    );
    for (const step of ['terms', 'address_proven', 'details'] as const)
      await population.follow(legacy, { step, device: 'phone' });
    if (!(await accounts.find(accountId)))
      await accounts.register(draftOf(legacyId), { browserId: 'b', language: 'ja' }, { terms: '1' }, legacy);
    for (const step of ['dealer_decided', 'signed_in', 'confirmed'] as const) await population.follow(legacy, { step });
    await migrations.change(CLIENT, legacyId, (standing) => {
      const proposal = { accountId, codeChallenge: `of ${legacyId}`, legacy: { vehicles: [] }, language: undefined };
      const proposed = standing && !standing.candidate && proposeCandidate(standing, proposal, now);
      return proposed && proposed.ok && proposed.migration !== standing
        ? { to: proposed.migration, type: 'migration.proposed', data: { account_id: accountId } }
        : undefined;
    });
    await migrations.change(CLIENT, legacyId, (standing) => {
      const completed = standing && completeMigration(standing, accountId, randomUUID(), now);
      return completed?.ok && completed.migration !== standing
        ? { to: completed.migration, type: 'migration.completed', data: { account_id: accountId } }
        : undefined;
    });
  }

  const list = (lines: readonly string[]) =>
    async function* (offset: number) {
      const bytes = Buffer.from(lines.join('')).subarray(offset);
      // In pieces that end anywhere.
      for (let at = 0; at < bytes.length; at += 10_007) yield bytes.subarray(at, at + 10_007);
    };

  test('S195 the import of a list is killed after each batch, and comes again: each legacy user is counted once, and wrong rows are told by line and column', async () => {
    const rows = figure(20_000, 450);
    const lines = ['\uFEFFlegacy_id,email,segment,dealer\r\n'];
    for (let n = 0; n < rows; n += 1) lines.push(`own-${n},${n}@example.jp,"segment ${n % 3}",d-${n % 2}\r\n`);
    // A row without a feed at its end, and rows that are wrong.
    lines.splice(
      3,
      0,
      ',nobody@example.jp,,\n',
      'own-x,not an address,,\n',
      'own-y,,"open,\n',
      'own-z,a@b.jp\n',
      `own-${'z'.repeat(9_000)},,,\n`,
    );
    lines.push('own-5,new@example.jp,segment 0,d-1');
    const wrong: WrongRow[] = [];
    let from: ImportProgress | undefined;
    let deaths = 0;
    const dying = new Error('the process is dead');
    for (;;) {
      const deps = depsOn(storage);
      const given = from;
      const done = await importPopulation(deps, {
        clientId: CLIENT,
        format: 'csv',
        open: list(lines),
        batch: figure(1_000, 100),
        ...(given && { from: given }),
        onBatch(progress, mistakes) {
          // Every second time before it was noted.
          if (deaths % 2 === 0) {
            from = progress;
            wrong.push(...mistakes);
          }
          deaths += 1;
          if (progress.rows < rows) throw dying;
        },
      }).catch((error: unknown) => {
        if (error !== dying) throw error;
      });
      if (done) break;
    }
    expect(deaths).toBeGreaterThan(4);
    expect(wrong.map(({ line, column }) => [line, column])).toEqual([
      [4, 1],
      [5, 2],
      [6, 3],
      [7, 3],
      [8, 1],
    ]);
    // No value of a row is told: it may be personal.
    expect(JSON.stringify(wrong)).not.toMatch(/nobody|an address|own-/);
    const counts = await expectCounted(storage);
    expect(counts).toMatchObject({ 'all:listed:': rows, 'segment:listed:segment 1': Math.floor((rows + 1) / 3) });
    // The later row of one legacy user counts.
    const five = await storage.population.find(IDS.idOf(CLIENT, 'own-5'));
    expect(five && [IDS.emailOf(five), five.segment, IDS.legacyIdOf(five)]).toEqual(['new@example.jp', 'segment 0', 'own-5']);
    const again = await importPopulation(depsOn(storage), { clientId: CLIENT, format: 'csv', open: list(lines) });
    // The two rows of own-5 replace each other.
    expect(again).toMatchObject({ rows: rows + 6, wrong: 5, added: 0, changed: 2, same: rows - 1 });
    expect(await expectCounted(storage)).toMatchObject({ 'all:listed:': rows });
  });

  test('S196 a process dies at each write of a migration, another one goes on: the funnel agrees with the records and with the ledger', async () => {
    const people: string[] = [];
    let hasEnd = false;
    for (let writes = 0; writes < MOST_WRITES && !hasEnd; writes += 1) {
      const legacyId = `own-${writes}`;
      people.push(legacyId);
      await importPopulation(depsOn(storage), { clientId: CLIENT, format: 'csv', open: list(['legacy_id\n', `${legacyId}\n`]) });
      const { storage: dying, died } = dyingAfter(storage, writes);
      await walk(recordsOf(dying), legacyId).catch(() => undefined);
      await expectCounted(storage);
      hasEnd = !died();
      now += MINUTE;
      await walk(recordsOf(storage), legacyId);
    }
    expect(hasEnd).toBe(true);
    const all = people.length;
    const funnel = await readFunnel(depsOn(storage));
    await expectCounted(storage);
    expect(funnel.steps.filter(({ step }) => step !== 'invited').map(({ reached }) => reached)).toEqual(Array(11).fill(all));
    expect(funnel.states).toMatchObject({ completed: all, under_way: 0 });
    // The ledger knows of everything that a migration is; taking its events again changes nothing.
    expect(await rebuildFunnel({ storage: recordsOf(storage) })).toMatchObject({ events: all * 3, differences: [] });
  });

  test('S197 the counts are lost or wrong: the rebuild finds every difference, and legacy users of whom only the ledger knows', async () => {
    const records = recordsOf(storage);
    await importPopulation(depsOn(storage), { clientId: CLIENT, format: 'ndjson', open: list(['{"legacy_id":"own-1"}\n']) });
    await walk(records, 'own-1');
    // An earlier version wrote this one: its events mean no step.
    const older = guardRecords(storage, clock);
    await walk({ ...older, population: { ...older.population, follow: async () => undefined } }, 'own-2');
    expect((await expectCounted(storage))['all:completed:']).toBe(1);
    const { differences } = await rebuildFunnel({ storage: records });
    expect(differences).toContainEqual({ key: 'all:completed:', before: 1, after: 2 });
    expect(differences).toContainEqual({ key: 'unlisted:completed:', before: 0, after: 1 });
    expect(await expectCounted(storage)).toMatchObject({ 'all:listed:': 1, 'all:completed:': 2 });
    expect((await rebuildFunnel({ storage: records })).differences).toEqual([]);
  });

  test('S198 a person ends the ID: the address of the list is gone, and the list of tomorrow does not bring it back', async () => {
    const records = recordsOf(storage);
    const open = list(['legacy_id,email\n', 'own-1,taro@example.jp\n']);
    await importPopulation(depsOn(storage), { clientId: CLIENT, format: 'csv', open });
    const find = async () => storage.population.find(IDS.idOf(CLIENT, 'own-1'));
    const before = await find();
    expect(before && IDS.emailOf(before)).toBe('taro@example.jp');
    expect(JSON.stringify(before)).not.toMatch(/taro|own-1/);
    await walk(records, 'own-1');
    await storage.population.settle();
    expect(Object.keys((await find()) ?? {}).filter((key) => ['sealed_email', 'list_digest'].includes(key))).toEqual([]);
    now += MINUTE;
    await records.migrations.change(CLIENT, 'own-1', (standing) => {
      const to = standing && withdrawMigration(standing, 'account of own-1', now);
      return to && { to, type: 'migration.withdrawn', data: { account_id: 'account of own-1' } };
    });
    await storage.population.settle();
    await importPopulation(depsOn(storage), { clientId: CLIENT, format: 'csv', open });
    const after = await find();
    expect(after && Object.keys(after).filter((key) => key.startsWith('sealed'))).toEqual(['sealed_legacy_id']);
    expect(await expectCounted(storage)).toMatchObject({ 'state:withdrawn:': 1, 'all:completed:': 1 });
  });

  test('S199 at the end every legacy user stands in the signed list once, in one state; a changed list or statement is noticed, and so is a record that does not agree', async () => {
    const records = recordsOf(storage);
    const names = ['done', 'stopped', 'never, "quoted"', 'back'];
    const rows = names.map((name) => JSON.stringify({ legacy_id: name, email: `${name.slice(0, 4)}@example.jp` }));
    await importPopulation(depsOn(storage), { clientId: CLIENT, format: 'ndjson', open: list(rows.map((row) => `${row}\n`)) });
    for (const name of ['done', 'back', 'unlisted']) await walk(records, name);
    await records.migrations.change(CLIENT, 'stopped', () => ({
      to: startMigration(CLIENT, { legacy_id: 'stopped' }, now),
      type: 'migration.started',
    }));
    await records.population.follow({ clientId: CLIENT, legacyId: 'stopped' }, { step: 'failed', failure: 'address_registered' });
    now += 10 * 24 * 60 * MINUTE;
    await records.migrations.change(CLIENT, 'back', (standing) => {
      const to = standing && withdrawMigration(standing, 'account of back', now);
      return to && { to, type: 'migration.withdrawn', data: { account_id: 'account of back' } };
    });
    await storage.population.settle();
    const action = { operator: 'a.tanaka', reason: 'the end of the campaign', from: 'the test' };

    const asked = { clientId: CLIENT, days: 10, limit: 10 };
    const { users } = await listStuckUsers(depsOn(storage), asked, action);
    expect(users).toMatchObject([{ legacy_id: 'st***', last_step: 'came', days: 10, help: 'sign_in_with_the_id' }]);
    expect((await listStuckUsers(depsOn(storage), { ...asked, days: 11 }, action)).users).toEqual([]);
    expect((await readFunnel(depsOn(storage))).waiting).toContainEqual({ days: 7, count: 1 });

    let csv = '';
    const write = async (text: string): Promise<void> => {
      csv += text;
    };
    const done = await reconcile(depsOn(storage), { clientId: CLIENT, out: write }, action);
    const told = csv
      .split('\r\n')
      .slice(1, -1)
      .map((line) => line.replace(/,[^,]*,[^,]*$/, ''));
    const expected = ['"never, ""quoted""",listed,yes', 'back,withdrawn,yes', 'done,completed,yes', 'stopped,under_way,yes'];
    expect(told.toSorted()).toEqual([...expected, 'unlisted,completed,no'].toSorted());
    expect(done.statement).toMatchObject({
      rows: 5,
      unlisted: 1,
      sha256: createHash('sha256').update(csv).digest('hex'),
      states: { listed: 1, invited: 0, under_way: 1, completed: 2, undone: 0, withdrawn: 1 },
    });
    expect(done.disagreementCount).toBe(0);
    // Anybody who has the public key can check it.
    const { payload } = await compactVerify(done.jws, await importJWK(done.publicJwk));
    expect(JSON.parse(new TextDecoder().decode(payload))).toEqual(done.statement);
    expect(readStatement(KEYS.ledger, done.jws)).toEqual(done.statement);
    const forged = done.jws.split('.');
    forged[1] = Buffer.from(JSON.stringify({ ...done.statement, rows: 6 })).toString('base64url');
    expect(readStatement(KEYS.ledger, forged.join('.'))).toBeUndefined();
    // An anchor of the ledger is no statement.
    expect(readStatement(KEYS.ledger, createAnchorKey(KEYS.ledger).sign({} as never))).toBeUndefined();

    await storage.population.follow({ ...IDS.identityOf(CLIENT, names[2] ?? ''), step: 'completed', at: now });
    const { disagreements } = await reconcile(depsOn(storage), { clientId: CLIENT, out: async () => undefined }, action);
    expect(disagreements).toEqual([{ id: IDS.idOf(CLIENT, names[2] ?? ''), record: 'completed', migration: 'none' }]);
    // Every look is an event.
    const looks = (await ledgerOf(storage)).filter(({ type }) => type === 'campaign.looked_at');
    expect(looks.map(({ subject, data }) => `${subject} ${data.what} ${data.operator}`).toSorted()).toEqual([
      ...Array(2).fill(`${CLIENT} reconciliation a.tanaka`),
      ...Array(2).fill(`${CLIENT} stuck a.tanaka`),
    ]);
  });
}

describe('on SQLite', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'campaign-'));
  });
  afterEach(async () => rm(folder, { recursive: true }));
  declare(async () => `sqlite:${join(folder, 'common-id.sqlite')}`);
});

describeOnMongo(({ url, renew }) =>
  declare(async () => {
    await renew();
    return url();
  }),
);
