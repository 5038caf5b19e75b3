// The provider's own keys at one moment, to sign, verify and decrypt.
import { importJWK, SignJWT, type CryptoKey, type JWK } from 'jose';
import type { EpochMilliseconds } from '../domain/account.ts';
import { type KeyFile, type KeyUse, keyStates, makeKeyFile, NEEDED_KEYS, readKeyFiles } from './key-files.ts';

export type Keys = {
  /** Private keys. The first of each algorithm signs; all of them verify and decrypt. */
  jwks: { keys: JWK[] };
  /** Returns the private key with the `kid` of a JWE's header; `undefined` if there is no such encryption key. */
  decryptionKey(kid: string | undefined): Promise<CryptoKey | undefined>;
  /** Signs a JWT with the current ES256 key. `typ` prevents confusion between kinds of tokens (RFC 8725 3.11). */
  sign(typ: string, claims: Record<string, unknown>, lifetimeSeconds: number, now: number): Promise<string>;
  /** When to read the keys again, because a new one starts to sign or an old one is no longer needed. */
  changeAt: EpochMilliseconds;
};

export type LoadKeysOptions = {
  directory: string;
  now: EpochMilliseconds;
  /** See `keepKeys`. */
  keepMs: (alg: KeyUse['alg']) => number;
};

/** Makes the missing keys of a folder. For development only: in production a missing key is a mistake of the operator. */
export async function makeMissingKeys(directory: string, now: EpochMilliseconds): Promise<void> {
  for (const needed of missingKeys(readKeyFiles(directory), now)) await makeKeyFile(directory, needed, now, true);
}

/**
 * Reads the keys of a folder.
 * @throws {Error} if a key is missing, or a file is not a key
 */
export function loadKeys({ directory, now, keepMs }: LoadKeysOptions): Keys {
  const files = readKeyFiles(directory);
  const [missing] = missingKeys(files, now);
  if (missing) throw new Error(`${directory}: there is no ${missing.alg} key; make the keys with: npm run admin -- keys rotate`);
  const states = keyStates(files, now, keepMs);
  const order = ['current', 'next', 'old'];
  const published = states.filter(({ state }) => state !== 'over');
  published.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  return keysOf(
    published.map(({ jwk }) => jwk),
    Math.min(...states.map(({ until }) => until ?? Infinity)),
  );
}

function missingKeys(files: readonly KeyFile[], now: EpochMilliseconds): KeyUse[] {
  return NEEDED_KEYS.filter(({ alg }) => !files.some((file) => file.alg === alg && file.signsFrom <= now));
}

function keysOf(keys: JWK[], changeAt: EpochMilliseconds): Keys {
  const signing = keys.find((key) => key.alg === 'ES256');
  if (signing?.kid === undefined) throw new Error('there is no ES256 key');
  const { kid: signingKid } = signing;
  const signingKey = importJWK(signing);
  return {
    jwks: { keys },
    changeAt,
    async decryptionKey(kid) {
      const found = keys.find((key) => key.use === 'enc' && key.kid === kid);
      const key = found && (await importJWK(found));
      return key instanceof Uint8Array ? undefined : key;
    },
    async sign(typ, claims, lifetimeSeconds, now) {
      const issuedAt = Math.floor(now / 1000);
      return new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', typ, kid: signingKid })
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + lifetimeSeconds)
        .sign(await signingKey);
    },
  };
}
