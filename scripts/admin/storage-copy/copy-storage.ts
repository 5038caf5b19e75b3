// Copies a whole database into an empty one of either kind, goes on where it was cut off, and compares both sides at the end.
import { createHash, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { EpochMilliseconds } from '../../../src/domain/account.ts';
import { withoutPassword } from '../command-line-secrets.ts';
import { databaseIsThere } from '../database-is-there.ts';
import { COLLECTIONS, type CollectionName, type CopySide, type Cursor } from './rows.ts';

const BATCH = 500;
const BAR_WIDTH = 30;
const SOMEBODY_WROTE = 'Somebody wrote meanwhile: stop the service, and copy again into an empty database.';

type Output = { write(text: string): unknown; isTTY?: boolean };
type State = Partial<Record<CollectionName, Cursor>>;

export type CopiedCollection = { name: CollectionName; count: number; checksum: string };

/**
 * Copies everything that has not expired. Nobody may use either database meanwhile: what changes is found by the checksum at the end, not
 * copied.
 * @param options.from `sqlite:<path>` or `mongodb://…`
 * @param options.stateFile where it is written how far the copy has come; removed when all is done
 * @param options.ledgerKey of the service; asked for where an event of MongoDB waits for its place in the ledger
 * @returns each collection's count and its checksum (SHA-256 over the rows in their order), the same on both sides
 * @throws where there is nothing to copy, the target is not empty, or the two sides differ at the end
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
    // A name that was mistyped, or the two that were mixed up.
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
      // Where the sides differ, too: that is not mended by going on.
      rmSync(stateFile, { force: true });
      if (differing.length > 0) throw new Error(`${differing.join('; ')}. ${SOMEBODY_WROTE}`);
      return copied;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

type SideOptions = {
  make?: boolean;
  /** Where it is given, what was left half-made is finished, and every event brought into its chain. */
  ledgerKey?: () => KeyObject | undefined;
};

/**
 * One database, as rows that no backend owns.
 * @param options.make it may be made where it does not stand; otherwise a name that was mistyped leaves no trace
 */
export async function openSide(url: string, { make = false, ledgerKey }: SideOptions = {}): Promise<CopySide> {
  if (!make && !databaseIsThere(url)) throw new Error(`${url} does not exist`);
  if (url.startsWith('sqlite:')) return (await import('./sqlite-side.ts')).openSqliteSide(url.slice('sqlite:'.length));
  if (/^mongodb(\+srv)?:/.test(url))
    return (await import('./mongo-side.ts')).openMongoSide(url, { make, ...(ledgerKey && { ledgerKey }) });
  throw new Error('expected sqlite:<path> or a mongodb:// URL');
}

/** An address that was given on the command line is told by its name there. */
function asOption(name: '--from' | '--to') {
  return (error: unknown): never => {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${name}: ${withoutPassword(message.replace(/^DATABASE_URL: /, ''))}`, { cause: error });
  };
}

/** The first collection that holds something. */
async function findFilled(side: CopySide): Promise<CollectionName | undefined> {
  for (const name of COLLECTIONS) if ((await side.count(name)) > 0) return name;
  return undefined;
}

async function readState(stateFile: string, target: CopySide): Promise<State> {
  const filled = await findFilled(target);
  if (filled && existsSync(stateFile)) return JSON.parse(readFileSync(stateFile, 'utf8')) as State;
  if (filled) throw new Error(`the target is not empty: it has ${filled}. Copy into a new database.`);
  // Whatever a file says of an earlier copy: it went into another database of this name.
  writeState(stateFile, {});
  return {};
}

/** As a whole or not at all, wherever it is cut off. */
function writeState(stateFile: string, state: State): void {
  // How far it has come is told by ids of customers; a rest of an older version would keep its mode.
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
    // Written after the rows: cut off in between, these rows come once more and are left alone.
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
  // What has expired was counted, and stays behind.
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
 * MongoDB removes by itself what expired an hour ago, on either side and in the middle of a copy: what is copied and compared is what
 * has not expired at one moment.
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
    // By name, because backends answer members in orders of their own.
    hash.update(`${JSON.stringify(Object.entries(row as object).toSorted(([a], [b]) => (a < b ? -1 : 1)))}\n`);
    count += 1;
  }
  return { name, count, checksum: hash.digest('hex') };
}
