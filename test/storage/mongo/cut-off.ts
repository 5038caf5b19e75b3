// A storage on MongoDB whose process seems to die after its n-th write: the server has answered that write, and later messages
// do not arrive.
import mongoose from 'mongoose';
import { openMongoStorage } from '../../../src/storage/mongo/open-mongo-storage.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { startFaultyConnection } from '../../support/faulty-connection.ts';
import { LEDGER_KEY } from '../../support/ledger-of.ts';
import { PATIENT } from '../open-patiently.ts';

/** No call is retried after the cut, because no server is found again. */
const WAITS_UNTIL_CUT = { ...PATIENT, server: 3_000 };

const WRITES = new Set(['insert', 'update', 'delete', 'findAndModify']);

/** A server's answer to a write: `n` counts the documents that it found or inserted. */
type Reply = { n?: number; lastErrorObject?: { n?: number }; writeErrors?: unknown[] };

/**
 * Calls `act` with a storage that is cut off after `writes` writes.
 * @returns `isCut`, false if `act` ended before; and `gone`, which resolves when the storage has noticed the cut and is closed
 */
export async function cutOff(
  { url, clock, writes }: { url: string; clock: () => number; writes: number },
  act: (storage: Storage) => Promise<unknown>,
): Promise<{ isCut: boolean; gone: Promise<void> }> {
  const address = new URL(url);
  const connection = await startFaultyConnection(Number(address.port));
  address.port = `${connection.port}`;
  address.search = '?monitorCommands=true&directConnection=true';
  let left = Infinity;
  let notice: () => void = () => undefined;
  const cut = new Promise<'cut'>((resolve) => (notice = () => resolve('cut')));
  const storage = await openWatched(address.href, clock, () => {
    if (--left > 0) return;
    connection.blackHole();
    notice();
  });
  left = writes;
  const acting = act(storage);
  const outcome = await Promise.race([cut, acting.then(() => 'done' as const)]);
  const close = async (): Promise<void> => {
    await connection.close();
    await acting.catch(() => undefined);
    await storage.close();
  };
  const gone = close();
  if (outcome === 'done') await gone;
  return { isCut: outcome === 'cut', gone };
}

/** Sees every client of the driver when it is made, because the storage does not expose its own. */
async function openWatched(url: string, clock: () => number, onWritten: () => void): Promise<Storage> {
  const { prototype } = mongoose.mongo.MongoClient;
  const { connect } = prototype;
  prototype.connect = function (this: mongoose.mongo.MongoClient) {
    this.on('commandSucceeded', ({ commandName, reply }) => {
      const { n = 0, lastErrorObject, writeErrors = [] } = reply as Reply;
      // A write that found nothing, or was refused, has changed nothing.
      if (WRITES.has(commandName) && (lastErrorObject?.n ?? n) > 0 && writeErrors.length === 0) onWritten();
    });
    return connect.call(this);
  };
  try {
    return await openMongoStorage({ url, clock, ledgerKey: LEDGER_KEY, timeouts: WAITS_UNTIL_CUT });
  } finally {
    prototype.connect = connect;
  }
}
