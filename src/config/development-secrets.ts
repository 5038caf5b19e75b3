// The secrets of a development installation: made on the first start and kept, so that nobody is signed out by a restart.
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type DevelopmentSecrets = { cookieKeys: string[]; hmacKey: string };

/**
 * Reads the secrets of a data directory, making directory and secrets where there are none.
 * @throws whatever reading or writing the file throws.
 */
export function developmentSecrets(dataDirectory: string): DevelopmentSecrets {
  const path = join(dataDirectory, 'development-secrets.json');
  return readSecrets(path) ?? makeSecrets(dataDirectory, path);
}

function makeSecrets(dataDirectory: string, path: string): DevelopmentSecrets {
  const secrets: DevelopmentSecrets = {
    cookieKeys: [randomBytes(32).toString('base64url')],
    hmacKey: randomBytes(32).toString('base64url'),
  };
  mkdirSync(dataDirectory, { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  try {
    // Apps that start at the same moment must agree: a link appears whole, and only once.
    linkSync(draft, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(draft);
  }
  return readSecrets(path) ?? secrets;
}

function readSecrets(path: string): DevelopmentSecrets | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as DevelopmentSecrets;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
