// Mailed one-time codes. One conditional statement keeps each promise.
import type { EpochMilliseconds } from '../../domain/account.ts';
import { fromJson, toJson, type Json } from '../../json.ts';
import type { EmailCode, EmailCodeStore } from '../storage.ts';
import type { Database } from './database.ts';

type Row = { document: Json<EmailCode>; attempts: number };

const PUT = `
  INSERT INTO email_codes (id, code_hmac, attempts, expires_at, document) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET
    code_hmac = excluded.code_hmac, attempts = excluded.attempts, expires_at = excluded.expires_at, document = excluded.document
  WHERE email_codes.expires_at <= ? OR json_extract(email_codes.document, '$.sent_at') <= ?`;

const COUNT_ATTEMPT = `
  UPDATE email_codes SET attempts = attempts + 1 WHERE id = ? AND expires_at > ? AND attempts < ?
  RETURNING document, attempts`;

/** Creates the store of mailed codes. */
export function createEmailCodeStore(database: Database, clock: () => EpochMilliseconds): EmailCodeStore {
  return {
    async put(code) {
      const document = toJson(code);
      const { id, code_hmac, attempts, expires_at, sent_at } = code;
      const now = clock();
      await database.write(() => database.run(PUT, id, code_hmac, attempts, expires_at, document, now, sent_at));
    },
    async find(id) {
      return read(database.get<Row>('SELECT document, attempts FROM email_codes WHERE id = ? AND expires_at > ?', id, clock()));
    },
    async countAttempt(id, maxAttempts) {
      const now = clock();
      return database.write(() => read(database.get<Row>(COUNT_ATTEMPT, id, now, maxAttempts)));
    },
    async consume(id, codeHmac) {
      const now = clock();
      const consume = 'DELETE FROM email_codes WHERE id = ? AND code_hmac = ? AND expires_at > ?';
      return database.write(() => database.run(consume, id, codeHmac, now) === 1);
    },
  };
}

/** The column has the current number of attempts; the document has the initial one. */
function read(row: Row | undefined): EmailCode | undefined {
  return row && { ...fromJson(row.document), attempts: row.attempts };
}
