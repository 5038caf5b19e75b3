// The received mails and SMS, in one SQLite file. The newest are kept.
import { openAppDatabase } from '../open-app-database.ts';

/** How many mails are kept; the oldest are deleted first. */
const KEPT_MESSAGES = 500;

/** A mail or an SMS as lists and pages show it. */
export type Message = {
  id: number;
  /** The recipients of the envelope, separated by a comma and a space. */
  to: string;
  from: string;
  subject: string;
  text: string;
  /** Empty if the mail has no HTML part. */
  html: string;
  /** ISO 8601. */
  received_at: string;
};

export type MessageStore = {
  add(message: Omit<Message, 'id'>, raw: Buffer): void;
  /** Adds an SMS, unless one with this id was added before. */
  addSms(id: string, sms: Pick<Message, 'to' | 'text' | 'received_at'>, raw: Buffer): void;
  /** Newest first; with `to`, only the mails to that address. */
  list(to?: string): Message[];
  find(id: number): Message | undefined;
  /** The mail exactly as received by SMTP. */
  findRaw(id: number): Buffer | undefined;
  close(): void;
};

const COLUMNS = 'id, recipients AS "to", sender AS "from", subject, text, html, received_at';

/** Opens the file, or creates it. */
export function openMessageStore(path: string): MessageStore {
  const database = openAppDatabase(path);
  database.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS messages (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      recipients TEXT NOT NULL,
      sender TEXT NOT NULL,
      subject TEXT NOT NULL,
      text TEXT NOT NULL,
      html TEXT NOT NULL,
      received_at TEXT NOT NULL,
      raw BLOB NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS sms (id TEXT PRIMARY KEY) STRICT;
  `);
  const insert = database.prepare(
    'INSERT INTO messages (recipients, sender, subject, text, html, received_at, raw) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const forgetOld = database.prepare('DELETE FROM messages WHERE id <= ?');
  const selectAll = database.prepare<Message>(`SELECT ${COLUMNS} FROM messages ORDER BY id DESC`);
  const selectTo = database.prepare<Message>(
    `SELECT ${COLUMNS} FROM messages WHERE instr(', ' || recipients || ', ', ', ' || ? || ', ') > 0 ORDER BY id DESC`,
  );
  const selectOne = database.prepare<Message>(`SELECT ${COLUMNS} FROM messages WHERE id = ?`);
  const selectRaw = database.prepare<{ raw: Uint8Array }>('SELECT raw FROM messages WHERE id = ?');
  const insertSms = database.prepare('INSERT OR IGNORE INTO sms (id) VALUES (?)');
  const add: MessageStore['add'] = ({ to, from, subject, text, html, received_at }, raw) => {
    const { lastInsertRowid } = insert.run(to, from, subject, text, html, received_at, raw);
    forgetOld.run(Number(lastInsertRowid) - KEPT_MESSAGES);
  };
  return {
    add,
    addSms(id, sms, raw) {
      if (Number(insertSms.run(id).changes) === 0) return;
      add({ ...sms, from: 'SMS', subject: 'SMS', html: '' }, raw);
    },
    list: (to) => (to === undefined ? selectAll.all() : selectTo.all(to)),
    find: (id) => selectOne.get(id),
    findRaw(id) {
      const row = selectRaw.get(id);
      return row && Buffer.from(row.raw);
    },
    close: () => database.close(),
  };
}
