// The counters of the rate limits.
import type { EpochMilliseconds } from '../../domain/account.ts';
import type { CounterStore } from '../storage.ts';
import type { Database } from './database.ts';

type Row = { points: number; expires_at: EpochMilliseconds };

const ADD = `
  INSERT INTO counters (key, points, expires_at) VALUES (?1, ?2, ?3)
  ON CONFLICT (key) DO UPDATE SET
    points     = CASE WHEN expires_at <= ?4 THEN excluded.points     ELSE points + excluded.points END,
    expires_at = CASE WHEN expires_at <= ?4 THEN excluded.expires_at ELSE expires_at END
  RETURNING points, expires_at`;

/** Creates the counter store. */
export function createCounterStore(database: Database, clock: () => EpochMilliseconds): CounterStore {
  return {
    async add(key, points, durationMs) {
      const now = clock();
      return database.write(() => {
        const row = database.get<Row>(ADD, key, points, now + durationMs, now);
        if (!row) throw new Error('an upsert must return its row');
        return { ...row };
      }, 'recreatable');
    },
    async get(key) {
      const row = database.get<Row>('SELECT points, expires_at FROM counters WHERE key = ? AND expires_at > ?', key, clock());
      return row && { ...row };
    },
    async remove(key) {
      await database.write(() => database.run('DELETE FROM counters WHERE key = ?', key), 'recreatable');
    },
  };
}
