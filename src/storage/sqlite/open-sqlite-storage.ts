// The storage port on SQLite: one file, nothing to install, several processes on one machine.
import { randomBytes, createSecretKey, type KeyObject } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { EpochMilliseconds } from '../../domain/account.ts';
import { BROKEN_CLOSED_LEDGER } from '../closed-ledger.ts';
import { createLedgerChain } from '../ledger-chain.ts';
import { makeExpiringStores } from '../expiring-records.ts';
import type { Storage } from '../storage.ts';
import { createAccountStore } from './account-store.ts';
import { createArtifactStore } from './artifact-store.ts';
import { createCounterStore } from './counter-store.ts';
import { createDealerLinkStore } from './dealer-link-store.ts';
import { createEmailCodeStore } from './email-code-store.ts';
import { createExpiringStore } from './expiring-store.ts';
import { createJobStore } from './job-store.ts';
import { createLedger } from './ledger.ts';
import { createMigrationStore } from './migration-store.ts';
import { openDatabase } from './open-database.ts';
import type { OpenLog } from './open-database.ts';
import { createPopulationStore } from './population-store.ts';
import { refuseOddNumbers } from '../whole-numbers.ts';
import { sweep } from './sweep.ts';

/**
 * Opens the file at `path`. Creates the file, its folder and its tables if they are missing.
 * @param options.ledgerKey the key of the ledger; defaults to a random one, with which nobody else can verify the entries
 * @throws {DatabaseDamaged} the file is damaged, or is not a database
 * @throws {DatabaseTooNew} a newer version of this program wrote it
 * @throws {NotOurDatabase} another program wrote it
 */
export async function openSqliteStorage(options: {
  path: string;
  clock: () => EpochMilliseconds;
  ledgerKey?: KeyObject;
  log?: OpenLog;
}): Promise<Storage> {
  const { path, clock, ledgerKey = createSecretKey(randomBytes(32)), log } = options;
  const database = await openDatabase(options);
  const { population, follow } = createPopulationStore(database);
  const { ledger, append } = createLedger(database, createLedgerChain(ledgerKey), follow);
  const { finding } = await ledger.origin();
  if (finding !== null) log?.warn?.({ path, finding }, BROKEN_CLOSED_LEDGER);
  return refuseOddNumbers({
    artifacts: createArtifactStore(database, clock),
    accounts: createAccountStore(database, append),
    ...makeExpiringStores((entry) => createExpiringStore(database, clock, entry)),
    emailCodes: createEmailCodeStore(database, clock),
    dealerLinks: createDealerLinkStore(database, append),
    migrations: createMigrationStore(database, append),
    jobs: createJobStore(database, clock),
    counters: createCounterStore(database, clock),
    ledger,
    population,
    sweep: (limit) => sweep(database, clock(), limit),
    async ping() {
      const now = clock();
      const beat = 'INSERT INTO heartbeat (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at';
      await database.write(() => database.run(beat, now));
    },
    async load() {
      const sizeOf = async (file: string): Promise<number> => (await stat(file)).size;
      const [fileBytes, logBytes] = await Promise.all([sizeOf(path), sizeOf(`${path}-wal`)]);
      return { waiting: database.waiting, fileBytes, logBytes };
    },
    close: () => database.close(),
  });
}
