// Checks the locations and permissions of files with keys and customer data.
import { statfsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { readKeyFiles } from '../../keys/key-files.ts';
import type { Problem } from '../problems/problem.ts';
import type { Variables } from '../settings/variables.ts';
import { isSecretSetting } from '../settings/secret-names.ts';
import type { SettingName, SettingValues } from '../settings/settings.ts';
import type { Say } from './say.ts';

const GROUP_READABLE = 0o040;
const WRITABLE_BY_OTHERS = 0o002;
const WRITABLE_BY_GROUP = 0o020;
/** Types in statfs(2): NFS, SMB, SMB 2, CIFS. */
const NETWORK_FILE_SYSTEMS = [0x6969, 0x517b, 0xfe534d42, 0xff534d42];
/** Folders of the program that are served publicly. */
const SERVED = ['views/assets'];

/** Whether a file system type of statfs(2) is a network file system. */
export function isNetworkFileSystem(type: number): boolean {
  return NETWORK_FILE_SYSTEMS.includes(type >>> 0);
}

/** Checks that no private file is in a served folder, in development too. */
export function checkServedFolders(settings: SettingValues, root: string, say: Say): void {
  const places: [SettingName, string | undefined][] = [
    ['DATA_DIRECTORY', settings.DATA_DIRECTORY],
    ['KEY_DIRECTORY', settings.KEY_DIRECTORY],
    ['DATABASE_URL', sqlitePath(settings)],
  ];
  for (const [name, place] of places) {
    const served = place === undefined ? undefined : SERVED.find((folder) => isBelow(resolve(root, place), join(root, folder)));
    if (served !== undefined) say('error', name, 'a folder that is not served', `one in ${served}: everybody could download it`);
  }
}

/**
 * Reports folders of the SQLite database and of the keys that others can write to, a network file system, and keys in config/.
 */
export function checkPlaces(settings: SettingValues, root: string, say: Say): void {
  const database = sqlitePath(settings);
  if (database !== undefined) {
    const folder = dirname(resolve(root, database));
    const mode = modeOf(folder);
    if (mode !== undefined && (mode & WRITABLE_BY_OTHERS) !== 0)
      say(
        'error',
        'DATABASE_URL',
        'a folder that only its owner can write to',
        `${folder}: others could replace the database`,
        `use a folder of its own, with chmod 700`,
      );
    const type = fileSystemOf(folder);
    if (type !== undefined && isNetworkFileSystem(type))
      say(
        'error',
        'DATABASE_URL',
        'a disk of this machine',
        `${folder}, on another machine, where SQLite’s locks do not work`,
        'use MongoDB for several machines',
      );
  }
  const keys = settings.KEY_DIRECTORY;
  if (keys === undefined) return;
  const path = resolve(root, keys);
  const mode = modeOf(path);
  if (mode !== undefined && (mode & (WRITABLE_BY_OTHERS | WRITABLE_BY_GROUP)) !== 0)
    say(
      'error',
      'KEY_DIRECTORY',
      'a folder that only its owner can write to',
      `${path}: others could add their own key`,
      `chmod 700 ${keys}`,
    );
  if (isBelow(path, join(root, 'config')))
    say(
      'warning',
      'KEY_DIRECTORY',
      'a folder outside config/',
      keys,
      'config/ is copied to other machines and kept in version control',
    );
}

/**
 * Warns of keys that the group can read.
 * @param directory the folder of the keys; absolute
 */
export function checkKeyModes(directory: string, root: string, problems: Problem[]): void {
  for (const { path } of readable(directory)) {
    const mode = modeOf(path) ?? 0;
    // check-key-files.ts reports keys that everybody can read.
    if ((mode & GROUP_READABLE) === 0 || (mode & 0o004) !== 0) continue;
    const source = relative(root, path).startsWith('..') ? path : relative(root, path);
    problems.push({
      severity: 'warning',
      source,
      expected: 'a key that only its owner can read',
      found: 'one that its group can read',
      hint: `chmod 600 ${source}`,
    });
  }
}

function readable(directory: string): { path: string }[] {
  try {
    return readKeyFiles(directory);
  } catch {
    return [];
  }
}

/** Checks the permissions of the .env file if it holds secrets. */
export function checkDotEnv({ inFile }: Variables, root: string, problems: Problem[]): void {
  const secret = inFile.find(isSecretSetting);
  const mode = modeOf(join(root, '.env'));
  if (secret === undefined || mode === undefined || (mode & 0o044) === 0) return;
  const found = `one with ${secret} that others on this machine can read`;
  problems.push({
    severity: 'error',
    source: '.env',
    expected: 'a file that only its owner can read',
    found,
    hint: 'chmod 600 .env',
  });
}

function sqlitePath({ DATABASE_URL: url }: SettingValues): string | undefined {
  return url?.startsWith('sqlite:') ? url.slice('sqlite:'.length) : undefined;
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function modeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mode;
}

function fileSystemOf(folder: string): number | undefined {
  try {
    return statfsSync(folder).type;
  } catch {
    return undefined;
  }
}
