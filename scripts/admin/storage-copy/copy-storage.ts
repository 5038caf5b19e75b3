// Copies a whole database into an empty one of either kind, can continue after an interruption, and compares both sides at the end.
import { createHash, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { EpochMilliseconds } from '../../../src/domain/account.ts';
import { openStorage } from '../../../src/storage/open-storage.ts';
import { withoutPassword } from '../command-line-secrets.ts';
import { databaseIsThere } from '../database-is-there.ts';
import { COLLECTIONS, type CollectionName, type CopySide, type Cursor } from './rows.ts';

const BATCH = 500;
const BAR_WIDTH = 30;
const SOMEBODY_WROTE = 'The database was written to during the copy: stop the service, and copy again into an empty database.';

type Output = { write(text: string): unknown; isTTY?: boolean };
type State = Partial<Record<CollectionName, Cursor>>;

export type CopiedCollection = { name: CollectionName; count: number; checksum: string };

/**
 * Copies everything that has not expired. The service must be stopped: changes during the copy are not copied, only detected by
 * the checksum at the end.
 * @param options.from `sqlite:<path>` or `mongodb://…`
 * @param options.stateFile records the progress; removed at the end
 * @param options.ledgerKey returns the service's ledger key; called only if an event in MongoDB is not yet in the ledger
 * @returns each collection's count and checksum (SHA-256 over its rows in order), which are the same on both sides
 * @throws {Error} if there is nothing to copy, the target is not empty, or the sides differ at the end
 */
export async function copyStorage(options: {
  from: string;
  to: string;
  stateFile?: string;
  ledgerKey?: () => KeyObject | undefined;
  out: Output;
}): Promise<CopiedCollection[]> {
  const { from, to, ledgerKey = () => undefined, out } = options;
  const pair = createHash('sha256')
    .update(`${withoutPassword(from)}\n${withoutPassword(to)}`)
    .digest('hex')
    .slice(0, 12);
  const stateFile = options.stateFile ?? `storage-copy-${pair}.json`;
  const source = await openSide(from, { ledgerKey }).catch(asOption('--from'));
  try {
    // The name may be mistyped, or the two options swapped.
    if (!(await findFilled(source))) throw new Error('--from: there is nothing to copy in it');
    const target = await openSide(to, { make: true, ledgerKey }).catch(asOption('--to'));
    try {
      const state = await readState(stateFile, target);
      for (const name of COLLECTIONS) await copyCollection(name, source, target, state, stateFile, out);
      const now = Date.now();
      const copied: CopiedCollection[] = [];
      const differing: string[] = [];
      for (const name of COLLECTIONS) {
        const [here, there] = await compare(name, source, target, now, out);
        copied.push(here);
        if (here.checksum !== there.checksum) differing.push(differenceOf(here, there));
      }
      // Removed even if the sides differ, because continuing would not help.
      rmSync(stateFile, { force: true });
      if (differing.length > 0) throw new Error(`${differing.join('; ')}. ${SOMEBODY_WROTE}`);
      await countFunnel(to);
      return copied;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** The counts of the funnel are sums over the copied legacy users. */
async function countFunnel(url: string): Promise<void> {
  const storage = await openStorage(url, Date.now);
  await storage.population.recount().finally(() => storage.close());
}

type SideOptions = {
  make?: boolean;
  /** If given, interrupted changes are completed and every event is added to its chain. */
  ledgerKey?: () => KeyObject | undefined;
};

/**
 * Opens one database as rows that are independent of the backend.
 * @param options.make creates a missing database; without it, a mistyped name creates nothing
 */
export async function openSide(url: string, { make = false, ledgerKey }: SideOptions = {}): Promise<CopySide> {
  if (!make && !databaseIsThere(url)) throw new Error(`${url} does not exist`);
  if (url.startsWith('sqlite:')) return (await import('./sqlite-side.ts')).openSqliteSide(url.slice('sqlite:'.length));
  if (/^mongodb(\+srv)?:/.test(url))
    return (await import('./mongo-side.ts')).openMongoSide(url, { make, ...(ledgerKey && { ledgerKey }) });
  throw new Error('expected sqlite:<path> or a mongodb:// URL');
}

/** Puts the option's name before an error message. */
function asOption(name: '--from' | '--to') {
  return (error: unknown): never => {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${name}: ${withoutPassword(message.replace(/^DATABASE_URL: /, ''))}`, { cause: error });
  };
}

/** Returns the first collection that is not empty. */
async function findFilled(side: CopySide): Promise<CollectionName | undefined> {
  for (const name of COLLECTIONS) if ((await side.count(name)) > 0) return name;
  return undefined;
}

async function readState(stateFile: string, target: CopySide): Promise<State> {
  const filled = await findFilled(target);
  if (filled && existsSync(stateFile)) return JSON.parse(readFileSync(stateFile, 'utf8')) as State;
  if (filled) throw new Error(`the target is not empty: it has ${filled}. Copy into a new database.`);
  // A state file of an earlier copy is ignored: that copy went into another database of this name.
  writeState(stateFile, {});
  return {};
}

/** Writes the file atomically. */
function writeState(stateFile: string, state: State): void {
  // The progress contains customer ids. A leftover file of an older version would keep its mode, so it is removed first.
  rmSync(`${stateFile}.partial`, { force: true });
  writeFileSync(`${stateFile}.partial`, JSON.stringify(state), { flush: true, mode: 0o600 });
  renameSync(`${stateFile}.partial`, stateFile);
}

async function copyCollection(
  name: CollectionName,
  source: CopySide,
  target: CopySide,
  state: State,
  stateFile: string,
  out: Output,
): Promise<void> {
  const total = await source.count(name);
  let done = state[name] === undefined ? 0 : await target.count(name);
  let batch: { cursor: Cursor; row: unknown }[] = [];
  const flush = async (): Promise<void> => {
    const last = batch.at(-1);
    if (!last) return;
    await target.write(name, batch.map(({ row }) => row) as never);
    // Written after the rows. After an interruption in between, these rows are read again and skipped.
    state[name] = last.cursor;
    writeState(stateFile, state);
    done += batch.length;
    batch = [];
    showProgress(out, name, done, total);
  };
  for await (const read of unexpired(name, source, state[name], Date.now())) {
    batch.push(read);
    if (batch.length === BATCH) await flush();
  }
  await flush();
  // Expired rows were counted but are not copied.
  showProgress(out, name, done, done);
  if (out.isTTY) out.write('\n');
}

function showProgress(out: Output, name: string, done: number, total: number): void {
  if (!out.isTTY) return;
  const share = total === 0 ? 1 : Math.min(done / total, 1);
  const bar = '█'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '░');
  out.write(`\r${name.padEnd(20)}${bar} ${done} of ${total}`);
}

/**
 * MongoDB itself removes rows an hour after they expire, also during a copy. So only rows that have not expired at one fixed
 * moment are copied and compared.
 */
async function* unexpired(name: CollectionName, side: CopySide, after: Cursor | undefined, now: EpochMilliseconds) {
  for await (const read of side.read(name, after)) {
    const { expires_at = null } = read.row as { expires_at?: EpochMilliseconds | null };
    if (expires_at === null || expires_at > now) yield read;
  }
}

async function compare(name: CollectionName, source: CopySide, target: CopySide, now: EpochMilliseconds, out: Output) {
  if (out.isTTY) out.write(`\rcomparing ${name.padEnd(20)}`);
  return Promise.all([summarize(name, source, now), summarize(name, target, now)]);
}

function differenceOf({ name, ...here }: CopiedCollection, there: CopiedCollection): string {
  return `${name}: the two sides differ (${here.count} rows ${here.checksum}, ${there.count} rows ${there.checksum})`;
}

async function summarize(name: CollectionName, side: CopySide, now: EpochMilliseconds): Promise<CopiedCollection> {
  const hash = createHash('sha256');
  let count = 0;
  for await (const { row } of unexpired(name, side, undefined, now)) {
    // Sorted by name, because the backends return members in different orders.
    hash.update(`${JSON.stringify(Object.entries(row as object).toSorted(([a], [b]) => (a < b ? -1 : 1)))}\n`);
    count += 1;
  }
  return { name, count, checksum: hash.digest('hex') };
}
