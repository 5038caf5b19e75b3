// SQLite keeps the port's promises, and has some of its own about the file.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { placeOf } from '../../../src/storage/sqlite/account-place.ts';
import { backupSqliteDatabase } from '../../../src/storage/sqlite/backup-sqlite-database.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/open-sqlite-storage.ts';
import { StorageUnavailable } from '../../../src/storage/storage.ts';
import { LEDGER_KEY, ledgerOf } from '../../support/ledger-of.ts';
import { runConformance } from '../conformance.ts';
import { eventAbout, sampleAccount, sampleMigration } from '../conformance/samples.ts';
import { dropFromIndex, meddle, overwrite } from './damage.ts';
import { writeFileOfVersion } from './file-of-version.ts';

const clock = () => 1_000_000;

/** Accounts whose addresses have the same place; found among forty million. */
const OF_ONE_PLACE = ['person-8886977', 'person-23180041'];

runConformance('SQLite', async (clock) => {
  const folder = await mkdtemp(join(tmpdir(), 'sqlite-'));
  const openAnother = () => openSqliteStorage({ path: join(folder, 'common-id.db'), clock, ledgerKey: LEDGER_KEY });
  return { storage: await openAnother(), openAnother, dispose: () => rm(folder, { recursive: true }), large: 3_000 };
});

