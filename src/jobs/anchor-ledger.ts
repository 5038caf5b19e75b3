// Anchors the ledger once a day; see storage/ledger-anchor.ts.
import type { Deps } from '../deps.ts';
import { appendToAnchorFile, LedgerRolledBack } from '../storage/anchor-file.ts';
import { contentOf, createAnchorKey, takeAnchor } from '../storage/ledger-anchor.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

type AnchorDeps = Pick<Deps, 'config' | 'clock' | 'log'> & { storage: Pick<Deps['storage'], 'ledger'> };

/** Makes the day's anchor unless a process has already made it, and updates the anchor file of the settings. */
export async function anchorDaily({ config, storage: { ledger }, clock, log }: AnchorDeps): Promise<void> {
  const last = await ledger.lastAnchor();
  if (!last || clock() - contentOf(last).at >= DAY_MS) {
    const { sequence } = await takeAnchor(ledger, createAnchorKey(config.keys.ledger), clock());
    log.info({ sequence }, 'ledger anchored');
  }
  if (config.ledgerAnchorFile === undefined) return;
  try {
    await appendToAnchorFile(config.ledgerAnchorFile, ledger);
  } catch (error) {
    if (!(error instanceof LedgerRolledBack)) throw error;
    log.error({ detail: error.message }, 'ledger cut off or replaced');
  }
}
