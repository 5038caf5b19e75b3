// Notices to one user, marked when read.
import type { DatabaseSync } from 'node:sqlite';
import type { LocalizedText } from './users.ts';

export type Notice = {
  id: number;
  published_at: number;
  title: LocalizedText;
  body: LocalizedText;
  read_at?: number;
};

export type Notices = {
  add(userId: string, notice: Pick<Notice, 'published_at' | 'title' | 'body'>): void;
  /** Newest first. */
  listOf(userId: string): Notice[];
  /** Returns the notice and marks it as read; undefined if it belongs to another user. */
  read(userId: string, id: number): Notice | undefined;
};

/** Creates the store of notices. */
export function createNotices(database: DatabaseSync, clock: () => number): Notices {
  const insert = database.prepare('INSERT INTO notices (user_id, published_at, title, body) VALUES (?, ?, ?, ?)');
  const select = database.prepare('SELECT * FROM notices WHERE user_id = ? ORDER BY published_at DESC, id DESC');
  const mark = database.prepare('UPDATE notices SET read_at = coalesce(read_at, ?) WHERE id = ? AND user_id = ? RETURNING *');

  function noticeOf(row: Record<string, unknown>): Notice {
    return {
      id: Number(row.id),
      published_at: Number(row.published_at),
      title: JSON.parse(String(row.title)) as LocalizedText,
      body: JSON.parse(String(row.body)) as LocalizedText,
      ...(row.read_at === null ? {} : { read_at: Number(row.read_at) }),
    };
  }

  return {
    add(userId, { published_at, title, body }) {
      insert.run(userId, published_at, JSON.stringify(title), JSON.stringify(body));
    },
    listOf: (userId) => select.all(userId).map(noticeOf),
    read(userId, id) {
      const row = mark.get(clock(), id, userId);
      return row && noticeOf(row);
    },
  };
}
