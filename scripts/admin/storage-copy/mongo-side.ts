// MongoDB as the source or the target of a copy.
import type { KeyObject } from 'node:crypto';
import mongoose, { trusted, type Connection, type Model } from 'mongoose';
import type { Account } from '../../../src/domain/account.ts';
import type { DealerLink } from '../../../src/domain/dealer-link.ts';
import type { Migration } from '../../../src/domain/migration.ts';
import { waitingSince, type LegacyUser } from '../../../src/domain/population.ts';
import { referencesOf } from '../../../src/storage/artifact-references.ts';
import { accountOf } from '../../../src/storage/migration-account.ts';
import { carriedKeys } from '../../../src/storage/mongo/account-identifiers.ts';
import { defineCollections, DURABLE, NEVER, type Collections } from '../../../src/storage/mongo/collections.ts';
import { connect } from '../../../src/storage/mongo/connect.ts';
import { createIndexes } from '../../../src/storage/mongo/indexes.ts';
import { settleLedger } from '../../../src/storage/mongo/settle-ledger.ts';
import { entryId, placeOfEntry } from '../../../src/storage/mongo/ledger-collections.ts';
import { TIMEOUTS } from '../../../src/storage/mongo/timeouts.ts';
import type { CollectionName, CopySide, Cursor, Rows } from './rows.ts';

type Document = Record<string, unknown> & { _id: string | number };

const MODELS = {
  artifacts: 'artifacts',
  accounts: 'accounts',
  expiring_documents: 'expiringDocuments',
  email_codes: 'emailCodes',
  dealer_links: 'dealerLinks',
  migrations: 'migrations',
  population: 'population',
  jobs: 'jobs',
  counters: 'counters',
  ledger_origin: 'ledgerOrigin',
  ledger: 'ledger',
  ledger_entries: 'ledgerEntries',
  ledger_anchors: 'ledgerAnchors',
} as const;

/** The collections whose order of creation matters; the others are ordered by `_id`. */
const ORDERED: readonly CollectionName[] = ['artifacts', 'dealer_links', 'migrations', 'jobs'];

type OpenMongoSide = {
  make: boolean;
  /** Called if events are not yet in the ledger. If omitted, they stay that way. */
  ledgerKey?: () => KeyObject | undefined;
};

/**
 * Opens the MongoDB database.
 * @throws {Error} if it does not answer, or is another program's database
 */
export async function openMongoSide(url: string, { make, ledgerKey }: OpenMongoSide): Promise<CopySide> {
  const connection = await connect(url, { ...TIMEOUTS, socket: 0 });
  const collections = defineCollections(connection);
  try {
    if (make) await createIndexes(collections);
    else await requireOurs(connection, collections);
    // Completes changes that a stopped process left unfinished.
    if (ledgerKey) await settleLedger(collections, ledgerKey);
  } catch (error) {
    await connection.close();
    throw error;
  }
  const modelOf = (name: CollectionName) => collections[MODELS[name]] as unknown as Model<Document>;
  /** Documents with version 0 are not accounts yet, or erased; see account-identifiers.ts and dealer-link-store.ts. */
  const all = (name: CollectionName) => (name === 'accounts' || name === 'dealer_links' ? { version: trusted({ $gte: 1 }) } : {});

  return {
    count: async (name) => modelOf(name).countDocuments(all(name)),
    async *read<Name extends CollectionName>(name: Name, after: Cursor | undefined) {
      const order = ORDERED.includes(name) ? 'made' : '_id';
      const behind = after === undefined ? {} : { [order]: trusted({ $gt: after }) };
      const found = modelOf(name)
        .find({ ...all(name), ...behind })
        .sort({ [order]: 1 })
        .allowDiskUse(true)
        .lean()
        .cursor({ batchSize: 1_000 });
      for await (const document of found as AsyncIterable<Document>) {
        yield { cursor: document[order] as Cursor, row: READERS[name](document as never) as Rows[Name] };
      }
    },
    async write(name, rows) {
      const documents = rows.map((row) => WRITERS[name](row as never));
      await insertNew(modelOf(name), documents);
      if (name === 'accounts') {
        const identifiers = documents.flatMap(({ _id, email_key, phone_key }) =>
          [email_key, phone_key].flatMap((key) =>
            key === null ? [] : [{ _id: key, account_id: _id, claim: mongoose.mongo.BSON.UUID.generate().toString() }],
          ),
        );
        await insertNew(collections.identifiers as unknown as Model<Document>, identifiers as unknown as Document[]);
      }
    },
    async close() {
      await connection.close();
    },
  };
}

/** For MongoDB a mistyped name is a valid empty database, or a database of another program. */
async function requireOurs(connection: Connection, collections: Collections): Promise<void> {
  const standing = new Set((await connection.listCollections()).map(({ name }) => name));
  if (Object.values(collections).some(({ collection }) => standing.has(collection.name))) return;
  throw new Error(`the database ${connection.name} of this MongoDB is not a database of the common ID`);
}

async function insertNew(model: Model<Document>, documents: Document[]): Promise<void> {
  try {
    await model.insertMany(documents, { ordered: false, lean: true, ...DURABLE });
  } catch (error) {
    // Existing rows were written before the copy was interrupted.
    const { writeErrors = [] } = error as { writeErrors?: { code: number }[] };
    if (writeErrors.length === 0 || writeErrors.some(({ code }) => code !== 11_000)) throw error;
  }
}

