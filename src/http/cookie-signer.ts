// Signs cookies and verifies their signatures, with the interface of the `cookies` module's keys. The signatures equal those of keygrip,
// the module's default. Keygrip compares them through two more HMACs with a new key, which is ten times the work.
import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';

export type CookieSigner = {
  sign(data: string): string;
  verify(data: string, signature: string): boolean;
  /** Returns the index of the key that made the signature, or -1. */
  index(data: string, signature: string): number;
};

/**
 * Creates the signer.
 * @param keys the first one signs, all verify
 * @throws {Error} if there is no key
 */
export function createCookieSigner(keys: readonly string[]): CookieSigner {
  // Converted once: Node's conversion of a string key costs more than the HMAC.
  const secrets = keys.map((key) => createSecretKey(Buffer.from(key)));
  const [first] = secrets;
  if (!first) throw new Error('there is no key to sign cookies with');
  const index = (data: string, signature: string): number => secrets.findIndex((key) => isSame(signed(data, key), signature));
  return {
    sign: (data) => signed(data, first),
    verify: (data, signature) => index(data, signature) !== -1,
    index,
  };
}

function signed(data: string, key: KeyObject): string {
  return createHmac('sha1', key).update(data).digest('base64url');
}

function isSame(expected: string, given: string): boolean {
  const [right, sent] = [Buffer.from(expected), Buffer.from(given)];
  return right.length === sent.length && timingSafeEqual(right, sent);
}
