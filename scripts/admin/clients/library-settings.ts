// Reads the settings of a client library that a developer copies: the `settings` region of its sample.
import { readFileSync } from 'node:fs';
import { LIBRARIES, type Library } from '../../../samples/clients/libraries.ts';

const SAMPLES = new URL('../../../samples/clients/', import.meta.url);
const REGION = /^.*#region settings\n([\s\S]*?)\n.*#endregion/m;

/** @returns the text of one of a library's files */
export function sampleFile(id: string, name: string): string {
  return readFileSync(new URL(`${id}/${encodeURIComponent(name).replaceAll('%2F', '/')}`, SAMPLES), 'utf8');
}

/** @returns the lines of the region, without their common indentation */
export function settingsOf(id: string, { files }: Library): string {
  const lines = REGION.exec(sampleFile(id, files[0]))?.[1]?.split('\n') ?? [];
  const indentation = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(indentation)).join('\n');
}

/** @returns a library by its id; undefined if there is none */
export function findLibrary(id: string): Library | undefined {
  return Object.hasOwn(LIBRARIES, id) ? LIBRARIES[id as keyof typeof LIBRARIES] : undefined;
}
