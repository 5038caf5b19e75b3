// The version of a configuration covers all of its values: design/reality.md R55.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Config } from '../../src/config/config.ts';
import { digestFiles, versionOf } from '../../src/config/files/file-digests.ts';
import { loadConfig } from '../../src/config/load.ts';
import { figure } from './support/figure.ts';

const SHIPPED = fileURLToPath(new URL('../../config', import.meta.url));
/** These files have thousands of words; the full figures have them, too. */
const LEFT_OUT = figure(0, 1) ? ['locales', 'common-passwords'] : [];
/** Tries only each n-th value of a file. */
const EVERY = figure(1, 5);

let project: string;
beforeEach(() => {
  project = copyProject();
});
afterEach(() => rmSync(project, { recursive: true }));

function copyProject(): string {
  const directory = mkdtempSync(join(tmpdir(), 'configuration-version-'));
  cpSync(SHIPPED, join(directory, 'config'), {
    recursive: true,
    filter: (path) => !LEFT_OUT.some((name) => path.slice(SHIPPED.length).includes(name)),
  });
  return directory;
}

const load = (directory = project, env: Record<string, string> = {}): Config =>
  loadConfig({ env: { DATA_DIRECTORY: join(directory, 'data'), ...env }, directory, apps: ['id'] });
const version = (directory = project): string => versionOf(digestFiles(directory, { asked: new Map() }));

/** Lists the path of every leaf of a JSON value. */
function leaves(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

function withChanged(value: unknown, [key, ...rest]: string[]): unknown {
  if (key === undefined) return typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : `${String(value)}x`;
  const object = value as Record<string, unknown>;
  const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as unknown as typeof object) : { ...object };
  copy[key] = withChanged(object[key], rest);
  return copy;
}

test('R55 any one value of any file of the configuration is changed: another version', () => {
  const names = readdirSync(join(project, 'config'), { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const seen = new Set([version()]);
  let changes = 0;
  for (const name of names) {
    const text = readFileSync(name, 'utf8');
    const json: unknown = name.endsWith('.json') ? JSON.parse(text) : undefined;
    const changed = json === undefined ? [`${text}x`] : leaves(json).map((path) => JSON.stringify(withChanged(json, path)));
    for (const next of changed.filter((_, index) => index % EVERY === 0)) {
      writeFileSync(name, next);
      seen.add(version());
      changes += 1;
    }
    writeFileSync(name, text);
  }
  expect(changes).toBeGreaterThan(300 / EVERY);
  expect(seen.size).toBe(changes + 1);
});

test('R55 each number of the policy is changed: the next reading returns it, with another version', () => {
  const path = join(project, 'config/policy.json');
  const policy: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const before = load();
  const numbers = leaves(policy).filter(
    (leaf) => typeof leaf.reduce((at, key) => (at as Record<string, unknown>)[key], policy) === 'number',
  );
  for (const leaf of numbers) {
    writeFileSync(path, JSON.stringify(withChanged(policy, leaf)));
    // These values still fit: a grant lives at least as long as its refresh token, and the shortest password is not longer than the longest.
    const { fromFiles } = load();
    const { files, ...values } = fromFiles;
    expect([leaf, versionOf(files)]).not.toEqual([leaf, versionOf(before.files)]);
    expect([leaf, values]).not.toEqual([leaf, { ...before.fromFiles, files: undefined }]);
  }
  expect(numbers.length).toBeGreaterThan(10);
});

test('R55 two nodes with the same files, in another order, at another time, in another folder: one version; another variable or secret: another one', () => {
  const shop = join(project, 'config/clients/gazoo.json');
  const json = JSON.parse(readFileSync(shop, 'utf8')) as Record<string, unknown>;
  writeFileSync(shop, JSON.stringify({ ...json, client_secret: { $file: 'secret' } }));
  writeFileSync(join(project, 'secret'), 'a'.repeat(40), { mode: 0o600 });
  const other = copyProject();
  try {
    for (const name of ['config', 'secret']) rmSync(join(other, name), { recursive: true, force: true });
    // Created one by one, from the last to the first.
    const files = readdirSync(project, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { parentPath, name } of files.toReversed()) {
      const from = join(parentPath, name);
      cpSync(from, from.replace(project, other));
    }
    const first = versionOf(load().files);
    expect(versionOf(load(other).files)).toBe(first);
    expect(versionOf(load(other, { LOG_LEVEL: 'warn', HOST: '127.0.0.2' }).files)).toBe(first);
    expect(versionOf(load(other, { OWNERS_SITE_URL: 'http://localhost:4001' }).files)).not.toBe(first);
    writeFileSync(join(other, 'secret'), 'b'.repeat(40));
    expect(versionOf(load(other).files)).not.toBe(first);
  } finally {
    rmSync(other, { recursive: true });
  }
});
