// Opens a database for a test that is not about time: on a busy machine a call may take longer than a node lets anybody wait, and
// what is refused as unavailable then would be missing among the answers.
import { openMongoStorage } from '../../src/storage/mongo/open-mongo-storage.ts';
import type { Timeouts } from '../../src/storage/mongo/timeouts.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { LEDGER_KEY } from '../support/ledger-of.ts';

const A_MINUTE = 60_000;
export const PATIENT: Timeouts = { call: A_MINUTE, longCall: A_MINUTE, socket: A_MINUTE, connection: A_MINUTE, server: A_MINUTE };

export async function openPatiently(url: string, clock = Date.now): Promise<Storage> {
  return url.startsWith('mongodb')
    ? openMongoStorage({ url, clock, ledgerKey: LEDGER_KEY, timeouts: PATIENT })
    : openStorage(url, clock, undefined, LEDGER_KEY);
}
