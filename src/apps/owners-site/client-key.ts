// The site's key at the common ID: proves who asks (private_key_jwt) and signs what it hands over. Made on first start.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';

export type ClientKey = {
  kid: string;
  privateKey: CryptoKey;
  /** For `/jwks.json`. */
  publicJwk: JWK;
};

const FILE = 'owners-site.es256.jwk.json';

/**
 * Reads the key, and makes it where there is none yet.
 * @throws where the file is there and is no private ES256 key
 */
export async function loadClientKey(directory: string): Promise<ClientKey> {
  const path = join(directory, FILE);
  mkdirSync(directory, { recursive: true });
  const made = await generateKeyPair('ES256', { extractable: true });
  try {
    // `wx`: of two processes that start together, one writes and both read the same key.
    writeFileSync(path, JSON.stringify(await exportJWK(made.privateKey)), { flag: 'wx', mode: 0o600 });
    chmodSync(path, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const { kty, crv, x, y, d } = JSON.parse(readFileSync(path, 'utf8')) as JWK;
  if (kty !== 'EC' || crv !== 'P-256' || !x || !y || !d) throw new Error(`${path} is no private ES256 key (EC, P-256)`);
  const publicKey = { kty, crv, x, y };
  const kid = await calculateJwkThumbprint(publicKey);
  return {
    kid,
    privateKey: (await importJWK({ ...publicKey, d }, 'ES256')) as CryptoKey,
    publicJwk: { ...publicKey, kid, use: 'sig', alg: 'ES256' },
  };
}
