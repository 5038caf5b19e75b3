// The rowid of an account is derived from its address, so that a login reads one tree.
import { hash } from 'node:crypto';

/**
 * Returns a number from 0 to 2^48 - 1 for a canonical address. If two addresses have the same number, the second account gets any free
 * place and is found by its identifier. Never change this function, because existing files depend on it.
 */
export function placeOf(canonicalEmail: string): number {
  return hash('sha256', canonicalEmail, 'buffer').readUIntBE(0, 6);
}

/** Parameters: the place from the address, id, version and document. SQLite chooses a free place if that one is taken. */
export const INSERT_ACCOUNT = `
  INSERT INTO accounts (place, id, version, document)
  VALUES ((SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE place = ?1)), ?2, ?3, ?4)`;

/** Parameters: the place from the new address, and the id. If that place is taken, the row stays. Its identifiers follow it. */
export const MOVE_ACCOUNT = `
  UPDATE accounts SET place = ?1 WHERE id = ?2 AND NOT EXISTS (SELECT 1 FROM accounts WHERE place = ?1)`;
