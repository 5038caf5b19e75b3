// The provider's own keys: ES256 and RS256 to sign, ECDH-ES to receive what clients encrypt to us.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, importJWK, SignJWT, type CryptoKey, type JWK } from 'jose';

type KeyUse = { alg: 'ES256' | 'RS256' | 'ECDH-ES+A256KW'; use: 'sig' | 'enc' };

const NEEDED: KeyUse[] = [
  { alg: 'ES256', use: 'sig' },
  { alg: 'RS256', use: 'sig' },
  { alg: 'ECDH-ES+A256KW', use: 'enc' },
];

export type Keys = {
  /** Private keys, newest first of each algorithm: the first of an algorithm signs, all verify and decrypt. */
  jwks: { keys: JWK[] };
  /** The private key that a JWE names in its header, if it is ours and for encryption. */
  decryptionKey(kid: string | undefined): Promise<CryptoKey | undefined>;
  /** Signs a JWT with the current ES256 key. `typ` keeps one kind of token from being taken for another (RFC 8725 3.11). */
  sign(typ: string, claims: Record<string, unknown>, lifetimeSeconds: number, now: number): Promise<string>;
};

/**
 * Reads the keys of a folder, one private JWK a file; makes those that are missing where `create` says so.
 * @throws where a key is missing and may not be made, or a file is no key
 */
export async function loadKeys(directory: string, create: boolean): Promise<Keys> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const keys = readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .reverse()
    .map((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')) as JWK);
  for (const needed of NEEDED) {
    if (keys.some((key) => key.alg === needed.alg)) continue;
    if (!create) throw new Error(`${directory}: there is no ${needed.alg} key; make the keys before the start`);
    keys.push(await createKey(directory, needed));
  }
  return keysOf(keys);
}

/** File names sort by time, so that the newest key is the first of its algorithm. */
async function createKey(directory: string, { alg, use }: KeyUse): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true, ...(alg === 'RS256' ? { modulusLength: 2048 } : {}) });
  const kid = `${new Date().toISOString().slice(0, 10)}-${crypto.randomUUID().slice(0, 8)}-${use}`;
  const key: JWK = { kid, use, alg, ...(await exportJWK(privateKey)) };
  writeFileSync(join(directory, `${kid}.json`), `${JSON.stringify(key, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return key;
}

function keysOf(keys: JWK[]): Keys {
  const signing = keys.find((key) => key.alg === 'ES256') as JWK;
  const signingKey = importJWK(signing);
  return {
    jwks: { keys },
    async decryptionKey(kid) {
      const found = keys.find((key) => key.use === 'enc' && key.kid === kid);
      return found ? ((await importJWK(found)) as CryptoKey) : undefined;
    },
    async sign(typ, claims, lifetimeSeconds, now) {
      const issuedAt = Math.floor(now / 1000);
      return new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', typ, kid: signing.kid as string })
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + lifetimeSeconds)
        .sign(await signingKey);
    },
  };
}
