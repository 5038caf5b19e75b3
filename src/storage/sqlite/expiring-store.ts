// The records of `EXPIRING_RECORDS`, in one table.
import type { EpochMilliseconds } from '../../domain/account.ts';
import { fromJson, toJson, type Json } from '../../json.ts';
import { VersionConflict } from '../storage.ts';
import type { ExpiringStore } from '../storage.ts';
import type { Database, Durability } from './database.ts';
import { nextVersion } from '../version.ts';

const WRITE_NEW = `
  INSERT INTO expiring_documents (kind, id, version, expires_at, document) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, expires_at = excluded.expires_at, document = excluded.document
  WHERE expires_at <= ?`;

const WRITE_NEXT = `
  UPDATE expiring_documents SET version = ?, expires_at = ?, document = ?
  WHERE kind = ? AND id = ? AND version = ? AND expires_at > ?`;

/** Creates the store of one kind. */
export function createExpiringStore<T extends { id: string; version: number; expires_at: EpochMilliseconds }>(
  database: Database,
  clock: () => EpochMilliseconds,
  { kind, durability }: { kind: string; durability: Durability },
): ExpiringStore<T> {
  return {
    async find(id) {
      const row = database.get<{ document: Json<T> }>(
        'SELECT document FROM expiring_documents WHERE kind = ? AND id = ? AND expires_at > ?',
        kind,
        id,
        clock(),
      );
      return row && fromJson(row.document);
    },
    async put(value) {
      const now = clock();
      const next = nextVersion(value);
      const { id, version, expires_at } = next;
      const document = toJson(next);
      return database.write(() => {
        const changes =
          value.version === 0
            ? database.run(WRITE_NEW, kind, id, version, expires_at, document, now)
            : database.run(WRITE_NEXT, version, expires_at, document, kind, id, value.version, now);
        if (changes === 0) throw new VersionConflict();
        return next;
      }, durability);
    },
    async listAfter(after, limit) {
      const rows = database.all<{ document: Json<T> }>(
        'SELECT document FROM expiring_documents WHERE kind = ? AND id > ? AND expires_at > ? ORDER BY id LIMIT ?',
        kind,
        after,
        clock(),
        limit,
      );
      return rows.map(({ document }) => fromJson(document));
    },
    async remove(id) {
      await database.write(() => database.run('DELETE FROM expiring_documents WHERE kind = ? AND id = ?', kind, id));
    },
  };
}
