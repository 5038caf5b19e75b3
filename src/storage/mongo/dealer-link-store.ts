// Links between accounts and dealers. The `_id` is the pair, which makes it unique.
import { trusted } from 'mongoose';
import type { DealerLink } from '../../domain/dealer-link.ts';
import { fromJson, toJson } from '../../json.ts';
import { AlreadyExists, VersionConflict } from '../storage.ts';
import type { DealerLinkStore } from '../storage.ts';
import { nextVersion, requireFirstVersion } from '../version.ts';
import { DURABLE, DURABLE_INSERT, RECREATABLE } from './collections.ts';
import type { Collections, DealerLinkDocument } from './collections.ts';
import { creationOrder } from './creation-order.ts';
import { isDuplicateKey } from './mongo-error.ts';
import { pending } from './pending-events.ts';
import type { PendingEvents } from './pending-events.ts';

/** An erased link. Its document stays until its last event is in the ledger; see `removeErasedLinks`. */
const ERASED = { version: 0, status: 'erased', account_id: '', document: '' };

/** Removes the documents of erased links whose events are in the ledger. */
export async function removeErasedLinks({ dealerLinks }: Collections): Promise<void> {
  await dealerLinks.deleteMany({ status: ERASED.status, version: 0, events: trusted({ $size: 0 }) }, RECREATABLE);
}

/** Creates the store of dealer links. */
export function createDealerLinkStore(
  { dealerLinks }: Collections,
  clock: () => number,
  pendingEvents: PendingEvents,
): DealerLinkStore {
  return {
    async find(id) {
      const found = await dealerLinks.findOne({ id, version: trusted({ $gte: 1 }) }).lean();
      return found ? read(found) : undefined;
    },
    async listByAccount(accountId) {
      return (await dealerLinks.find({ account_id: accountId }).sort({ made: 1 }).lean()).map(read);
    },
    async create(link, event) {
      requireFirstVersion(link);
      const document = { ...fields(link), _id: key(link), id: link.id, made: creationOrder(clock()), events: [pending(event)] };
      try {
        await dealerLinks.insertMany([document], DURABLE_INSERT);
      } catch (error) {
        throw isDuplicateKey(error) ? new AlreadyExists('dealer_link') : error;
      }
      await pendingEvents.finish('dealerLinks', document);
    },
    async update(link, event) {
      const next = nextVersion(link);
      const changed = await dealerLinks
        .findOneAndUpdate(
          { _id: key(link), id: link.id, version: link.version },
          { $set: fields(next), $push: { events: pending(event) } },
          { returnDocument: 'after', projection: { events: 1 }, ...DURABLE },
        )
        .lean();
      if (!changed) throw new VersionConflict();
      await pendingEvents.finish('dealerLinks', changed);
      return next;
    },
    async erase(link, event) {
      const erased = await dealerLinks
        .findOneAndUpdate(
          { _id: key(link), id: link.id, version: link.version },
          { $set: ERASED, $push: { events: pending(event) } },
          { returnDocument: 'after', projection: { events: 1 }, ...DURABLE },
        )
        .lean();
      if (!erased) throw new VersionConflict();
      await pendingEvents.finish('dealerLinks', erased);
    },
    async listByStatus(status, updatedBefore, limit) {
      const before = dealerLinks.find({ status, updated_at: trusted({ $lt: updatedBefore }) });
      return (await before.sort({ updated_at: 1 }).limit(limit).lean()).map(read);
    },
  };
}

function key({ account_id, dealer }: DealerLink): string {
  return JSON.stringify([account_id, dealer]);
}

function fields(link: DealerLink) {
  const { version, account_id, status, updated_at } = link;
  return { version, account_id, status, updated_at, document: toJson(link) };
}

function read({ document }: Pick<DealerLinkDocument, 'document'>): DealerLink {
  return fromJson(document);
}
