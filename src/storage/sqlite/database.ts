// One connection to the file: reads at once, writes in groups, and answers a write when it is as safe as it has to be.
//
// Group commit. All writes of one turn of the event loop go into one transaction, each in a savepoint of its own, so that one that
// fails takes nothing of its neighbours along. A write is answered after its transaction was committed, never before.
//
// Durability. `synchronous=FULL` in WAL mode means: commit, then sync the log. The sync would hold up the event loop and, for all
// other processes, the write lock. So the connection runs on `synchronous=NORMAL`, and we do the very same sync ourselves, on a
// thread of libuv, after the commit and before the answer, once for all writes that wait. (A checkpoint syncs by itself before
// the log is used anew, also on NORMAL.)
// - `durable` (the rule): answered when the log is on the disk; survives a power cut.
// - `recreatable` (what another login makes again: tokens, sessions, counters): answered at the commit; survives a kill of the process.
//   What takes something away – a code redeemed, a token revoked – is never of this kind: a power cut must not bring it back.
import { randomInt } from 'node:crypto';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { StorageUnavailable } from '../storage.ts';
import type { Checkpointer } from './checkpointer.ts';
import type { LogSync } from './log-sync.ts';
import { asPortError, isBusy } from './sqlite-error.ts';

export type Durability = 'durable' | 'recreatable';

type PendingWrite = {
  run: () => unknown;
  durability: Durability;
  /** Of `performance.now()`: a step of the wall clock must not make a write give up. */
  since: number;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
};

/** A write whose statements ran; it is answered after the commit, or after the sync that follows it. */
type FinishedWrite = { write: PendingWrite; needsSync: boolean; answer: () => void };

/** More writes than this in one transaction would keep reads waiting. */
const LARGEST_BATCH = 250;
/** More than this waiting means that the database does not keep up; a quick no is better than a late one. */
const LONGEST_QUEUE = 10_000;
/** How long a write waits for another process to give the write lock back. Readiness must turn within two seconds. */
const LOCK_PATIENCE_MS = 1_500;
const LOCK_RETRY_MS = 10;

export class Database {
  readonly #connection: DatabaseSync;
  readonly #log: LogSync;
  readonly #checkpointer: Checkpointer;
  #rowsChangedBefore = 0;
  readonly #statements = new Map<string, StatementSync>();
  #waiting: PendingWrite[] = [];
  #scheduled = false;
  #closed = false;
  /** A sync failed, so frames in the middle of the log may be missing on the disk, and with them all that follow. */
  #logHasHoles = false;
  /** Writes that are committed and wait for their sync. */
  readonly #syncing = new Set<Promise<void>>();

  /** Takes over an open, migrated connection, its log, and what brings the log into the file. */
  constructor(connection: DatabaseSync, log: LogSync, checkpointer: Checkpointer) {
    this.#connection = connection;
    this.#log = log;
    this.#checkpointer = checkpointer;
  }

  /** The first row, as `Row`, or nothing. The caller knows the columns that its statement selects. @throws {StorageUnavailable} */
  get<Row>(sql: string, ...parameters: SQLInputValue[]): Row | undefined {
    return asPort(() => this.#statement(sql).get(...parameters)) as Row | undefined;
  }

  /** All rows. @throws {StorageUnavailable} */
  all<Row>(sql: string, ...parameters: SQLInputValue[]): Row[] {
    return asPort(() => this.#statement(sql).all(...parameters)) as Row[];
  }

  /** Runs a statement inside a `write`; answers how many rows it changed. */
  run(sql: string, ...parameters: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...parameters).changes);
  }

