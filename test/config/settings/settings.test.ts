// The table of settings: every entry is read, and its description in the table is correct.
import { afterAll, expect, test } from '@jest/globals';
import type { KeyObject } from 'node:crypto';
import { loadConfig } from '../../../src/config/load.ts';
import type { Setting } from '../../../src/config/settings/setting.ts';
import { EVERY_APP, SETTINGS } from '../../../src/config/settings/settings.ts';
import { temporaryProjects } from '../temporary-project.ts';

const { make, clean } = temporaryProjects();
afterAll(clean);

const TABLE = Object.entries<Setting<unknown>>(SETTINGS);
/** Sample values. A setting is tried with the first value that it accepts and that is not its default. */
const VALUES = [
  'true',
  'false',
  '2',
  '8',
  '2000',
  'warn',
  '127.0.0.2',
  '2027-03-31',
  'smtp://localhost:2525',
  'sqlite:another.sqlite',
  'http://localhost:4444',
  'Another ID <another@id.example.jp>',
  'Yb3pFzQ8mW1cKd7RtV0nHs5LxJg9AuEi',
  '0.25',
  'another',
];

const project = make();
/** ADMIN_HOST has an effect only with ADMIN_PORT, and the share of traces only with their receiver. */
const load = (env: Record<string, string> = {}) =>
  loadConfig({
    env: { ADMIN_PORT: '3999', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318', ...env },
    directory: project.directory,
    apps: ['id'],
  });
/** A configuration as text, with keys as bytes. */
const written = (config: object): string =>
  JSON.stringify(config, (_, value: unknown) =>
    typeof (value as KeyObject | null)?.export === 'function' ? (value as KeyObject).export().toString('hex') : value,
  );

test('another value of any setting changes the configuration', () => {
  const before = load();
  const faults = TABLE.flatMap(([name, setting]) => {
    const value = VALUES.find(
      (candidate) => candidate !== setting.default && setting.parse(candidate, 'development') !== undefined,
    );
    if (value === undefined) return [`${name}: add a value that it takes to VALUES of this test`];
    const config = load({ [name]: value });
    if (written(config) === written(before))
      return [
        `${name} changes nothing: give it "config" in src/config/settings/settings.ts, or read it in src/config/to-config.ts`,
      ];
    if (setting.config === undefined) return [];
    const found = (config as unknown as Record<string, unknown>)[setting.config];
    const expected = setting.parse(value, 'development');
    return found === expected
      ? []
      : [`${name}: config.${setting.config} is ${String(found)} with ${value}: src/config/to-config.ts sets it, too`];
  });
  expect(faults).toEqual([]);
});

test('a setting with a default has a value in every Config', () => {
  const faults = TABLE.flatMap(([name, { config, default: value, productionDefault, neededBy }]) => {
    const isThere = productionDefault !== undefined || EVERY_APP.every((app) => neededBy.includes(app));
    return config === undefined || value === undefined || isThere
      ? []
      : [`${name}: give it a productionDefault or EVERY_APP as neededBy, because config.${config} is typed as always there`];
  });
  expect(faults).toEqual([]);
});

test('a setting accepts its default', () => {
  const faults = TABLE.flatMap(([name, { default: value = '', productionDefault = '', parse }]) => [
    ...(value === '' || parse(value, 'development') !== undefined ? [] : [`${name}: default`]),
    ...(productionDefault === '' || parse(productionDefault, 'production') !== undefined ? [] : [`${name}: productionDefault`]),
  ]);
  expect(faults).toEqual([]);
});
