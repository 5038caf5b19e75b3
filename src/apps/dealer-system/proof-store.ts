// Notes the DPoP proofs that were used, so that each is accepted once (RFC 9449, section 11.1).
import type { AppDatabase } from '../open-app-database.ts';

/**
 * Creates the store, and its table if it does not exist.
 * @returns notes a proof until a time in epoch milliseconds; `false` if it was noted before
 */
export function createProofStore(database: AppDatabase): (id: string, until: number) => boolean {
  database.exec('CREATE TABLE IF NOT EXISTS dpop_proofs (id TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT');
  const forget = database.prepare('DELETE FROM dpop_proofs WHERE until < ?');
  const note = database.prepare('INSERT OR IGNORE INTO dpop_proofs (id, until) VALUES (?, ?)');
  return function noteProof(id, until) {
    forget.run(Date.now());
    return Number(note.run(id, until).changes) === 1;
  };
}
