// The collections: their schemas, indexes and write concerns.
//
// Documents are stored as the JSON text of the port's values, so that they are returned deep-equal even if their keys have dots or dollars.
// Next to the text are the fields that a query or a promise needs. Everything unique is an `_id`, because other unique indexes do not work
// on a sharded cluster. Every write names the `_id`, so each collection may be sharded by its hash.
import { Schema } from 'mongoose';
import type { Connection } from 'mongoose';
import type { Account } from '../../domain/account.ts';
import type { DealerLink } from '../../domain/dealer-link.ts';
import type { Migration } from '../../domain/migration.ts';
import type { LegacyUserStep } from '../../domain/population.ts';
import type { Json } from '../../json.ts';
import type { EmailCode, Job, LedgerEvent } from '../storage.ts';
import { defineLedgerCollections, type Index } from './ledger-collections.ts';
import { definePopulationCollections } from './population-collections.ts';

/** `DURABLE`: on the disks of a majority. `RECREATABLE` (records that another login recreates): in the memory of the primary. */
export const DURABLE = { writeConcern: { w: 'majority', j: true } } as const;
/** For `insertMany`, which accepts a write concern although its type does not have one. */
export const DURABLE_INSERT = { ordered: true, ...DURABLE } as const;
export const RECREATABLE = { writeConcern: { w: 1, j: false } } as const;

/** For records that never expire: a distant end keeps every query for unexpired records simple. */
export const NEVER = new Date('9999-12-31T00:00:00Z');

/** An event that waits in the changed document until it is in the ledger. */
export type PendingEvent = Omit<LedgerEvent, 'data' | 'step'> & {
  event_id: string;
  data: Json<LedgerEvent['data']>;
  step?: Json<LegacyUserStep>;
  /** The identifiers that the change frees. */
  releases?: { key: string; claim: string }[];
};

export type ArtifactDocument = {
  _id: string;
  model: string;
  payload: Json<Record<string, unknown>>;
  uid: string | null;
  grant_id: string | null;
  account_id: string | null;
  /** Seconds since 1970; absent until it is consumed. */
  consumed_at?: number;
  expires_at: Date;
  made: string;
};
export type AccountDocument = {
  _id: string;
  /** 0: no account; the document only bars an unfinished write, see `account-identifiers.ts`. */
  version: number;
  /** The identifiers that the account has. */
  email_key: string;
  phone_key?: string | null;
  /** Incremented by a call that takes an identifier from an unfinished update; see `account-identifiers.ts`. */
  fence: number;
  document: Json<Account>;
  events: PendingEvent[];
  expires_at?: Date;
};
export type IdentifierDocument = {
  _id: string;
  account_id: string;
  /** The id of the claim, new with every claim. */
  claim: string;
  /** When it was claimed; absent once the account has it. */
  unsettled_at?: Date;
};
/** The kind says which value the document is. */
export type ExpiringDocument<Value = unknown> = {
  _id: string;
  kind: string;
  version: number;
  document: Json<Value>;
  expires_at: Date;
};
export type EmailCodeDocument = { _id: string; code_hmac: string; attempts: number; document: Json<EmailCode>; expires_at: Date };
export type DealerLinkDocument = {
  _id: string;
  id: string;
  version: number;
  account_id: string;
  status: string;
  updated_at: number;
  document: Json<DealerLink>;
  made: string;
  events: PendingEvent[];
};
export type MigrationDocument = {
  _id: string;
  version: number;
  client_id: string;
  /** See `accountOf`. */
  account_id: string | null;
  code_challenge: string | null;
  document: Json<Migration>;
  made: string;
  events: PendingEvent[];
};
export type JobDocument = Omit<Job, 'key' | 'payload' | 'last_error' | 'lease'> & {
  _id: string;
  payload: string;
  last_error: string | null;
  lease: string | null;
  made: string;
};
export type CounterDocument = { _id: string; points: number; expires_at: Date };
export type HeartbeatDocument = { _id: number; at: number };

const text = { type: String, required: true };
/** Mongoose refuses empty texts in required fields. JSON is never empty, but ids may be. */
const anyText = { type: String };
const number = { type: Number, required: true };
const date = { type: Date, required: true };
const optionalText = { type: String, default: null };
const events = {
  type: [
    new Schema(
      {
        event_id: text,
        type: text,
        subject: anyText,
        data: text,
        at: number,
        step: { type: String, default: undefined },
        releases: { type: [new Schema({ key: text, claim: text }, { _id: false })], default: undefined },
      },
      { _id: false },
    ),
  ],
  default: [],
};

