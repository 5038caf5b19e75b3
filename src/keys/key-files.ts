// The provider's own keys as files: one private JWK per file, with the time from which it signs.
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { EpochMilliseconds } from '../domain/account.ts';
import { CONSENT_RECEIPT_LIFETIME_SECONDS } from '../domain/dealer-link.ts';
import { propertyOf } from '../property-of.ts';

export type KeyUse = { alg: 'ES256' | 'RS256' | 'ECDH-ES+A256KW'; use: 'sig' | 'enc' };

/** ES256 and RS256 sign; ECDH-ES decrypts what clients send. */
export const NEEDED_KEYS: readonly KeyUse[] = [
  { alg: 'ES256', use: 'sig' },
  { alg: 'RS256', use: 'sig' },
  { alg: 'ECDH-ES+A256KW', use: 'enc' },
];

export type KeyFile = {
  path: string;
  kid: string;
  alg: string;
  use: string;
  /** The private key. */
  jwk: JWK;
  /** The time from which it signs, until a newer key does; 0 if the file has none. */
  signsFrom: EpochMilliseconds;
  /** Whether the program made it, on a first start in development. */
  development: boolean;
  /** Whether everybody on the machine can read it. */
  worldReadable: boolean;
};

export type KeyState = KeyFile & {
  /**
   * `next` is published and does not sign yet; `current` signs, or clients encrypt to it; `old` is published to verify earlier
   * signatures; `over` is no longer published.
   */
  state: 'next' | 'current' | 'old' | 'over';
  /** When the state ends, if that is known. */
  until?: EpochMilliseconds;
};

const READABLE_BY_EVERYBODY = 0o004;

/**
 * Reads all keys of a folder. A missing folder has none.
 * @throws {Error} if a file is not a key; the message has its name
 */
export function readKeyFiles(directory: string): KeyFile[] {
  return listFiles(directory).map((name) => readKeyFile(join(directory, name)));
}

function readKeyFile(path: string): KeyFile {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new Error(`${path}: expected a private JSON Web Key, found something else`);
  }
  if (!isNamedPrivateKey(content))
    throw new Error(`${path}: expected a private JSON Web Key with kid, alg and use, found something else`);
  const { signs_from: signsFrom, development = false, ...jwk } = content;
  const { kid, alg, use } = jwk;
  const from = signsFrom === undefined ? 0 : Date.parse(signsFrom);
  if (Number.isNaN(from)) throw new Error(`${path}: signs_from: expected a time, found '${String(signsFrom)}'`);
  const worldReadable = (statSync(path).mode & READABLE_BY_EVERYBODY) !== 0;
  return { path, kid, alg, use, jwk, signsFrom: from, development, worldReadable };
}

type NamedPrivateKey = JWK & { kid: string; alg: string; use: string; d: string; signs_from?: string; development?: boolean };

function isNamedPrivateKey(content: unknown): content is NamedPrivateKey {
  return ['kid', 'alg', 'use', 'd'].every((name) => typeof propertyOf(content, name) === 'string');
}

function listFiles(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((file) => file.endsWith('.json') && !file.startsWith('.'))
      .sort();
  } catch {
    return [];
  }
}

/** Makes a key and writes its file atomically. */
export async function makeKeyFile(
  directory: string,
  { alg, use }: KeyUse,
  signsFrom: EpochMilliseconds,
  development: boolean,
): Promise<KeyFile> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { privateKey } = await generateKeyPair(alg, { extractable: true, ...(alg === 'RS256' ? { modulusLength: 2048 } : {}) });
  const kid = `${new Date(signsFrom).toISOString().slice(0, 10)}-${crypto.randomUUID().slice(0, 8)}-${use}`;
  const content = {
    kid,
    use,
    alg,
    signs_from: new Date(signsFrom).toISOString(),
    ...(development && { development }),
    ...(await exportJWK(privateKey)),
  };
  const path = join(directory, `${kid}.json`);
  const draft = join(directory, `.${kid}`);
  writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  chmodSync(draft, 0o600);
  renameSync(draft, path);
  return readKeyFile(path);
}

/** Deletes the file of a key. */
export function removeKeyFile({ path }: Pick<KeyFile, 'path'>): void {
  rmSync(path);
}

/**
 * Returns the state of each key at a time. Per algorithm, the newest key whose time has come is current. Older keys stay
 * published until their last signatures have expired.
 * @param keepMs returns how long, in milliseconds, a key of an algorithm is needed after its last signature
 */
export function keyStates(files: readonly KeyFile[], now: EpochMilliseconds, keepMs: (alg: KeyUse['alg']) => number): KeyState[] {
  return NEEDED_KEYS.flatMap(({ alg }) => {
    const ofAlgorithm = files
      .filter((file) => file.alg === alg)
      .sort((a, b) => a.signsFrom - b.signsFrom || (a.path < b.path ? -1 : 1));
    return ofAlgorithm.map((file, index) => {
      const successor = ofAlgorithm[index + 1];
      if (file.signsFrom > now) return { ...file, state: 'next' as const, until: file.signsFrom };
      if (!successor) return { ...file, state: 'current' as const };
      if (successor.signsFrom > now) return { ...file, state: 'current' as const, until: successor.signsFrom };
      const until = successor.signsFrom + keepMs(alg);
      return until > now ? { ...file, state: 'old' as const, until } : { ...file, state: 'over' as const };
    });
  });
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Makes the function that returns how long, in milliseconds, a key is needed after its last signature. Tokens must verify until
 * they expire, and clients may go on encrypting to a cached key.
 * @param lifetimes in seconds
 */
export function keepKeys({ session, idToken }: { session: number; idToken: number }): (alg: KeyUse['alg']) => number {
  // An ID token is accepted as `id_token_hint` for the lifetime of its session.
  const idTokens = Math.max(session, idToken) * 1000;
  return (alg) => {
    if (alg === 'ES256') return Math.max(idTokens, CONSENT_RECEIPT_LIFETIME_SECONDS * 1000);
    return alg === 'RS256' ? idTokens : 30 * DAY_MS;
  };
}
