// The key a client app authenticates with at the common ID (private_key_jwt, RFC 7523) and signs its hand-over with.
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';

const ALGORITHM = 'ES256';

export type ClientKey = {
  privateKey: CryptoKey;
  kid: string;
  /** Published at `/jwks.json`. */
  publicJwk: JWK;
};

/**
 * Reads the key, or generates it on the first start.
 * @throws {Error} if the directory cannot be written, or the file does not hold an ES256 key
 */
export async function loadClientKey(directory: string): Promise<ClientKey> {
  const path = join(directory, 'client-key.json');
  if (!existsSync(path)) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
    const made = `${path}.${process.pid}`;
    writeFileSync(made, JSON.stringify(await exportJWK(privateKey)), { mode: 0o600 });
    try {
      // Creating a hard link is atomic and never overwrites, so two processes that start together end up with the same key.
      linkSync(made, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(made);
    }
  }
  const { kty, crv, x, y, d } = JSON.parse(readFileSync(path, 'utf8')) as JWK;
  if (kty !== 'EC' || crv !== 'P-256' || !x || !y || !d) throw new Error(`${path} is not a private ES256 key (EC, P-256)`);
  const publicKey = { kty, crv, x, y };
  const kid = await calculateJwkThumbprint(publicKey);
  return {
    kid,
    privateKey: (await importJWK({ ...publicKey, d }, ALGORITHM)) as CryptoKey,
    publicJwk: { ...publicKey, kid, use: 'sig', alg: ALGORITHM },
  };
}
