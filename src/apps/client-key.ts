// The key with which a client app proves to the common ID who it is (private_key_jwt, RFC 7523), and signs what it hands over.
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

/**
 * Reads the key, and makes it at the first start.
 * @throws where the directory cannot be written, or the file is no ES256 key
 */
export async function loadClientKey(directory: string): Promise<ClientKey> {
  const path = join(directory, 'client-key.json');
  if (!existsSync(path)) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
    const made = `${path}.${process.pid}`;
    writeFileSync(made, JSON.stringify(await exportJWK(privateKey)), { mode: 0o600 });
    try {
      // A link is there whole or not at all, and never replaces: of two processes that start together one's key counts.
      linkSync(made, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(made);
    }
  }
  const { kty, crv, x, y, d } = JSON.parse(readFileSync(path, 'utf8')) as JWK;
  if (kty !== 'EC' || crv !== 'P-256' || !x || !y || !d) throw new Error(`${path} is no private ES256 key (EC, P-256)`);
  const publicKey = { kty, crv, x, y };
  const kid = await calculateJwkThumbprint(publicKey);
  return {
    kid,
    privateKey: (await importJWK({ ...publicKey, d }, ALGORITHM)) as CryptoKey,
    publicJwk: { ...publicKey, kid, use: 'sig', alg: ALGORITHM },
  };
}
