// Takes over the list of all legacy users: in batches, in constant memory. A batch that is taken over twice changes nothing, so an import that
// was interrupted goes on from its last note.
import type { Deps } from '../../deps.ts';
import { createLegacyUserIds, type LegacyUserIds } from '../../domain/legacy-user-ids.ts';
import type { ListedUser } from '../../domain/population.ts';
import type { ListedCount } from '../../storage/storage.ts';
import { readHeader, readLines, readRow, type Line, type ListFormat, type ListRow, type RowMistake } from './list-rows.ts';

/** A wrong row: `line` and `column` count from 1. */
export type WrongRow = RowMistake & { line: number };

/** How far an import has come. */
export type ImportProgress = ListedCount & {
  /** Of the next line. */
  offset: number;
  line: number;
  /** Rows that were read, and those of them that are wrong. */
  rows: number;
  wrong: number;
};

export const NO_PROGRESS: ImportProgress = { offset: 0, line: 1, rows: 0, wrong: 0, added: 0, changed: 0, same: 0 };

const BATCH = 1_000;
/** More are a column that was taken for another one; each would be a line of the funnel. */
const MOST_WRONG = 100_000;
const MOST_VALUES = { segment: 500, dealer: 5_000 } as const;

export type ImportFrom = {
  clientId: string;
  format: ListFormat;
  /** Opens the list at an offset in bytes. */
  open: (offset: number) => AsyncIterable<Buffer>;
  /** How many rows are written at once. */
  batch?: number;
  /** The note of an interrupted import. */
  from?: ImportProgress;
  /** Called after each batch, before the next one is read: with the wrong rows, and what to note. */
  onBatch?: (progress: ImportProgress, wrong: readonly WrongRow[]) => Promise<void> | void;
};

/**
 * Imports a list.
 * @throws {Error} the header is wrong, too many rows are, or the list has more segments or dealers than a funnel can show
 */
export async function importPopulation(
  { storage, config, clock }: Pick<Deps, 'storage' | 'config' | 'clock'>,
  { clientId, format, open, batch = BATCH, from = NO_PROGRESS, onBatch }: ImportFrom,
): Promise<ImportProgress> {
  const ids = createLegacyUserIds(config.keys);
  const seen = { segment: new Set<string>(), dealer: new Set<string>() };
  const progress = { ...from };
  const header = format === 'csv' ? await firstLine(open(0)) : undefined;
  const columns = format === 'csv' ? readHeader(header) : [];
  if (header && progress.offset === 0) Object.assign(progress, { offset: header.next, line: 2 });

  let rows: ListedUser[] = [];
  let wrong: WrongRow[] = [];
  const write = async (): Promise<void> => {
    const { added, changed, same } = await storage.population.list(rows);
    progress.added += added;
    progress.changed += changed;
    progress.same += same;
    await onBatch?.({ ...progress }, wrong);
    rows = [];
    wrong = [];
  };

  for await (const line of readLines(open(progress.offset), progress)) {
    const read = readRow(format, line, columns);
    if (read) progress.rows += 1;
    if (read?.ok === false) {
      progress.wrong += 1;
      if (progress.wrong > MOST_WRONG) throw new Error(`more than ${MOST_WRONG} rows are wrong; is this the right file?`);
      wrong.push(...read.mistakes.map((mistake) => ({ line: line.number, ...mistake })));
    } else if (read) {
      checkValues(read.row, seen, line.number);
      rows.push(toListedUser(ids, clientId, read.row, clock()));
    }
    Object.assign(progress, { offset: line.next, line: line.number + 1 });
    if (rows.length + wrong.length >= batch) await write();
  }
  await write();
  await storage.population.settle();
  return progress;
}

/** Makes the record of a row. */
export function toListedUser(ids: LegacyUserIds, clientId: string, row: ListRow, at: number): ListedUser {
  const { legacy_id: legacyId, email, segment, dealer } = row;
  const identity = ids.identityOf(clientId, legacyId);
  return {
    ...identity,
    ...(email !== undefined && { sealed_email: ids.sealEmail(identity.id, email) }),
    ...(segment !== undefined && { segment }),
    ...(dealer !== undefined && { dealer }),
    list_digest: ids.digestOf([identity.id, email, segment, dealer]),
    at,
  };
}

function checkValues(row: ListRow, seen: Record<keyof typeof MOST_VALUES, Set<string>>, line: number): void {
  for (const name of ['segment', 'dealer'] as const) {
    const value = row[name];
    if (value === undefined || seen[name].has(value)) continue;
    seen[name].add(value);
    if (seen[name].size > MOST_VALUES[name])
      throw new Error(`line ${line}: this is the ${MOST_VALUES[name] + 1}th ${name}; is another column meant?`);
  }
}

async function firstLine(chunks: AsyncIterable<Buffer>): Promise<Line | undefined> {
  for await (const line of readLines(chunks, { offset: 0, line: 1 })) return line;
  return undefined;
}
