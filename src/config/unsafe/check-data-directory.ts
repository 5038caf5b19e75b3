// Checks that the data directory holds nothing else, because each start restricts its permissions and `npm run reset` deletes it.
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, relative, resolve } from 'node:path';
import type { Say } from './say.ts';

/** System directories, which hold files of other programs. */
const SYSTEM = [
  '/',
  '/bin',
  '/dev',
  '/etc',
  '/home',
  '/lib',
  '/media',
  '/mnt',
  '/opt',
  '/proc',
  '/root',
  '/run',
  '/sbin',
  '/srv',
  '/sys',
];
const SYSTEM_BELOW = ['/tmp', '/usr', '/usr/local', '/usr/share', '/var', '/var/lib', '/var/log', '/var/run', '/var/tmp'];

/**
 * Reports a data directory that may hold other files.
 * @param said the setting
 * @param root the project's root
 */
export function checkDataDirectory(said: string, root: string, say: Say): void {
  const path = resolve(root, said);
  const ofOthers = [...SYSTEM, ...SYSTEM_BELOW, homedir(), tmpdir()].includes(path);
  if (!ofOthers && !holds(path, root)) return;
  say(
    'error',
    'DATA_DIRECTORY',
    'a directory of its own, because each start locks other users out of it',
    path,
    'use a directory below it',
  );
}

/** Whether a directory equals or contains another one. */
function holds(directory: string, other: string): boolean {
  const way = relative(directory, other);
  return way === '' || (!way.startsWith('..') && !isAbsolute(way));
}
