// Attacks by another user of the same machine: design/security-2.md S126 and S131.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { command } from '../../scripts/admin/storage.ts';
import { UsageError } from '../../scripts/admin/usage-error.ts';
import { copyStorage } from '../../scripts/admin/storage-copy/copy-storage.ts';
import type { AppName } from '../../src/config/config.ts';
import { makePrivate } from '../../src/start/private-files.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { runAdmin } from '../scripts/run-admin.ts';
import { startWorld } from '../support/world.ts';

const EVERY_APP: AppName[] = ['mailbox', 'dealer', 'id', 'owners-site', 'notebook', 'demo-clients', 'console'];
const PRIVATE_FILES = new URL('../../src/start/private-files.ts', import.meta.url).href;
/** Whether a process of ours can mount a file system in a private namespace. */
const CAN_MOUNT = spawnSync('unshare', ['--map-root-user', '--mount', 'true']).status === 0;
const ENV = { PATH: process.env.PATH, NODE_NO_WARNINGS: '1' };

let folder: string;
let umask: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'installation-'));
  // Without a umask, so that no file is private by chance.
  umask = process.umask(0);
});
afterEach(() => {
  process.umask(umask);
  rmSync(folder, { recursive: true });
});

/** Lists every file that others can access, with its mode. */
function open(directory: string): string[] {
  const names = ['.', ...readdirSync(directory, { recursive: true, encoding: 'utf8' })];
  return names.flatMap((name) => {
    const found = lstatSync(join(directory, name));
    if (found.isSymbolicLink()) return [];
    const right = found.isDirectory() ? 0o700 : 0o600;
    return (found.mode & 0o777) === right ? [] : [`${name} ${(found.mode & 0o777).toString(8)}`];
  });
}

test('S126 every app started on data of an older version, which others could read: 0600 and 0700 for all of it, reported once', async () => {
  const data = join(folder, 'data');
  for (const name of ['', 'keys', 'backups', 'backups/old']) mkdirSync(join(data, name), { mode: 0o755 });
  for (const name of ['owners-site.sqlite', 'dealer-system.sqlite', 'notebook.sqlite'])
    new DatabaseSync(join(data, name)).exec('PRAGMA journal_mode = WAL');
  writeFileSync(join(data, 'backups/old/2026.sqlite'), 'a backup', { mode: 0o644 });
  const outside = join(folder, 'outside');
  writeFileSync(outside, 'of somebody else', { mode: 0o644 });
  symlinkSync(outside, join(data, 'link'));

  const world = await startWorld({ apps: EVERY_APP, env: { DATA_DIRECTORY: data } });
  try {
    const names = readdirSync(data);
    for (const app of ['common-id', 'owners-site', 'notebook', 'dealer-system', 'mailbox', 'operations-console'])
      expect(names).toEqual(expect.arrayContaining([`${app}.sqlite`, `${app}.sqlite-wal`, `${app}.sqlite-shm`]));
    expect(names).toEqual(expect.arrayContaining(['keys', 'owners-site-keys', 'notebook-keys', 'development-secrets.json']));
    expect(open(data)).toEqual([]);
    expect(statSync(outside).mode & 0o777).toBe(0o644);
    expect(world.log().match(/other users of this machine had access to files in the data directory/g)).toHaveLength(1);
    // The report of the next start.
    expect(makePrivate(data)).toEqual({ changed: 0, left: [], mounted: [] });
  } finally {
    await world.stop();
  }
});

(CAN_MOUNT ? test : test.skip)(
  'S126 volumes mounted below the data directory: left unchanged, with a warning about open ones that says what to do; an error for files that cannot be closed',
  () => {
    const [shared, closed, readOnly] = ['shared', 'closed', 'read-only'].map((name) => join(folder, 'data', name));
    for (const path of [shared, closed, readOnly]) mkdirSync(String(path), { recursive: true, mode: 0o755 });
    writeFileSync(join(folder, 'data/ours'), '', { mode: 0o644 });
    const code = `
      import { closeToOthers } from '${PRIVATE_FILES}';
      const print = (level) => (data, text) => console.log([level, JSON.stringify(data.mounted ?? data.left ?? data.changed), text].join(' '));
      closeToOthers('${join(folder, 'data')}', { warn: print('warn'), error: print('error') });`;
    const script = `
      mount -t tmpfs -o mode=755 tmpfs ${shared} && touch ${shared}/theirs && chmod 644 ${shared}/theirs &&
      mount -t tmpfs -o mode=700 tmpfs ${closed} &&
      mount --bind ${readOnly} ${readOnly} && mount -o remount,ro,bind ${readOnly} &&
      "$0" --input-type=module -e "$1" && stat -c %a ${shared} ${shared}/theirs`;
    const args = ['--map-root-user', '--mount', 'sh', '-c', script, process.execPath, code];
    expect(execFileSync('unshare', args, { env: ENV, encoding: 'utf8' }).split('\n')).toEqual([
      // The data directory and the file in it.
      'warn 2 other users of this machine had access to files in the data directory; now only their owner has',
      `error ["${readOnly} (EROFS)"] other users of this machine have access to these files, and their modes cannot be changed; run chmod on them`,
      `warn ["${shared}"] other users of this machine have access to these volumes in the data directory, which were left unchanged because others may share them; run chmod -R go= on each, or mount it elsewhere`,
      '755',
      '644',
      '',
    ]);
    expect(statSync(join(folder, 'data/ours')).mode & 0o777).toBe(0o600);
  },
);

