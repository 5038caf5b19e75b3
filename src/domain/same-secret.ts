import { timingSafeEqual } from 'node:crypto';

/** Compares two hashes or HMACs, as texts, in constant time. */
export function sameSecret(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
