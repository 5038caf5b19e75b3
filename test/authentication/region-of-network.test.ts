// The words for the region of a network, from the records that a database may hold.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadRegions, type RegionOf } from '../../src/authentication/region-of-network.ts';
import { buildMmdb } from '../support/build-mmdb.ts';

const LONG = 'x'.repeat(100);
const RECORDS = {
  '203.0.113.0/26': {
    country: { names: { ja: '日本', en: 'Japan' } },
    subdivisions: [{ names: { ja: '愛知県', en: 'Aichi' } }],
  },
  '203.0.113.64/26': { country: { names: { en: 'Japan' } } },
  '203.0.113.128/26': { country: { names: { en: LONG } } },
  '198.51.100.0/26': { country: { names: { en: '' } } },
  '198.51.100.64/26': { continent: { names: { en: 'Asia' } } },
};

let folder: string;
let regionOf: RegionOf;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'regions-'));
  const file = join(folder, 'regions.mmdb');
  await writeFile(file, buildMmdb(RECORDS));
  regionOf = await loadRegions(file);
});
afterAll(async () => rm(folder, { recursive: true }));

test.each([
  ['country and region', '203.0.113.1', { ja: '日本 愛知県', en: 'Aichi, Japan' }],
  ['a country in English alone', '203.0.113.65', { ja: 'Japan', en: 'Japan' }],
  ['a long name', '203.0.113.129', { ja: LONG.slice(0, 60), en: LONG.slice(0, 60) }],
  ['an empty name', '198.51.100.1', undefined],
  ['no country', '198.51.100.65', undefined],
  ['no record', '192.0.2.1', undefined],
  ['no address', 'unknown', undefined],
])('%s: the region of %s', (_, ip, region) => {
  expect(regionOf(ip)).toEqual(region);
});

test('without a file no region is known, and a file of another kind is refused with its name', async () => {
  expect((await loadRegions(undefined))('203.0.113.1')).toBeUndefined();
  const other = join(folder, 'other.mmdb');
  await writeFile(other, 'no database');
  await expect(loadRegions(other)).rejects.toThrow(`REGIONS_FILE: ${other}`);
});