/**
 * The server removes documents an hour after they expire; the sweep is faster. The hour allows for differing clocks, because only our
 * clock decides whether a record has expired.
 */
const EXPIRY: Index = [{ expires_at: 1 }, { name: 'by_expiry', expireAfterSeconds: 3_600 }];
const PENDING_EVENTS: Index = [
  { 'events.event_id': 1 },
  { name: 'by_pending_event', partialFilterExpression: { 'events.event_id': { $gt: '' } } },
];

/** Returns an index of the documents in which `field` is a string. */
function where(name: string, field: string, ...others: string[]): Index {
  const definition = Object.fromEntries([field, ...others].map((key) => [key, 1 as const]));
  return [definition, { name, partialFilterExpression: { [field]: { $gt: '' } } }];
}

/** Defines the models on a connection; mongoose registers them under the names of their collections. */
export function defineCollections(connection: Connection) {
  const define = <T>(name: string, fields: Record<keyof T & string, object>, indexes: Index[]) => {
    const schema = new Schema<T>(fields, {
      // A schema created by another mongoose instance does not inherit the connection's settings.
      strict: 'throw',
      strictQuery: 'throw',
      versionKey: false,
      id: false,
      minimize: false,
      // No generated `_id`, because ours are the unique keys.
      _id: false,
    });
    for (const [definition, options] of indexes) schema.index(definition, options);
    return connection.model<T>(name, schema, name);
  };
  return {
    artifacts: define<ArtifactDocument>(
      'artifacts',
      {
        _id: text,
        model: text,
        payload: text,
        uid: optionalText,
        grant_id: optionalText,
        account_id: optionalText,
        consumed_at: { type: Number },
        expires_at: date,
        made: text,
      },
      [
        where('by_uid', 'uid', 'model'),
        where('by_grant', 'grant_id', 'model'),
        where('by_account', 'account_id', 'model', 'made'),
        EXPIRY,
      ],
    ),
    accounts: define<AccountDocument>(
      'accounts',
      {
        _id: text,
        version: number,
        email_key: anyText,
        phone_key: optionalText,
        fence: number,
        document: anyText,
        events,
        expires_at: { type: Date },
      },
      [PENDING_EVENTS, EXPIRY],
    ),
    identifiers: define<IdentifierDocument>(
      'identifiers',
      { _id: text, account_id: text, claim: text, unsettled_at: { type: Date } },
      [[{ unsettled_at: 1 }, { name: 'by_unsettled', sparse: true }]],
    ),
    expiringDocuments: define<ExpiringDocument>(
      'expiring_documents',
      { _id: text, kind: text, version: number, document: text, expires_at: date },
      [EXPIRY],
    ),
    emailCodes: define<EmailCodeDocument>(
      'email_codes',
      { _id: text, code_hmac: text, attempts: number, document: text, expires_at: date },
      [EXPIRY],
    ),
    dealerLinks: define<DealerLinkDocument>(
      'dealer_links',
      {
        _id: text,
        id: text,
        version: number,
        account_id: text,
        status: text,
        updated_at: number,
        document: text,
        made: text,
        events,
      },
      [
        [{ id: 1 }, { name: 'by_link_id' }],
        [{ account_id: 1, made: 1 }, { name: 'by_account' }],
        [{ status: 1, updated_at: 1 }, { name: 'by_status' }],
        PENDING_EVENTS,
      ],
    ),
    migrations: define<MigrationDocument>(
      'migrations',
      {
        _id: text,
        version: number,
        client_id: text,
        account_id: optionalText,
        code_challenge: optionalText,
        document: text,
        made: text,
        events,
      },
      [where('by_account', 'account_id', 'made'), where('by_challenge', 'code_challenge', 'client_id'), PENDING_EVENTS],
    ),
    jobs: define<JobDocument>(
      'jobs',
      {
        _id: text,
        kind: text,
        payload: text,
        state: text,
        attempts: number,
        run_at: number,
        created_at: number,
        last_error: optionalText,
        lease: optionalText,
        made: text,
      },
      [
        [{ state: 1, run_at: 1, made: 1 }, { name: 'by_state_and_time' }],
        [{ state: 1, kind: 1, run_at: 1, made: 1 }, { name: 'by_kind_and_time' }],
      ],
    ),
    counters: define<CounterDocument>('counters', { _id: text, points: number, expires_at: date }, [EXPIRY]),
    ...definePopulationCollections(define),
    ...defineLedgerCollections(define),
    heartbeat: define<HeartbeatDocument>('heartbeat', { _id: number, at: number }, []),
  };
}

export type Collections = ReturnType<typeof defineCollections>;
