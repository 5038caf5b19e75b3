// The thread of checkpointer.ts. It blocks nobody: a passive checkpoint skips pages that are being read or written.
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { isUnavailable } from './sqlite-error.ts';

const connection = new DatabaseSync(String(workerData.path));
// Like the writing connection: the log is synced before a checkpoint, and the file after it.
connection.exec('PRAGMA synchronous = NORMAL');

parentPort?.on('message', (asked: 'checkpoint' | 'close') => {
  if (asked === 'close') {
    connection.close();
    parentPort?.close();
    return;
  }
  try {
    connection.exec('PRAGMA wal_checkpoint (PASSIVE)');
  } catch (error) {
    // The disk is full or fails. Nothing is lost: the log only grows, and the writing connection reports the error.
    if (!isUnavailable(error)) throw error;
  }
  parentPort?.postMessage('done');
});
