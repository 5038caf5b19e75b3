// The secrets of a development installation. They are made on the first start and kept, so that a restart signs nobody out.
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../problems/config-error.ts';
import { errorCode } from '../problems/error-code.ts';

const secretsSchema = z.object({ cookieKeys: z.array(z.string().min(32)).min(1), hmacKey: z.string().min(32) });

export type DevelopmentSecrets = z.infer<typeof secretsSchema>;

/**
 * Reads the secrets of a data directory. Makes the directory and the secrets if they are missing.
 * @throws {ConfigError} if that fails, or if the file has other content
 */
export function developmentSecrets(dataDirectory: string): DevelopmentSecrets {
  const path = join(dataDirectory, 'development-secrets.json');
  try {
    return readSecrets(path) ?? makeSecrets(dataDirectory, path);
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    const expected = 'a writable directory for databases, keys and secrets';
    throw new ConfigError([
      { severity: 'error', source: dataDirectory, expected, found: `one that fails with ${code}`, hint: 'see DATA_DIRECTORY' },
    ]);
  }
}

function makeSecrets(dataDirectory: string, path: string): DevelopmentSecrets {
  const makeSecret = (): string => randomBytes(32).toString('base64url');
  const secrets: DevelopmentSecrets = { cookieKeys: [makeSecret()], hmacKey: makeSecret() };
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  try {
    // Apps that start in parallel must use the same secrets. `link` is atomic and fails if the file exists.
    linkSync(draft, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  return readSecrets(path) ?? secrets;
}

function readSecrets(path: string): DevelopmentSecrets | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const { data } = secretsSchema.safeParse(parsed(text));
  if (data) return data;
  const hint = 'delete the file to get new secrets; everybody must sign in again';
  throw new ConfigError([
    { severity: 'error', source: path, expected: 'the secrets of development', found: 'something else (not shown)', hint },
  ]);
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
