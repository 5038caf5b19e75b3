// Notices to one user, marked when read.
import { fromJson, toJson, type Json } from '../../json.ts';
import type { AppDatabase } from '../open-app-database.ts';
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

type NoticeRow = {
  id: number;
  published_at: number;
  title: Json<LocalizedText>;
  body: Json<LocalizedText>;
  read_at: number | null;
};

/** Creates the store of notices. */
export function createNotices(database: AppDatabase, clock: () => number): Notices {
  const insert = database.prepare('INSERT INTO notices (user_id, published_at, title, body) VALUES (?, ?, ?, ?)');
  const select = database.prepare<NoticeRow>('SELECT * FROM notices WHERE user_id = ? ORDER BY published_at DESC, id DESC');
  const mark = database.prepare<NoticeRow>(
    'UPDATE notices SET read_at = coalesce(read_at, ?) WHERE id = ? AND user_id = ? RETURNING *',
  );

  function noticeOf(row: NoticeRow): Notice {
    return {
      id: row.id,
      published_at: row.published_at,
      title: fromJson(row.title),
      body: fromJson(row.body),
      ...(row.read_at === null ? {} : { read_at: row.read_at }),
    };
  }

  return {
    add(userId, { published_at, title, body }) {
      insert.run(userId, published_at, toJson(title), toJson(body));
    },
    listOf: (userId) => select.all(userId).map(noticeOf),
    read(userId, id) {
      const row = mark.get(clock(), id, userId);
      return row && noticeOf(row);
    },
  };
}
