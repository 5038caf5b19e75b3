// Finds nginx, which the tests put in front of the program as a reverse proxy.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian installs it here, where the PATH of other users than root may not lead. */
const DIRECTORIES = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'];

/** Returns the executable of nginx, on the PATH or in a usual place; undefined if there is none. */
export function findNginx({ PATH = '' }: Record<string, string | undefined>): string | undefined {
  const directories = [...PATH.split(delimiter).filter(Boolean), ...DIRECTORIES];
  return directories.map((directory) => join(directory, 'nginx')).find((path) => existsSync(path));
}
