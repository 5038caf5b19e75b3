// Finds systemd-analyze, with which the tests check ops/common-id.service.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Returns the executable of systemd-analyze, on the PATH or where Debian installs it; undefined if there is none. */
export function findSystemdAnalyze({ PATH = '' }: Record<string, string | undefined>): string | undefined {
  const directories = [...PATH.split(delimiter).filter(Boolean), '/usr/bin'];
  return directories.map((directory) => join(directory, 'systemd-analyze')).find((path) => existsSync(path));
}