  /**
   * Runs `run` once, inside a transaction that holds the write lock over all processes: what it reads stays true until it has written.
   * Answers what `run` answered, when that is committed and as safe as `durability` says. What `run` throws undoes its own writes only.
   * @throws {StorageUnavailable} the file cannot be written now (locked for too long, disk full, I/O error, closed).
   */
  write<T>(run: () => T, durability: Durability = 'durable'): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) return reject(new StorageUnavailable('the database is closed'));
      if (this.#waiting.length >= LONGEST_QUEUE) return reject(new StorageUnavailable('too many writes are waiting'));
      const settle = resolve as (value: unknown) => void;
      this.#waiting.push({ run, durability, since: performance.now(), resolve: settle, reject });
      this.#schedule(0);
    });
  }

  /** Writes what waits, then closes; the last process to close merges the log into the file. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    while (this.#waiting.length > 0) await sleep(1);
    await Promise.all(this.#syncing);
    await this.#checkpointer.close();
    this.#log.close();
    this.#connection.close();
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #schedule(delayMs: number): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const flush = (): void => {
      this.#scheduled = false;
      this.#flush();
    };
    if (delayMs > 0) setTimeout(flush, delayMs);
    else setImmediate(flush);
  }

  #flush(): void {
    if (!this.#begin()) return;
    const batch = this.#waiting.splice(0, LARGEST_BATCH);
    try {
      const finished = batch.map((write) => this.#runInSavepoint(write));
      this.run('COMMIT');
      this.#checkpointer.wrote(this.#rowsChanged());
      const unsynced = finished.filter(({ needsSync }) => needsSync);
      for (const { answer, needsSync } of finished) if (!needsSync) answer();
      if (unsynced.length > 0) this.#answerAfterSync(unsynced);
    } catch (error) {
      if (this.#connection.isTransaction) this.run('ROLLBACK');
      for (const write of batch) write.reject(asPortError(error));
    }
    if (this.#waiting.length > 0) this.#schedule(0);
  }

  /** Takes the write lock. Where another process holds it, comes back later; where that takes too long, lets the writes fail. */
  #begin(): boolean {
    try {
      if (this.#logHasHoles) this.#closeHoles();
      this.run('BEGIN IMMEDIATE');
      return true;
    } catch (error) {
      const deadline = isBusy(error) ? performance.now() - LOCK_PATIENCE_MS : Infinity;
      const late = this.#waiting.filter((write) => write.since <= deadline);
      this.#waiting = this.#waiting.filter((write) => write.since > deadline);
      for (const write of late) write.reject(asPortError(error));
      // Spread, so that processes that wait for the same lock do not meet again and again.
      if (this.#waiting.length > 0) this.#schedule(LOCK_RETRY_MS + randomInt(LOCK_RETRY_MS));
      return false;
    }
  }

  /** Throws where the whole transaction is lost; what `write.run` throws is that write's answer. */
  #runInSavepoint(write: PendingWrite): FinishedWrite {
    this.run('SAVEPOINT one_write');
    try {
      const value = write.run();
      this.run('RELEASE one_write');
      return { write, needsSync: write.durability === 'durable', answer: () => write.resolve(value) };
    } catch (error) {
      // A full disk or an I/O error may have made SQLite roll back everything.
      if (!this.#connection.isTransaction) throw error;
      this.run('ROLLBACK TO one_write');
      this.run('RELEASE one_write');
      return { write, needsSync: false, answer: () => write.reject(asPortError(error)) };
    }
  }

  /** Since it was asked last. One write may change one row, or a whole batch of them. */
  #rowsChanged(): number {
    const { total } = this.get<{ total: number }>('SELECT total_changes() AS total') ?? { total: 0 };
    const changed = total - this.#rowsChangedBefore;
    this.#rowsChangedBefore = total;
    return changed;
  }

  #answerAfterSync(finished: FinishedWrite[]): void {
    const answered = this.#log.sync().then(
      () => {
        for (const { answer } of finished) answer();
      },
      (cause: unknown) => {
        this.#logHasHoles = true;
        for (const { write } of finished) write.reject(new StorageUnavailable('the write-ahead log was not synced', { cause }));
      },
    );
    this.#syncing.add(answered);
    void answered.then(() => this.#syncing.delete(answered));
  }

  /** Brings the whole log into the file, which is synced by that, and begins a new log. */
  #closeHoles(): void {
    const result = this.get<{ busy: number }>('PRAGMA wal_checkpoint (TRUNCATE)');
    if (result?.busy !== 0) throw new StorageUnavailable('the write-ahead log could not be synced');
    this.#logHasHoles = false;
  }
}

function asPort<T>(ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    throw asPortError(error);
  }
}
