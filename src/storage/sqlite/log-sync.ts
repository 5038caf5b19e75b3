// Brings the write-ahead log to the disk, off the event loop, once for everybody who waits.
import { closeSync, fdatasync, openSync } from 'node:fs';

export type LogSync = {
  /** Resolves when everything that was written before the call is on the disk. @throws the error of fdatasync(2). */
  sync(): Promise<void>;
  close(): void;
};

/** Opens the log of the database at `path`. At most one sync runs; whoever comes meanwhile shares the next one. */
export function openLogSync(path: string): LogSync {
  // SQLite locks the file and the index of the log, never the log itself: this descriptor gives no lock away when it is closed.
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
