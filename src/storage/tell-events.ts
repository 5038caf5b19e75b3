// Tells each event that is written to the ledger, for the log and the metrics.
import type { LedgerEvent, Storage } from './storage.ts';

/**
 * Returns the storage, which calls `tell` with each event after its write was acknowledged. A call that is repeated because
 * its outcome was unknown is told again.
 */
export function tellEvents(storage: Storage, tell: (event: LedgerEvent) => void): Storage {
  const { accounts, dealerLinks, migrations, ledger } = storage;
  const told = async <T>(written: Promise<T>, event: LedgerEvent): Promise<T> => {
    const result = await written;
    tell(event);
    return result;
  };
  return {
    ...storage,
    accounts: {
      ...accounts,
      create: async (account, event) => told(accounts.create(account, event), event),
      update: async (account, event) => told(accounts.update(account, event), event),
      erase: async (account, event) => told(accounts.erase(account, event), event),
    },
    dealerLinks: {
      ...dealerLinks,
      create: async (link, event) => told(dealerLinks.create(link, event), event),
      update: async (link, event) => told(dealerLinks.update(link, event), event),
      erase: async (link, event) => told(dealerLinks.erase(link, event), event),
    },
    migrations: { ...migrations, put: async (migration, event) => told(migrations.put(migration, event), event) },
    ledger: { ...ledger, append: async (event, occurrence) => told(ledger.append(event, occurrence), event) },
  };
}
