// The rows of each collection in a shape that is independent of the backend. Both sides use the same order: the order of
// creation where it matters, otherwise the order of ids.
import type { EpochMilliseconds } from '../../../src/domain/account.ts';
import type { ClosedLedgerEntry, Job, LedgerAnchor, LedgerEntry, LedgerOrigin } from '../../../src/storage/storage.ts';

/** Documents and payloads are kept as their stored JSON text. */
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
  /** Their counts are not copied: they are counted anew. */
  population: { document: string };
  jobs: Omit<Job, 'payload' | 'last_error' | 'lease'> & { payload: string; last_error: string | null; lease: string | null };
  counters: { key: string; points: number; expires_at: EpochMilliseconds };
  ledger_origin: LedgerOrigin;
  /** The ledger of earlier versions. */
  ledger: Omit<ClosedLedgerEntry, 'data'> & { data: string };
  ledger_entries: Omit<LedgerEntry, 'data'> & { data: string };
  ledger_anchors: LedgerAnchor;
};

export type CollectionName = keyof Rows;

/** The ledger comes last, after the records that its events describe. Its origin comes first, because it closes the entries after it. */
export const COLLECTIONS: readonly CollectionName[] = [
  'artifacts',
  'accounts',
  'expiring_documents',
  'email_codes',
  'dealer_links',
  'migrations',
  'population',
  'jobs',
  'counters',
  'ledger_origin',
  'ledger',
  'ledger_entries',
  'ledger_anchors',
];

/** The position of a row in the source. Reading continues after it. */
export type Cursor = string | number;

export type CopySide = {
  count(name: CollectionName): Promise<number>;
  read<Name extends CollectionName>(name: Name, after: Cursor | undefined): AsyncIterable<{ cursor: Cursor; row: Rows[Name] }>;
  /** Appends rows and skips existing ones. They are durable when the promise resolves. */
  write<Name extends CollectionName>(name: Name, rows: Rows[Name][]): Promise<void>;
  close(): Promise<void>;
};
