// The thread of checkpointer.ts. It never holds anybody up: a passive checkpoint leaves out what is being read or written.
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { isUnavailable } from './sqlite-error.ts';

const connection = new DatabaseSync((workerData as { path: string }).path);
// As the connection that writes has it: the log is synced before a checkpoint, and the file after it.
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
    // A full disk, a disk that fails: nothing is lost, the log only grows, and the connection that writes tells of it.
    if (!isUnavailable(error)) throw error;
  }
  parentPort?.postMessage('done');
});