describe('the file of SQLite', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sqlite-'));
    path = join(folder, 'data', 'common-id.db');
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Makes a file with some accounts in it, and closes it. */
  async function writeFileWithAccounts(count: number): Promise<void> {
    const storage = await openSqliteStorage({ path, clock });
    for (let n = 0; n < count; n++) await storage.accounts.create(sampleAccount(`a${n}`), eventAbout(`a${n}`));
    await storage.close();
  }

  test('is made with its folder, readable by its owner only, migrated once', async () => {
    const told: object[] = [];
    const log = { info: (fields: object) => told.push(fields) };
    for (let n = 0; n < 2; n++) await (await openSqliteStorage({ path, clock, log })).close();
    expect(told).toEqual([{ path, from: 0, to: expect.any(Number) }]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('that is large is checked too, and the log says for what the start waits', async () => {
    await writeFileWithAccounts(1);
    meddle(path, 'CREATE TABLE padding (bytes); INSERT INTO padding VALUES (zeroblob (17 * 1024 * 1024))');
    const told: object[] = [];
    const log = { info: (fields: object) => told.push(fields) };
    await (await openSqliteStorage({ path, clock, log })).close();
    expect(told).toEqual([{ path, megabytes: 17 }]);
    await overwrite(path, 4096 * 3, 4096 * 30);
    await expect(openSqliteStorage({ path, clock })).rejects.toMatchObject({ name: 'DatabaseDamaged' });
  });

  test('may be opened twice at once while it does not exist yet', async () => {
    const storages = await Promise.all(Array.from({ length: 4 }, () => openSqliteStorage({ path, clock })));
    for (const storage of storages) await storage.ping();
    for (const storage of storages) await storage.close();
  });

  test.each([1, 2, 3])('of version %i keeps its accounts, and nobody else gets their addresses', async (version) => {
    await mkdir(dirname(path));
    // In the file the accounts have another order than by id or address, and one is missing.
    const accounts = [
      ...['c', 'a', 'b'].map((id) => sampleAccount(id, { email_canonical: `${'cab'.indexOf(id)}@example.jp` })),
      ...OF_ONE_PLACE.map((id) => sampleAccount(id)),
    ];
    writeFileOfVersion(path, version, [sampleAccount('gone'), ...accounts]);
    meddle(path, "DELETE FROM accounts WHERE id = 'gone'");
    const storage = await openSqliteStorage({ path, clock });
    for (const account of accounts) {
      expect(await storage.accounts.findByEmail(account.email_canonical)).toEqual(account);
      expect(await storage.accounts.find(account.id)).toEqual(account);
      const another = sampleAccount('another', { email_canonical: account.email_canonical });
      await expect(storage.accounts.create(another, eventAbout('another'))).rejects.toMatchObject({ what: 'email' });
      await expect(storage.accounts.create(account, eventAbout('again'))).rejects.toMatchObject({ what: 'id' });
    }
    await storage.accounts.create(sampleAccount('gone'), eventAbout('gone'));
    const moved = { ...sampleAccount('a'), email_canonical: 'new@example.jp' };
    await storage.accounts.update(moved, eventAbout('a'));
    await storage.close();
    const copy = join(folder, 'backup.db');
    backupSqliteDatabase({ from: path, to: copy });
    const restored = await openSqliteStorage({ path: copy, clock });
    expect(await restored.accounts.findByEmail('new@example.jp')).toEqual({ ...moved, version: 2 });
    expect(await restored.accounts.findByEmail('1@example.jp')).toBeUndefined();
    expect(await restored.accounts.findByEmail('2@example.jp')).toEqual(accounts[2]);
    for (const id of OF_ONE_PLACE) expect(await restored.accounts.findByEmail(`${id}@example.jp`)).toEqual(sampleAccount(id));
    await restored.close();
    // Each account is at the place of its address, except one of the two with the same place.
    expect(standElsewhere(copy)).toHaveLength(1);
    expect(() => meddle(path, "INSERT INTO identifiers VALUES ('email:x', 999)")).toThrow('FOREIGN KEY');
  });

  test('of an earlier version in which a document cannot be read comes along with all the others', async () => {
    await mkdir(dirname(path));
    writeFileOfVersion(path, 3, [sampleAccount('a'), sampleAccount('broken'), sampleAccount('c')]);
    meddle(path, `UPDATE accounts SET document = '{"email_canoni' WHERE id = 'broken'`);
    const storage = await openSqliteStorage({ path, clock });
    expect(await storage.accounts.findByEmail('c@example.jp')).toEqual(sampleAccount('c'));
    const thief = sampleAccount('thief', { email_canonical: 'broken@example.jp' });
    await expect(storage.accounts.create(thief, eventAbout('thief'))).rejects.toMatchObject({ what: 'email' });
    await storage.close();
    // After the repair it is at its place.
    meddle(path, `UPDATE accounts SET document = '${JSON.stringify(sampleAccount('broken'))}' WHERE id = 'broken'`);
    expect(standElsewhere(path)).toEqual([]);
  });

  test('has each account where its address says, and finds those too whose place is taken', async () => {
    const storage = await openSqliteStorage({ path, clock });
    const { accounts } = storage;
    const [first = '', second = ''] = OF_ONE_PLACE;
    const at = (id: string, version: number, address: string) =>
      sampleAccount(id, { version, email_canonical: `${address}@example.jp` });
    const give = (id: string, version: number, address: string) => accounts.update(at(id, version, address), eventAbout(id));
    const ownerOf = async (address: string) => (await accounts.findByEmail(`${address}@example.jp`))?.id;
    expect(placeOf(`${first}@example.jp`)).toBe(placeOf(`${second}@example.jp`));

    for (const id of [first, second, 'c']) await accounts.create(sampleAccount(id), eventAbout(id));
    expect([await ownerOf(first), await ownerOf(second)]).toEqual([first, second]);
    expect(standElsewhere(path)).toEqual([second]);
    await expect(accounts.create(at('d', 1, second), eventAbout('d'))).rejects.toMatchObject({ what: 'email' });

    // The place becomes free, and the next account takes it.
    await give(first, 1, 'elsewhere');
    expect([await ownerOf(first), await ownerOf(second), await ownerOf('elsewhere')]).toEqual([undefined, second, first]);
    await give('c', 1, first);
    expect([await ownerOf(first), await ownerOf(second), await ownerOf('c')]).toEqual(['c', second, undefined]);
    expect(standElsewhere(path)).toEqual([second]);

    // An account whose new place is taken stays at its old one.
    await give(second, 1, 'away');
    await give(first, 2, second);
    expect([await ownerOf(first), await ownerOf(second), await ownerOf('away')]).toEqual(['c', first, second]);
    expect(standElsewhere(path)).toEqual([first]);
    for (const id of [first, second, 'c']) expect(await accounts.find(id)).toMatchObject({ id });
    await storage.close();
  });

  /** Returns the ids of the accounts that are not at the place of their addresses. */
  function standElsewhere(file: string): string[] {
    const connection = new DatabaseSync(file, { readOnly: true });
    try {
      expect(connection.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
      const rows = connection.prepare("SELECT id, place, document ->> 'email_canonical' AS email FROM accounts").all();
      return rows.filter(({ place, email }) => place !== placeOf(String(email))).map(({ id }) => String(id));
    } finally {
      connection.close();
    }
  }

  test('of a newer version is refused with the way out, and not touched', async () => {
    await writeFileWithAccounts(1);
    meddle(path, 'PRAGMA user_version = 999');
    const before = await readFile(path);
    await expect(openSqliteStorage({ path, clock })).rejects.toMatchObject({
      name: 'DatabaseTooNew',
      message: expect.stringMatching(/999.*Start that version/s),
    });
    expect((await readFile(path)).equals(before)).toBe(true);
  });

  test('of another program is refused', async () => {
    await writeFileWithAccounts(0);
    await rm(path);
    meddle(path, 'CREATE TABLE theirs (id INTEGER)');
    await expect(openSqliteStorage({ path, clock })).rejects.toMatchObject({ name: 'NotOurDatabase' });
  });

  test.each([
    ['a folder', async () => mkdir(path, { recursive: true })],
    ['a file where its folder should be', async () => writeFile(dirname(path), '')],
    [
      'no file',
      async () => {
        await mkdir(dirname(path));
        await symlink('/dev/null', path);
      },
    ],
  ])('that cannot be is refused with its setting and the reason: %s', async (_, spoil) => {
    await spoil();
    await expect(openSqliteStorage({ path, clock })).rejects.toMatchObject({
      message: expect.stringMatching(/^DATABASE_URL: .*common-id\.db .*: \S+/),
    });
  });

  test.each<[string, () => Promise<unknown>]>([
    ['a page is overwritten', () => overwrite(path, 4096 * 5, 4096)],
    ['the middle is overwritten', () => overwrite(path, 4096 * 3 + 100, 4096 * 30)],
    ['its end is missing', () => truncate(path, 4096 * 12)],
    ['it is not a database', () => writeFile(path, 'これはデータベースではありません。'.repeat(500))],
    ['an index misses an entry', async () => dropFromIndex(path)],
  ])('that is damaged is refused with the way out: %s', async (_, damage) => {
    await writeFileWithAccounts(100);
    await damage();
    await expect(openSqliteStorage({ path, clock })).rejects.toMatchObject({
      name: 'DatabaseDamaged',
      message: expect.stringMatching(/is damaged, or is not an SQLite database \(.+\)\. .*put a backup in its place/s),
    });
  });

  test('refuses to change, remove, replace or push in an entry or an anchor of the ledger, and what would come behind a closed one', async () => {
    const storage = await openSqliteStorage({ path, clock });
    for (let n = 0; n < 3; n++) await storage.ledger.append(eventAbout('a'), `${n}`);
    for (const sequence of [1, 2]) await storage.ledger.addAnchor({ sequence, document: 'x' });
    await storage.close();
    const row = (place: string) => `INSERT OR REPLACE INTO ledger_entries SELECT ${place}, 'e', 't', 's', '{}', 0, '', '', ''`;
    const first = '(SELECT min(place) FROM ledger_entries)';
    for (const sql of [
      `UPDATE ledger_entries SET subject = 'somebody else' WHERE place = ${first}`,
      'DELETE FROM ledger_entries WHERE place = (SELECT max(place) FROM ledger_entries)',
      row(first),
      row('(SELECT max(place) + 2 FROM ledger_entries)'),
      row(`${first} + (1 << 40) + 5`),
      row(`${first} - 1`),
      "UPDATE ledger_anchors SET document = 'y'",
      'DELETE FROM ledger_anchors WHERE sequence = 2',
      "INSERT OR REPLACE INTO ledger_anchors VALUES (1, 'y')",
      "INSERT INTO ledger_anchors VALUES (4, 'y')",
      "INSERT INTO ledger_origin VALUES (1, 3, 'y', NULL)",
    ]) {
      expect(() => meddle(path, sql)).toThrow('the ledger is append-only');
    }
    expect(() => meddle(path, "INSERT INTO ledger VALUES (1, 't', 's', '{}', 0, '', '')")).toThrow('is closed');
    meddle(path, row('(SELECT max(place) + 1 FROM ledger_entries)'));
    meddle(path, row(`((SELECT max(place) FROM ledger_entries) >> 40) + 1 << 40 | 1`));
  });

  test('locked by somebody for too long: writes are refused, reads go on, and all is well afterwards', async () => {
    await writeFileWithAccounts(1);
    const storage = await openSqliteStorage({ path, clock });
    const somebody = new DatabaseSync(path);
    somebody.exec('BEGIN IMMEDIATE');
    let turns = 0;
    const pulse = setInterval(() => (turns += 1), 5);
    const refused = storage.ping();
    expect(await storage.accounts.find('a0')).toEqual(sampleAccount('a0'));
    await expect(refused).rejects.toThrow(StorageUnavailable);
    clearInterval(pulse);
    // 1.5 s of patience, in steps of 20 ms: the event loop gets a turn between any two. In one step it would get one at the end.
    expect(turns).toBeGreaterThan(5);
    const waiting = storage.accounts.create(sampleAccount('b'), eventAbout('b'));
    setTimeout(() => somebody.exec('ROLLBACK'), 50);
    await waiting;
    somebody.close();
    await storage.close();
  });

  test('a migration that an earlier version wrote is found by its candidate after the upgrade', async () => {
    const storage = await openSqliteStorage({ path, clock });
    const candidate = { account_id: 'a', code_challenge: 'x', at: 1 };
    await storage.migrations.put(sampleMigration('m', { candidate }), eventAbout('m'));
    await storage.close();
    const older = new DatabaseSync(path);
    older.exec('UPDATE migrations SET account_id = NULL');
    // The steps after that one made these tables.
    older.exec('DROP TABLE population; DROP TABLE funnel_counts; DROP TABLE funnel_recount; DROP INDEX jobs_by_kind');
    older.exec("CREATE INDEX jobs_by_time ON jobs (run_at, sequence) WHERE state = 'waiting'; PRAGMA user_version = 5");
    older.close();
    const upgraded = await openSqliteStorage({ path, clock });
    expect(await upgraded.migrations.listByCandidate('a')).toMatchObject([{ legacy_id: 'm' }]);
    expect(await upgraded.migrations.listByAccount('a')).toEqual([]);
    await upgraded.close();
  });

  test('is backed up while it is open: the copy is whole, private, and restores everything', async () => {
    const storage = await openSqliteStorage({ path, clock });
    for (let n = 0; n < 20; n++) await storage.accounts.create(sampleAccount(`a${n}`), eventAbout(`a${n}`));
    const to = join(folder, 'backup.db');
    // A killed backup has left this.
    await writeFile(`${to}.partial`, 'a part');
    backupSqliteDatabase({ from: path, to });
    await storage.accounts.create(sampleAccount('after'), eventAbout('after'));
    await storage.close();
    expect((await stat(to)).mode & 0o777).toBe(0o600);
    const copy = await openSqliteStorage({ path: to, clock });
    for (let n = 0; n < 20; n++) expect(await copy.accounts.find(`a${n}`)).toEqual(sampleAccount(`a${n}`));
    expect(await copy.accounts.find('after')).toBeUndefined();
    expect(await ledgerOf(copy)).toHaveLength(20);
    await copy.accounts.create(sampleAccount('after'), eventAbout('after'));
    await copy.close();
  });

  test('a backup never overwrites, and leaves nothing behind where it fails', async () => {
    const to = join(folder, 'backup.db');
    expect(() => backupSqliteDatabase({ from: path, to })).toThrow('does not exist');
    await writeFileWithAccounts(1);
    await writeFile(to, 'an earlier backup');
    expect(() => backupSqliteDatabase({ from: path, to })).toThrow('already exists');
    await rm(to);
    await overwrite(path, 4096 * 3, 4096 * 30);
    expect(() => backupSqliteDatabase({ from: path, to })).toThrow('is damaged');
    expect(await readdir(folder)).toEqual(['data']);
  });
});
