// npm run admin -- migration …: its files, its output and its exit codes. test/attacks/migration-campaign.test.ts checks the counts.
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { openStorage } from '../../src/storage/open-storage.ts';
import { startAdminProcess, type Ended } from './run-admin.ts';

const folder = mkdtempSync(join(tmpdir(), 'migration-'));
const commands = startAdminProcess();
afterAll(() => {
  commands.stop();
  rmSync(folder, { recursive: true });
});

const DATABASE_URL = `sqlite:${join(folder, 'common-id.sqlite')}`;
const BY = ['--operator', 'a.tanaka', '--reason', 'the end of the campaign'];
const list = join(folder, 'list.csv');
const out = join(folder, 'reconciliation.csv');

async function migration(...args: string[]): Promise<Ended> {
  return commands.run({ args: ['migration', ...args], env: { ...process.env, DATABASE_URL } });
}

test('a list is imported, with a file of its wrong rows, and everybody in it stands in the signed reconciliation', async () => {
  await (await openStorage(DATABASE_URL, Date.now)).close();
  writeFileSync(list, 'legacy_id,mail\nown-1,a@example.jp\n');
  expect(await migration('import', '--file', list)).toMatchObject({
    code: 1,
    err: 'line 1, column 2: the first line must name the columns: legacy_id,email,segment,dealer (all but legacy_id may be left out)\n',
  });
  writeFileSync(list, 'legacy_id,email\nown-1,a@example.jp\nown-2,nonsense\nown-3,\n');
  const imported = await migration('import', '--file', list);
  expect([imported.code, imported.out]).toEqual([1, expect.stringContaining('3 rows: 2 legacy users are new, 0 have changed')]);
  expect(imported.out).toContain('  - line 3, column 2: email is not a mail address\n');
  expect(readFileSync(`${list}.wrong-rows.csv`, 'utf8')).toBe('line,column,why\n3,2,"email is not a mail address"\n');
  // An import that died after its first batch: it goes on behind it.
  const note = `${list}.import-note.json`;
  expect(existsSync(note)).toBe(false);

  writeFileSync(list, 'legacy_id,email\nown-1,a@example.jp\nown-2,b@example.jp\nown-3,\n');
  const again = await migration('import', '--file', list, '--json');
  expect(JSON.parse(again.out)).toMatchObject({ rows: 3, added: 1, changed: 0, same: 2, wrong: 0, wrong_rows: null });
  expect([again.code, existsSync(`${list}.wrong-rows.csv`)]).toEqual([0, false]);

  const funnel = await migration('funnel', '--by', 'client', '--rebuild');
  expect([funnel.code, funnel.err]).toEqual([0, '']);
  expect(funnel.out).toContain('Rebuilt from 0 events of the ledger: 0 counts were not right.');
  expect(funnel.out).toMatch(/^listed +3 +0 +0\.0 %/m);
  expect(funnel.out).toMatch(/^owners-site +3 +0/m);
  expect(await migration('funnel', '--by', 'colour')).toMatchObject({ code: 2, err: expect.stringContaining('expected day') });

  expect((await migration('stuck', '--days', '3')).err).toContain('--operator');
  expect(await migration('stuck', '--days', '3', ...BY)).toMatchObject({ code: 0, out: 'Nobody is stuck.\n' });

  const reconciled = await migration('reconcile', '--out', out, ...BY);
  expect([reconciled.code, reconciled.err]).toEqual([0, '']);
  expect(reconciled.out).toContain('3 legacy users: listed 3');
  expect(readFileSync(out, 'utf8').split('\r\n')).toHaveLength(5);
  expect(await migration('check-reconciliation', '--file', out)).toMatchObject({ code: 0 });
  appendFileSync(out, 'own-4,completed,yes,completed,\r\n');
  expect(await migration('check-reconciliation', '--file', out)).toMatchObject({
    code: 1,
    out: 'The list is not the one that was signed.\n',
  });
});
