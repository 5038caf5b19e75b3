// Brings every event into its chain, for commands that do not open the storage.
import type { KeyObject } from 'node:crypto';
import { createLedgerChain } from '../ledger-chain.ts';
import type { Collections } from './collections.ts';
import { closeLedger, createLedgerReads } from './ledger.ts';
import { createFunnelCounter } from './count-funnel.ts';
import { createPopulationStore } from './population-store.ts';
import { createPendingEvents } from './pending-events.ts';
import { MAJORITY } from './read-concern.ts';
import { createSealer } from './seal-ledger.ts';

/**
 * Chains all waiting events.
 * @param ledgerKey returns the key; called only if an event waits
 * @throws {Error} if an event waits and there is no key
 */
export async function settleLedger(collections: Collections, ledgerKey: () => KeyObject | undefined): Promise<void> {
  await closeLedger(collections);
  const counter = createFunnelCounter(collections);
  const { follow } = createPopulationStore(collections, () => undefined);
  await createPendingEvents(collections, Date.now, follow, () => undefined).finishAll();
  await counter.countAll();
  if ((await collections.ledgerInbox.exists({}).readConcern(MAJORITY)) === null) return;
  const key = ledgerKey();
  if (!key) {
    throw new Error(
      'events wait for their place in the ledger, and its key is not known here: set LEDGER_KEY, or HMAC_KEY where the service has no LEDGER_KEY',
    );
  }
  await createSealer(collections, createLedgerChain(key), createLedgerReads(collections).headOf, Date.now).sealAll();
}
