// Says in words in which country and region a network is, from a database that the operator gives (MaxMind DB, version 2.0).
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Region } from '../domain/sign-in-history.ts';

export type RegionOf = (ip: string) => Region | undefined;

/** A database may hold anything. */
const LONGEST_NAME = 60;

/**
 * Makes the function that looks up an address. Without a file it knows no region, and no library is loaded.
 * @param file an MMDB file with the records of GeoLite2 or GeoIP2 City or Country; read into memory once
 * @throws {Error} the file cannot be read, or is no such database
 */
export async function loadRegions(file: string | undefined): Promise<RegionOf> {
  if (file === undefined) return () => undefined;
  try {
    const [bytes, { Reader }] = await Promise.all([readFile(file), import('mmdb-lib')]);
    const reader = new Reader(bytes);
    return (ip) => {
      try {
        return inWords(reader.get(ip));
      } catch {
        // A proxy may have written something that is no address.
        return undefined;
      }
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`REGIONS_FILE: ${file} is no database of networks that can be read (MMDB): ${reason}`, { cause: error });
  }
}

const place = z
  .object({ names: z.record(z.string(), z.unknown()) })
  .optional()
  .catch(undefined);
/** GeoLite2 City; Country has no subdivisions. */
const record = z.object({ country: place, subdivisions: z.array(place).optional().catch(undefined) });

function inWords(found: unknown): Region | undefined {
  const { country, subdivisions } = record.safeParse(found).data ?? {};
  const named = (language: 'ja' | 'en'): string[] =>
    [subdivisions?.[0], country].flatMap((one) => {
      const name = one?.names[language] ?? one?.names.en;
      return typeof name === 'string' && name !== '' ? [name.slice(0, LONGEST_NAME)] : [];
    });
  const region = { ja: named('ja').toReversed().join(' '), en: named('en').join(', ') };
  return region.en === '' ? undefined : region;
}
