// The keys of a client app: one to authenticate with at the common ID (private_key_jwt, RFC 7523) and to sign its hand-over, and one that its
// access tokens are bound to (DPoP, RFC 9449).
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isNativeError } from 'node:util/types';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';
import { z } from 'zod';

const ALGORITHM = 'ES256';

/** RFC 7518 section 6.2, with `d`. */
const privateJwk = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string().min(1),
  y: z.string().min(1),
  d: z.string().min(1),
});

export type ClientKey = {
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  kid: string;
  /** Published at `/jwks.json`. */
  publicJwk: JWK;
};

/**
 * Reads a key, or generates it on the first start.
 * @param file the name of its file in the directory
 * @throws {Error} if the directory cannot be written, or the file does not hold an ES256 key
 */
export async function loadClientKey(directory: string, file = 'client-key.json'): Promise<ClientKey> {
  const path = join(directory, file);
  if (!existsSync(path)) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
    const made = `${path}.${process.pid}`;
    writeFileSync(made, JSON.stringify(await exportJWK(privateKey)), { mode: 0o600 });
    try {
      // Creating a hard link is atomic and never overwrites, so two processes that start together end up with the same key.
      linkSync(made, path);
    } catch (error) {
      if (!(isNativeError(error) && 'code' in error && error.code === 'EEXIST')) throw error;
    } finally {
      rmSync(made);
    }
  }
  const read = privateJwk.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!read.success) throw new Error(`${path} is not a private ES256 key (EC, P-256)`);
  const { d, ...publicKey } = read.data;
  const kid = await calculateJwkThumbprint(publicKey);
  return {
    kid,
    privateKey: await importJWK({ ...publicKey, d }, ALGORITHM),
    publicKey: await importJWK(publicKey, ALGORITHM, { extractable: true }),
    publicJwk: { ...publicKey, kid, use: 'sig', alg: ALGORITHM },
  };
}
