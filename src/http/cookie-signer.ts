// Signs cookies and checks their signatures, as the `cookies` module asks of its keys. The signatures are those of keygrip, which is what
// the module takes by itself; keygrip hides the comparison in two more HMACs with a key made for it, ten times the work.
import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';

export type CookieSigner = {
  sign(data: string): string;
  verify(data: string, signature: string): boolean;
  /** Which key made the signature; -1 where none did. */
  index(data: string, signature: string): number;
};

/** @param keys the first signs, all verify */
export function createCookieSigner(keys: readonly string[]): CookieSigner {
  // Read once: what is done to a key each time it is named by its text costs more than the HMAC.
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