let copied = 0;
/** Returns ids that sort before all future ones, and in the order of the rows, also when a copy is continued. */
function madeBefore(): string {
  copied += 1;
  return `${Date.now().toString(16).padStart(12, '0')}-${copied.toString(16).padStart(24, '0')}`;
}

const time = (milliseconds: number | null) => (milliseconds === null ? NEVER : new Date(milliseconds));

const WRITERS: { [Name in CollectionName]: (row: Rows[Name]) => Document } = {
  artifacts: ({ model, id, payload, consumed_at, expires_at }) => ({
    _id: `${model}:${id}`,
    model,
    payload,
    ...referencesOf(model, JSON.parse(payload) as Record<string, unknown>),
    ...(consumed_at !== null && { consumed_at }),
    expires_at: time(expires_at),
    made: madeBefore(),
  }),
  accounts({ id, document }) {
    const account = JSON.parse(document) as Account;
    return { _id: id, version: account.version, ...carriedKeys(account), fence: 0, document, events: [] };
  },
  expiring_documents: ({ kind, id, version, expires_at, document }) => ({
    _id: `${kind}:${id}`,
    kind,
    version,
    document,
    expires_at: time(expires_at),
  }),
  email_codes: ({ id, expires_at, ...row }) => ({ _id: id, ...row, expires_at: time(expires_at) }),
  dealer_links({ document }) {
    const { id, version, account_id, dealer, status, updated_at } = JSON.parse(document) as DealerLink;
    const _id = JSON.stringify([account_id, dealer]);
    return { _id, id, version, account_id, status, updated_at, document, made: madeBefore(), events: [] };
  },
  migrations({ document }) {
    const migration = JSON.parse(document) as Migration;
    const { client_id, legacy_id, version, candidate } = migration;
    const account_id = accountOf(migration);
    const code_challenge = candidate?.code_challenge ?? null;
    const _id = JSON.stringify([client_id, legacy_id]);
    return { _id, version, client_id, account_id, code_challenge, document, made: madeBefore(), events: [] };
  },
  population({ document }) {
    const user = JSON.parse(document) as LegacyUser;
    return { _id: user.id, version: user.version, waiting_since: waitingSince(user) ?? null, document, deltas: [] };
  },
  jobs: ({ key, ...row }) => ({ _id: key, ...row, made: madeBefore() }),
  counters: ({ key, points, expires_at }) => ({ _id: key, points, expires_at: time(expires_at) }),
  ledger_origin: (row) => ({ _id: 1, ...row }),
  ledger: ({ sequence, ...row }) => ({ _id: sequence, event_id: `copied:${sequence}`, ...row }),
  ledger_entries: ({ partition, sequence, ...row }) => ({ _id: entryId(partition, sequence), ...row }),
  ledger_anchors: ({ sequence, document }) => ({ _id: sequence, document }),
};

type Stored = Document & { expires_at: Date };
const end = (date: Date): number | null => (date.getTime() === NEVER.getTime() ? null : date.getTime());

const READERS: { [Name in CollectionName]: (document: Stored & Record<keyof Rows[Name], never>) => object } = {
  artifacts: ({ _id, model, payload, consumed_at = null as never, expires_at }) => ({
    model,
    id: String(_id).slice(String(model).length + 1),
    payload,
    consumed_at,
    expires_at: end(expires_at),
  }),
  accounts: ({ _id, document }) => ({ id: _id, document }),
  expiring_documents: ({ _id, kind, version, expires_at, document }) => ({
    kind,
    id: String(_id).slice(String(kind).length + 1),
    version,
    expires_at: (expires_at as Date).getTime(),
    document,
  }),
  email_codes: ({ _id, code_hmac, attempts, expires_at, document }) => ({
    id: _id,
    code_hmac,
    attempts,
    expires_at: (expires_at as Date).getTime(),
    document,
  }),
  dealer_links: ({ document }) => ({ document }),
  migrations: ({ document }) => ({ document }),
  population: ({ document }) => ({ document }),
  jobs: ({ _id, kind, payload, state, attempts, run_at, created_at, last_error, lease }) => ({
    key: _id,
    kind,
    payload,
    state,
    attempts,
    run_at,
    created_at,
    last_error,
    lease,
  }),
  counters: ({ _id, points, expires_at }) => ({ key: _id, points, expires_at: (expires_at as Date).getTime() }),
  ledger_origin: ({ sequence, hash, finding }) => ({ sequence, hash, finding }),
  ledger: ({ _id, type, subject, data, at, previous_hash, hash }) => ({
    sequence: _id,
    type,
    subject,
    data,
    at,
    previous_hash,
    hash,
  }),
  ledger_entries: ({ _id, event_id, type, subject, data, at, key_id, previous_hash, hash }) => ({
    ...placeOfEntry(String(_id)),
    event_id,
    type,
    subject,
    data,
    at,
    key_id,
    previous_hash,
    hash,
  }),
  ledger_anchors: ({ _id, document }) => ({ sequence: _id, document }),
};
