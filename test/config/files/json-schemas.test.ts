// The schemas in config/ are up to date, and the shipped files name them.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { jsonSchemas } from '../../../src/config/files/json-schemas.ts';

function readConfigFile(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(fileURLToPath(new URL(`../../../config/${name}`, import.meta.url)), 'utf8')) as Record<
    string,
    unknown
  >;
}

test.each(Object.keys(jsonSchemas()))('config/%s is up to date (npm run generate writes it)', (name) => {
  expect(readConfigFile(name)).toEqual(JSON.parse(JSON.stringify(jsonSchemas()[name])));
});

test.each(['dealers', 'policy', 'services'])('config/%s.json names its schema', (name) => {
  expect(readConfigFile(`${name}.json`).$schema).toBe(`${name}.schema.json`);
});
