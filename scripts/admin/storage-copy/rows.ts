// What is copied: the rows of each collection in a shape that no backend owns, in an order that both sides share – that in which they
// were made, where it matters, or that of their ids.
import type { EpochMilliseconds } from '../../../src/domain/account.ts';
import type { ClosedLedgerEntry, Job, LedgerAnchor, LedgerEntry, LedgerOrigin } from '../../../src/storage/storage.ts';

/** Documents and payloads stay the JSON text that they are stored as. */
export type Rows = {
  artifacts: {
    model: string;
    id: string;
    payload: string;
    consumed_at: number | null;
    expires_at: EpochMilliseconds | null;
  };
  accounts: { id: string; document: string };
  expiring_documents: { kind: string; id: string; version: number; expires_at: EpochMilliseconds; document: string };
  email_codes: { id: string; code_hmac: string; attempts: number; expires_at: EpochMilliseconds; document: string };
  dealer_links: { document: string };
  migrations: { document: string };
  jobs: Omit<Job, 'payload' | 'last_error' | 'lease'> & { payload: string; last_error: string | null; lease: string | null };
  counters: { key: string; points: number; expires_at: EpochMilliseconds };
  ledger_origin: LedgerOrigin;
  /** That of earlier versions. */
  ledger: Omit<ClosedLedgerEntry, 'data'> & { data: string };
  ledger_entries: Omit<LedgerEntry, 'data'> & { data: string };
  ledger_anchors: LedgerAnchor;
};

export type CollectionName = keyof Rows;

/** The ledger last: what it tells of stands before it does. Its origin first, because it closes what comes behind it. */
export const COLLECTIONS: readonly CollectionName[] = [
  'artifacts',
  'accounts',
  'expiring_documents',
  'email_codes',
  'dealer_links',
  'migrations',
  'jobs',
  'counters',
  'ledger_origin',
  'ledger',
  'ledger_entries',
  'ledger_anchors',
];

/** Where a row stands in the source; reading goes on behind it. */
export type Cursor = string | number;

export type CopySide = {
  count(name: CollectionName): Promise<number>;
  read<Name extends CollectionName>(name: Name, after: Cursor | undefined): AsyncIterable<{ cursor: Cursor; row: Rows[Name] }>;
  /** Writes rows behind those that stand; what stands already is left alone. Durable when it answers. */
  write<Name extends CollectionName>(name: Name, rows: Rows[Name][]): Promise<void>;
  close(): Promise<void>;
};