test('S126 files of admin commands and of a database elsewhere: readable only by their owner', async () => {
  const path = join(folder, 'elsewhere.sqlite');
  await (await openStorage(`sqlite:${path}`, Date.now)).close();
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644);
  const storage = await openStorage(`sqlite:${path}`, Date.now);
  await storage.counters.add('c', 1, 3_600_000);
  chmodSync(folder, 0o700);
  expect(open(folder)).toEqual([]);
  await storage.close();

  const env = {
    ...ENV,
    DATABASE_URL: `sqlite:${path}`,
    KEY_DIRECTORY: join(folder, 'keys'),
    DATA_DIRECTORY: join(folder, 'data'),
  };
  for (const args of [
    ['storage', 'backup', '--to', join(folder, 'backup.sqlite')],
    ['keys', 'rotate'],
  ])
    expect(await runAdmin(args, { env })).toMatchObject({ code: 0 });
  const stateFile = join(folder, 'state.json');
  const seen = new Set<number>();
  const out = { isTTY: true, write: () => void seen.add(statSync(stateFile, { throwIfNoEntry: false })?.mode ?? 0) };
  await copyStorage({ from: `sqlite:${path}`, to: `sqlite:${join(folder, 'new/copy.sqlite')}`, stateFile, out });
  expect([...seen].filter((mode) => mode !== 0).map((mode) => mode & 0o777)).toEqual([0o600]);
  expect(readdirSync(folder).length).toBeGreaterThan(3);
  expect(open(folder)).toEqual([]);
});

test('S131 a password in a URL on the command line: refused without being read or shown; the name of a variable, or of one for a file, is accepted', async () => {
  const [from, to] = [join(folder, 'from.sqlite'), join(folder, 'to.sqlite')];
  const storage = await openStorage(`sqlite:${from}`, Date.now);
  await storage.counters.add('c', 1, 3_600_000);
  await storage.close();
  for (const address of [
    'mongodb://user:canary@db.example.jp/common_id',
    'mongodb://user:can/ary@a.example.jp,b.example.jp:27017/common_id',
    'mongodb+srv://user:canary@db.example.jp',
    'mongodb://db.example.jp/?tlsCertificateKeyFilePassword=canary',
  ]) {
    for (const option of ['from', 'to']) {
      const args = { from: `sqlite:${from}`, to: `sqlite:${to}`, [option]: address };
      const refused = command.run(['copy', '--from', args.from, '--to', args.to]);
      await expect(refused).rejects.toThrow(UsageError);
      await expect(refused).rejects.toThrow(
        new RegExp(
          `^--${option}: every user of this machine can read a password on the command line; put the URL into an environment variable, or into a file that NAME_FILE names, and give the name of the variable, as in --to TARGET_DATABASE_URL$`,
        ),
      );
    }
  }
  // An option without a database.
  await expect(command.run(['backup', '--to', 'ftp://user:canary@example.jp/x'])).rejects.toThrow(
    /^--to: every user of this machine can read a password/,
  );

  writeFileSync(join(folder, 'address'), `sqlite:${to}\n`, { mode: 0o600 });
  const env = { ...ENV, OLD: `sqlite:${from}`, NEW_FILE: join(folder, 'address') };
  const missing = await runAdmin(['storage', 'copy', '--from', 'OLD', '--to', 'NEWER'], { env, cwd: folder });
  expect(missing).toEqual({
    code: 2,
    out: '',
    err: '--to: there is neither a variable NEWER nor a variable NEWER_FILE in the environment\n',
  });
  const copied = await runAdmin(['storage', 'copy', '--from', 'OLD', '--to', 'NEW', '--json'], { env, cwd: folder });
  expect(copied).toMatchObject({ code: 0 });
  expect(JSON.parse(copied.out)).toContainEqual(expect.objectContaining({ name: 'counters', count: 1 }));
}, 60_000);
