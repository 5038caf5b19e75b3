// One connection to the file. It reads immediately, writes in groups, and acknowledges a write when it is durable enough.
//
// Group commit. All writes of one turn of the event loop share a transaction. Each has its own savepoint, so that a failing write does
// not affect the others. A write is acknowledged only after its transaction was committed.
//
// Durability. `synchronous=FULL` in WAL mode means: commit, then sync the log. That sync would block the event loop and hold the write
// lock against all other processes. So the connection uses `synchronous=NORMAL`, and we do the same sync ourselves on a libuv
// thread, after the commit and before the acknowledgement, once for all waiting writes. (A checkpoint syncs before the log is
// reused, also with NORMAL.)
// - `durable` (the default): acknowledged when the log is on the disk; survives a power cut.
// - `recreatable` (records that another login recreates: tokens, sessions, counters): acknowledged at the commit; survives a kill.
//   Removals, such as redeeming a code or revoking a token, are always durable: a power cut must not undo them.
import { randomInt } from 'node:crypto';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { StorageUnavailable } from '../storage.ts';
import type { Checkpointer } from './checkpointer.ts';
import type { LogSync } from './log-sync.ts';
import { asPortError, isBusy } from './sqlite-error.ts';

export type Durability = 'durable' | 'recreatable';

type PendingWrite = {
  /** Runs the statements, and returns what answers the caller with their result. */
  run: () => () => void;
  durability: Durability;
  /** By `performance.now()`, because a change of the system clock must not make a write time out. */
  since: number;
  reject: (error: unknown) => void;
};

/** A write whose statements ran. It is acknowledged after the commit, or after the following sync. */
type FinishedWrite = { write: PendingWrite; needsSync: boolean; answer: () => void };

/** More writes in one transaction would delay reads. */
const LARGEST_BATCH = 250;
/** With more waiting writes, the database does not keep up, and a quick refusal is better than a late one. */
const LONGEST_QUEUE = 10_000;
/** How long a write waits for another process's write lock. Readiness must report a failure within two seconds. */
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
  /** A sync failed, so frames in the middle of the log may be missing on the disk, which makes all later frames unreadable. */
  #logHasHoles = false;
  /** Committed writes that wait for their sync. */
  readonly #syncing = new Set<Promise<void>>();

  /** Takes over an open, migrated connection, its log and its checkpointer. */
  constructor(connection: DatabaseSync, log: LogSync, checkpointer: Checkpointer) {
    this.#connection = connection;
    this.#log = log;
    this.#checkpointer = checkpointer;
  }

  /** Returns the first row or undefined. The caller is responsible for the type `Row`. @throws {StorageUnavailable} */
  get<Row>(sql: string, ...parameters: SQLInputValue[]): Row | undefined {
    return asPort(() => this.#statement(sql).get(...parameters)) as Row | undefined;
  }

  /** Returns all rows. @throws {StorageUnavailable} */
  all<Row>(sql: string, ...parameters: SQLInputValue[]): Row[] {
    return asPort(() => this.#statement(sql).all(...parameters)) as Row[];
  }

  /** Runs a statement inside a `write`, and returns the number of changed rows. */
  run(sql: string, ...parameters: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...parameters).changes);
  }

  /**
   * Runs `run` once, inside a transaction that holds the write lock of all processes, so that nothing it reads changes before it writes.
   * Returns the result of `run` once it is committed with the requested durability. An error in `run` undoes only its own writes.
   * @throws {StorageUnavailable} if the file cannot be written now (locked for too long, disk full, I/O error, closed)
   */
  write<T>(run: () => T, durability: Durability = 'durable'): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) return reject(new StorageUnavailable('the database is closed'));
      if (this.#waiting.length >= LONGEST_QUEUE) return reject(new StorageUnavailable('too many writes are waiting'));
      const runAndAnswer = (): (() => void) => {
        const value = run();
        return () => resolve(value);
      };
      this.#waiting.push({ run: runAndAnswer, durability, since: performance.now(), reject });
      this.#schedule(0);
    });
  }

  /** The number of writes that wait for their transaction. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Completes the waiting writes, then closes. The last process to close merges the log into the file. */
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

  /** Takes the write lock. If another process holds it, retries later; after too long, the writes fail. */
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
      // Random, so that processes do not keep retrying at the same moment.
      if (this.#waiting.length > 0) this.#schedule(LOCK_RETRY_MS + randomInt(LOCK_RETRY_MS));
      return false;
    }
  }

  /** Throws if the whole transaction is lost. An error of `write.run` rejects only that write. */
  #runInSavepoint(write: PendingWrite): FinishedWrite {
    this.run('SAVEPOINT one_write');
    try {
      const answer = write.run();
      this.run('RELEASE one_write');
      return { write, needsSync: write.durability === 'durable', answer };
    } catch (error) {
      // A full disk or an I/O error may have made SQLite roll back everything.
      if (!this.#connection.isTransaction) throw error;
      this.run('ROLLBACK TO one_write');
      this.run('RELEASE one_write');
      return { write, needsSync: false, answer: () => write.reject(asPortError(error)) };
    }
  }

  /** Returns the number of rows changed since the last call. One write may change many rows. */
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
        for (const { write } of finished)
          write.reject(new StorageUnavailable('the write-ahead log could not be synced', { cause }));
      },
    );
    this.#syncing.add(answered);
    void answered.then(() => this.#syncing.delete(answered));
  }

  /** Checkpoints the whole log into the file, which is synced by that, and starts a new log. */
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
