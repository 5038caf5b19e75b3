// Computes digests of the files. Two processes with the same digests have the same configuration.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { SecretFile } from '../settings/read-secret-file.ts';
import { errorCode } from '../problems/error-code.ts';
import type { Lookup } from '../settings/references.ts';

/** Records the variables and secrets that the files refer to. */
export type Referred = {
  lookup: Lookup;
  readSecretFile: (path: string) => SecretFile;
  /** Each look-up and its result. */
  asked: Map<string, unknown>;
};

/** Wraps the look-ups and records them. */
export function noteReferences({ lookup, readSecretFile }: Omit<Referred, 'asked'>): Referred {
  const asked = new Map<string, unknown>();
  return {
    asked,
    lookup: (name) => {
      const found = lookup(name);
      asked.set(`\${${name}}`, found);
      return found;
    },
    readSecretFile: (path) => {
      const found = readSecretFile(path);
      asked.set(path, found);
      return found;
    },
  };
}

/**
 * Returns the SHA-256 of every file below config/, by its name relative to the project's root. It skips hidden files. All
 * recorded look-ups share one digest, because they include secrets.
 * @param directory the project's root
 */
export function digestFiles(directory: string, { asked }: Pick<Referred, 'asked'>): Record<string, string> {
  const folder = join(directory, 'config');
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
  const digests = names.toSorted().flatMap((name) => {
    const digest = digestOfFile(join(directory, name));
    return digest === undefined ? [] : [[name.split(sep).join('/'), digest] as const];
  });
  const references = JSON.stringify([...asked].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return { ...Object.fromEntries(digests), 'variables and secrets': sha256(references) };
}

/** Returns the version of a configuration: 12 hexadecimal digits. */
export function versionOf(files: Record<string, string>): string {
  return sha256(JSON.stringify(Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1)))).slice(0, 12);
}

function digestOfFile(path: string): string | undefined {
  try {
    return sha256(readFileSync(path));
  } catch (error) {
    // The file was deleted between listing and reading.
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
