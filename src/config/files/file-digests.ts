// Digests of everything that a configuration was read from. Two processes with equal digests have the same configuration.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { SecretFile } from '../settings/read-secret-file.ts';
import { errorCode } from '../problems/error-code.ts';
import type { Lookup } from '../settings/references.ts';

/** Variables and secrets that files refer to, recorded while the files are read. */
export type Referred = {
  lookup: Lookup;
  readSecretFile: (path: string) => SecretFile;
  /** Each name or path, with its value. */
  asked: Map<string, unknown>;
};

/** Wraps both lookups so that every request and its answer are recorded. */
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
 * The SHA-256 of each file below config/, whatever it is for, by its name relative to the project's root; hidden files are left out. What the
 * files refer to is one digest, because secrets are among it.
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

/** The version of a configuration: 12 hexadecimal digits. */
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
