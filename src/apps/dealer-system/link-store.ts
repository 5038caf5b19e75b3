// The customer links that dealers have accepted, and the answer given to each Idempotency-Key.
import { fromJson, toJson, type Json } from '../../json.ts';
import type { AppDatabase } from '../open-app-database.ts';
import type { LinkBody, LinkedCustomer, LinkedVehicle } from './link-body.ts';

/** How long an answer is remembered. The common ID gives up a delivery long before this. */
const ANSWER_LIFETIME_MS = 90 * 24 * 60 * 60 * 1000;

export type CustomerLink = {
  dealer: string;
  link_id: string;
  status: 'active' | 'withdrawn';
  /** Removed when the link is withdrawn. */
  customer: LinkedCustomer | undefined;
  customer_number: string | undefined;
  vehicles: LinkedVehicle[];
  /** ISO 8601. */
  linked_at: string;
};

/** A request to accept a link. Its token and receipt have been verified. */
export type Acceptance = {
  dealer: string;
  linkId: string;
  idempotencyKey: string;
  /** The same for two requests with the same content. */
  fingerprint: string;
  body: LinkBody;
  /** Milliseconds since 1970. */
  now: number;
};

export type LinkStore = {
  /**
   * Accepts a link. The same key and fingerprint always get the first answer, also across processes. A new key changes an
   * existing link. The status is 201 for a new link and 200 for a changed one; `key_reused` means that the key was used for
   * a different request.
   */
  accept(acceptance: Acceptance): { status: 200 | 201; link: LinkAnswer } | 'key_reused';
  /** Ends a link and deletes the customer's data. Returns undefined if there is no link. Idempotent. */
  withdraw(dealer: string, linkId: string): CustomerLink | undefined;
  find(dealer: string, linkId: string): CustomerLink | undefined;
  /** Newest first. */
  list(dealer: string): CustomerLink[];
};

export type LinkAnswer = { link_id: string; status: 'active'; linked_at: string };

type LinkRow = {
  dealer: string;
  link_id: string;
  status: 'active' | 'withdrawn';
  customer: Json<LinkedCustomer> | null;
  customer_number: string | null;
  vehicles: Json<LinkedVehicle[]>;
  linked_at: string;
};

type AnswerRow = { fingerprint: string; status: 200 | 201; answer: Json<LinkAnswer> };

function fromRow(row: LinkRow): CustomerLink {
  return {
    dealer: row.dealer,
    link_id: row.link_id,
    status: row.status,
    customer: row.customer === null ? undefined : fromJson(row.customer),
    customer_number: row.customer_number ?? undefined,
    vehicles: fromJson(row.vehicles),
    linked_at: row.linked_at,
  };
}

/** Creates the store, and its tables if they do not exist. */
export function createLinkStore(database: AppDatabase): LinkStore {
  database.exec(`
    CREATE TABLE IF NOT EXISTS links (
      dealer TEXT NOT NULL,
      link_id TEXT NOT NULL,
      status TEXT NOT NULL,
      customer TEXT,
      customer_number TEXT,
      vehicles TEXT NOT NULL,
      consent_receipt TEXT NOT NULL,
      linked_at TEXT NOT NULL,
      PRIMARY KEY (dealer, link_id)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS answers (
      dealer TEXT NOT NULL,
      idempotency_key TEXT NOT NULL,
      fingerprint TEXT NOT NULL,
      status INTEGER NOT NULL,
      answer TEXT NOT NULL,
      answered_at INTEGER NOT NULL,
      PRIMARY KEY (dealer, idempotency_key)
    ) STRICT;
  `);
  const selectAnswer = database.prepare<AnswerRow>(
    'SELECT fingerprint, status, answer FROM answers WHERE dealer = ? AND idempotency_key = ?',
  );
  const insertAnswer = database.prepare('INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?)');
  const forgetAnswers = database.prepare('DELETE FROM answers WHERE answered_at < ?');
  const selectLink = database.prepare<LinkRow>('SELECT * FROM links WHERE dealer = ? AND link_id = ?');
  const selectLinks = database.prepare<LinkRow>('SELECT * FROM links WHERE dealer = ? ORDER BY linked_at DESC, link_id');
  const putLink = database.prepare(`INSERT OR REPLACE INTO links
    (dealer, link_id, status, customer, customer_number, vehicles, consent_receipt, linked_at) VALUES (?, ?, 'active', ?, ?, ?, ?, ?)`);
  const endLink = database.prepare(
    `UPDATE links SET status = 'withdrawn', customer = NULL, customer_number = NULL, vehicles = '[]' WHERE dealer = ? AND link_id = ?`,
  );

  function find(dealer: string, linkId: string): CustomerLink | undefined {
    const row = selectLink.get(dealer, linkId);
    return row && fromRow(row);
  }

  function acceptInTransaction(acceptance: Acceptance): ReturnType<LinkStore['accept']> {
    const { dealer, linkId, idempotencyKey, fingerprint, body, now } = acceptance;
    const answered = selectAnswer.get(dealer, idempotencyKey);
    if (answered) {
      if (answered.fingerprint !== fingerprint) return 'key_reused';
      return { status: answered.status, link: fromJson(answered.answer) };
    }
    const standing = find(dealer, linkId);
    const linkedAt = standing?.status === 'active' ? standing.linked_at : new Date(now).toISOString();
    putLink.run(
      dealer,
      linkId,
      toJson(body.customer),
      body.customer_number ?? null,
      toJson(body.vehicles ?? []),
      body.consent_receipt,
      linkedAt,
    );
    const status = standing ? 200 : 201;
    const link: LinkAnswer = { link_id: linkId, status: 'active', linked_at: linkedAt };
    insertAnswer.run(dealer, idempotencyKey, fingerprint, status, toJson(link), now);
    forgetAnswers.run(now - ANSWER_LIFETIME_MS);
    return { status, link };
  }

  return {
    find,
    list: (dealer) => selectLinks.all(dealer).map(fromRow),
    accept(acceptance) {
      // IMMEDIATE takes the write lock before reading, so only one of two processes finds no earlier answer.
      database.exec('BEGIN IMMEDIATE');
      try {
        const result = acceptInTransaction(acceptance);
        database.exec('COMMIT');
        return result;
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
    withdraw(dealer, linkId) {
      endLink.run(dealer, linkId);
      return find(dealer, linkId);
    },
  };
}
