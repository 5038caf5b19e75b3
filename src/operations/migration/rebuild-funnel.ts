// Rebuilds the funnel: every event of the ledger about a migration is taken again, which changes nothing where it was taken, and then all legacy
// users are counted anew. It may run while the service runs.
import type { Deps } from '../../deps.ts';
import { everyLedgerEntry } from '../../storage/every-ledger-entry.ts';
import { isMigrationEvent, stepOfMigration } from '../../storage/records.ts';

export type RebuiltFunnel = {
  /** How many events of migrations were read. */
  events: number;
  /** The counts that were not as they had to be. */
  differences: { key: string; before: number; after: number }[];
};

/**
 * Rebuilds it. A legacy user of whom only the ledger knows gets a record. What the ledger does not tell – the pages of a registration, the list,
 * invitations – stays as it is.
 */
export async function rebuildFunnel(
  { storage }: Pick<Deps, 'storage'>,
  onProgress: (what: 'events' | 'legacy users', done: number) => void = () => undefined,
): Promise<RebuiltFunnel> {
  // Before the events are taken again, because these differences count, too.
  await storage.population.settle();
  const first = await storage.population.counts();
  let events = 0;
  for await (const { type, subject, data, at } of everyLedgerEntry(storage.ledger)) {
    if (!isMigrationEvent(type) || 'demo' in data) continue;
    const end = subject.indexOf(':');
    const legacy = { clientId: subject.slice(0, end), legacyId: subject.slice(end + 1) };
    await storage.population.follow(legacy, { step: stepOfMigration(type), at });
    events += 1;
    if (events % 1_000 === 0) onProgress('events', events);
  }
  const { after } = await storage.population.recount((users) => onProgress('legacy users', users));
  const keys = [...new Set([...Object.keys(first), ...Object.keys(after)])].toSorted();
  const differences = keys
    .map((key) => ({ key, before: first[key] ?? 0, after: after[key] ?? 0 }))
    .filter(({ before, after: now }) => before !== now);
  return { events, differences };
}
