// Finds Prometheus and promtool, with which the tests check ops/prometheus and scrape the running program.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Returns the executables, on the PATH or where Debian installs them; undefined if one is missing. */
export function findPrometheus({
  PATH = '',
}: Record<string, string | undefined>): { prometheus: string; promtool: string } | undefined {
  const directories = [...PATH.split(delimiter).filter(Boolean), '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];
  const find = (name: string): string | undefined =>
    directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
  const [prometheus, promtool] = [find('prometheus'), find('promtool')];
  return prometheus !== undefined && promtool !== undefined ? { prometheus, promtool } : undefined;
}
