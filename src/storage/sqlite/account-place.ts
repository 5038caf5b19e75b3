// Where the row of an account stands: at the number that its address gives, so that a login goes down one tree.
import { hash } from 'node:crypto';

/**
 * A number from 0 to 2^48 - 1 that the canonical address gives. Two addresses may give the same one: the account that comes second
 * stands at any free place, and is found by its identifier. Never changed, because files count on it.
 */
export function placeOf(canonicalEmail: string): number {
  return hash('sha256', canonicalEmail, 'buffer').readUIntBE(0, 6);
}

/** With the place that its address gives, id, version and document. SQLite chooses a free place where that one is taken. */
export const INSERT_ACCOUNT = `
  INSERT INTO accounts (place, id, version, document)
  VALUES ((SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE place = ?1)), ?2, ?3, ?4)`;

/** With the place that its new address gives, and the id. The row stays where it is if that one is taken; its identifiers follow it. */
export const MOVE_ACCOUNT = `
  UPDATE accounts SET place = ?1 WHERE id = ?2 AND NOT EXISTS (SELECT 1 FROM accounts WHERE place = ?1)`;
