// Syncs the write-ahead log to the disk, off the event loop, once for all waiting writes.
import { closeSync, fdatasync, openSync } from 'node:fs';

export type LogSync = {
  /** Resolves when everything written before the call is on the disk. @throws {Error} the error of fdatasync(2) */
  sync(): Promise<void>;
  close(): void;
};

/** Opens the log of the database at `path`. At most one sync runs at a time; callers during a sync share the next one. */
export function openLogSync(path: string): LogSync {
  // SQLite locks the database file and the log's index, never the log itself. So closing this descriptor releases no lock.
  const descriptor = openSync(`${path}-wal`, 'r+');
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return {
    sync() {
      next ??= running.then(() => {
        next = undefined;
        const sync = new Promise<void>((resolve, reject) => {
          fdatasync(descriptor, (error) => (error ? reject(error) : resolve()));
        });
        running = sync.catch(() => undefined);
        return sync;
      });
      return next;
    },
    close() {
      closeSync(descriptor);
    },
  };
}
