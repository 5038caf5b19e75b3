// The key with which the demo clients prove to the common ID who they are (private_key_jwt, RFC 7523).
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';

const ALGORITHM = 'ES256';

export type ClientKey = {
  privateKey: CryptoKey;
  kid: string;
  /** What `/jwks.json` publishes. */
  publicJwk: JWK;
};

async function makeKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, alg: ALGORITHM, use: 'sig', kid: await calculateJwkThumbprint(jwk) };
}

/**
 * Reads the key, and makes it at the first start.
 * @throws where the directory cannot be written, or the file is no ES256 key
 */
export async function loadClientKey(directory: string): Promise<ClientKey> {
  const path = join(directory, 'client-key.json');
  if (!existsSync(path)) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const made = `${path}.${process.pid}`;
    writeFileSync(made, JSON.stringify(await makeKey()), { mode: 0o600 });
    try {
      // A link is there whole or not at all, and never replaces: of two processes that start together one's key counts.
      linkSync(made, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(made);
    }
  }
  const jwk = JSON.parse(readFileSync(path, 'utf8')) as JWK & { kid: string };
  const { d: _private, ...publicJwk } = jwk;
  return { privateKey: (await importJWK(jwk, ALGORITHM)) as CryptoKey, kid: jwk.kid, publicJwk };
}
