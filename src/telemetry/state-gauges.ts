// Gauges: what there is to do at this moment, in this process and in the database that all processes share.
import type { Registry } from 'prom-client';
import type { ProcessStatus } from './process-status.ts';

/** The state of the database. Every process of an installation finds the same. */
export type DatabaseState = {
  jobs: { kind: string; state: string; jobs: number }[];
  /** How long the job of a kind has been due that waits longest; 0 if none is. */
  overdue: { kind: string; seconds: number }[];
  /** How many sessions, tokens and other artifacts are stored, by kind. */
  stored: { kind: string; count: number }[];
};

/** The state of this process's connection; see `StorageLoad` of the port. */
export type ConnectionState = { waiting: number; fileBytes?: number; logBytes?: number };

export type StateSources = {
  database(): Promise<DatabaseState>;
  connection(): Promise<ConnectionState>;
  /** The dealers of the configuration, and whether this process calls their systems now. */
  dealers(): { code: string; isCalled: boolean }[];
};

/** A scrape more often than this gets the same numbers, so that scrapes do not load the database. */
const DATABASE_EVERY_MS = 10_000;
/** A slower database is left out of this scrape, which must be answered in time. */
const DATABASE_WITHIN_MS = 500;

type Point = { labels?: Record<string, string>; value: number };
/** How processes of one machine are combined: a sum, or for what they share the highest. */
type Shared = 'sum' | 'max' | 'min';

/** Adds the gauges to the registry. */
export async function addStateGauges(registry: Registry, status: ProcessStatus, sources: StateSources): Promise<void> {
  const { Gauge } = await import('prom-client');
  const database = keepFor(DATABASE_EVERY_MS, async () => sources.database());
  const add = (name: string, help: string, labels: string[], aggregator: Shared, read: () => Promise<Point[]> | Point[]): void =>
    void new Gauge({
      name: `common_id_${name}`,
      help,
      labelNames: labels,
      aggregator,
      registers: [registry],
      async collect() {
        const points = await read();
        this.reset();
        // Without labels, `reset` leaves a 0, which would be wrong for what could not be read.
        if (points.length === 0 && labels.length === 0) this.remove();
        for (const { labels: values = {}, value } of points) this.set(values, value);
      },
    });
  const inDatabase = (read: (state: DatabaseState) => Point[]) => async () => {
    const state = await database();
    return state ? read(state) : [];
  };
  add(
    'jobs',
    'Jobs in the database, by kind and state; at most a thousand of a state are counted.',
    ['kind', 'state'],
    'max',
    inDatabase(({ jobs }) => jobs.map(({ jobs: value, ...labels }) => ({ labels, value }))),
  );
  add(
    'jobs_overdue_seconds',
    'How long the oldest due job of a kind has waited since its time; 0 if none waits.',
    ['kind'],
    'max',
    inDatabase(({ overdue }) => overdue.map(({ kind, seconds: value }) => ({ labels: { kind }, value }))),
  );
  add(
    'stored_artifacts',
    'Sessions, grants and tokens in the database, by kind; above a thousand an estimate.',
    ['kind'],
    'max',
    inDatabase(({ stored }) => stored.map(({ kind, count: value }) => ({ labels: { kind }, value }))),
  );

  const connection = async (pick: (state: ConnectionState) => number | undefined): Promise<Point[]> => {
    const value = pick(await sources.connection());
    return value === undefined ? [] : [{ value }];
  };
  add(
    'storage_waiting',
    'Calls that wait for the database; with SQLite, writes that wait for their transaction.',
    [],
    'sum',
    async () => connection(({ waiting }) => waiting),
  );
  add('sqlite_file_bytes', 'Size of the SQLite file.', [], 'max', async () => connection(({ fileBytes }) => fileBytes));
  add(
    'sqlite_log_bytes',
    'Size of the write-ahead log of SQLite. It keeps the largest size that it needed.',
    [],
    'max',
    async () => connection(({ logBytes }) => logBytes),
  );

  const { hashLane } = status;
  add('password_hashes', 'Password hashes that run and that wait in the lane.', ['state'], 'sum', () => [
    { labels: { state: 'running' }, value: hashLane.running },
    { labels: { state: 'waiting' }, value: hashLane.waiting },
  ]);
  add('password_hash_places', 'How many password hashes may wait.', [], 'sum', () => [{ value: hashLane.places }]);
  add(
    'dealer_up',
    '1 if the dealer is called; 0 after many failures in a row, until a try half a minute later succeeds.',
    ['dealer'],
    'min',
    () => sources.dealers().map(({ code, isCalled }) => ({ labels: { dealer: code }, value: isCalled ? 1 : 0 })),
  );
}

/** Returns a function that reads again if the last reading is older than this; `undefined` if it fails or takes too long. */
function keepFor<T>(milliseconds: number, read: () => Promise<T>): () => Promise<T | undefined> {
  let last: { at: number; value: Promise<T | undefined> } | undefined;
  return async () => {
    if (!last || performance.now() - last.at > milliseconds) {
      const reading = { at: performance.now(), value: read().catch(() => undefined) };
      last = reading;
      // The next scrape tries again.
      void reading.value.then((value) => {
        if (value === undefined && last === reading) last = undefined;
      });
    }
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(late.resolve, DATABASE_WITHIN_MS, undefined);
    try {
      return await Promise.race([last.value, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
}
