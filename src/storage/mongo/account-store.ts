// Accounts. account-identifiers.ts explains how identifiers stay unique without a transaction.
import { trusted } from 'mongoose';
import type { Account, EpochMilliseconds } from '../../domain/account.ts';
import { changedIdentifiers, emailKey, identifiersOf, phoneKey } from '../identifiers.ts';
import type { Identifier } from '../identifiers.ts';
import { fromJson, toJson } from '../../json.ts';
import { AlreadyExists, VersionConflict } from '../storage.ts';
import type { AccountStore } from '../storage.ts';
import { nextVersion, requireFirstVersion } from '../version.ts';
import { carriedKeys, nobody, type AccountIdentifiers } from './account-identifiers.ts';
import { DURABLE, DURABLE_INSERT } from './collections.ts';
import type { AccountDocument, Collections, PendingEvent } from './collections.ts';
import { isDuplicateKey } from './mongo-error.ts';
import { pending } from './pending-events.ts';
import type { PendingEvents } from './pending-events.ts';

/** Creates the account store. */
export function createAccountStore(
  { accounts, identifiers }: Collections,
  claims: AccountIdentifiers,
  pendingEvents: PendingEvents,
  clock: () => EpochMilliseconds,
): AccountStore {
  const stands = { version: trusted({ $gte: 1 }) };

  async function findDocument(id: string): Promise<AccountDocument | null> {
    return accounts.findOne({ _id: id, ...stands }).lean();
  }

  /** Finds the account that an identifier names, if the account has the identifier. */
  async function findBy(field: 'email_key' | 'phone_key', key: string): Promise<Account | undefined> {
    const identifier = await identifiers.findOne({ _id: key }).lean();
    if (!identifier) return undefined;
    return read(await accounts.findOne({ _id: identifier.account_id, [field]: key }).lean());
  }

  /** Writes the next version over the one that `condition` matches, and completes the write. Returns whether there was a match. */
  async function writeOver(
    condition: { version: number; email_key: string; phone_key: string | null; fence?: number },
    next: Account,
    event: PendingEvent,
  ): Promise<boolean> {
    const $set = { version: next.version, ...carriedKeys(next), document: toJson(next) };
    const changed = await accounts
      .findOneAndUpdate(
        { _id: next.id, ...condition },
        { $set, $push: { events: event } },
        { returnDocument: 'after', projection: { events: 1 }, ...DURABLE },
      )
      .lean();
    if (!changed) return false;
    await pendingEvents.finish('accounts', changed);
    return true;
  }

  /** The ids of claims, by key. */
  type Claimed = Map<string, string>;

  /**
   * Runs a write that claims identifiers of an account. If the write is refused, its claims are released. If the outcome is unknown, the
   * claims stay for a repetition of the call, or for the next call that finds them.
   */
  async function withClaims(accountId: string, write: (claimed: Claimed) => Promise<void>): Promise<void> {
    const claimed: Claimed = new Map();
    try {
      await write(claimed);
    } catch (error) {
      if (!(error instanceof AlreadyExists || error instanceof VersionConflict)) throw error;
      for (const [key, claim] of claimed) await claims.finish(key, claim, accountId);
      throw error;
    }
    for (const [key, claim] of claimed) await claims.settle(key, claim);
  }

  async function claimAll(wanted: Identifier[], accountId: string, claimed: Claimed): Promise<void> {
    for (const identifier of wanted) claimed.set(identifier.key, await claims.claim(identifier, accountId));
  }

  /** Writes a new account, over a document of version 0 if one is in its place. Returns whether it did. */
  async function writeNew(document: AccountDocument, barred: AccountDocument | null): Promise<boolean> {
    const { _id } = document;
    if (barred) {
      const { fence } = barred;
      const replaced = await accounts.replaceOne({ _id, version: 0, fence }, { ...document, fence }, DURABLE);
      return replaced.matchedCount === 1;
    }
    try {
      await accounts.insertMany([document], DURABLE_INSERT);
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  return {
    async create(account, event) {
      requireFirstVersion(account);
      const { id: _id, version } = account;
      const events = [pending(event)];
      const document = { _id, version, ...carriedKeys(account), fence: 0, document: toJson(account), events };
      await withClaims(_id, async (claimed) => {
        for (;;) {
          // Read before the claims, because a call that takes one of them over changes this document.
          const found = await accounts.findOne({ _id }).lean();
          if (found && found.version >= 1) throw new AlreadyExists('id');
          await claimAll(identifiersOf(account), _id, claimed);
          if (await writeNew(document, found)) return;
          // A parallel identical call was faster, or a claim was taken over. Start again.
        }
      });
      await pendingEvents.finish('accounts', document);
    },
    async find(id) {
      return read(await findDocument(id));
    },
    findByEmail: async (canonicalEmail) => findBy('email_key', emailKey(canonicalEmail)),
    findByPhone: async (canonicalPhone) => findBy('phone_key', phoneKey(canonicalPhone)),
    async update(account, event) {
      const next = nextVersion(account);
      const sameIdentifiers = { version: account.version, ...carriedKeys(next) };
      if (account.version >= 1 && (await writeOver(sameIdentifiers, next, pending(event)))) return next;
      await withClaims(next.id, async (claimed) => {
        for (;;) {
          // Read before the claims, to get the fence.
          const stored = await findDocument(account.id);
          if (stored?.version !== account.version) throw new VersionConflict();
          // An unfinished earlier change may still hold the wanted identifier.
          await pendingEvents.finish('accounts', stored);
          const { taken, freed } = changedIdentifiers(fromJson(stored.document), next);
          const old = await identifiers.find({ _id: trusted({ $in: freed.map(({ key }) => key) }), account_id: next.id }).lean();
          await claimAll(taken, next.id, claimed);
          const releases = old.map(({ _id, claim }) => ({ key: _id, claim }));
          const { version, email_key, phone_key = null, fence } = stored;
          if (await writeOver({ version, email_key, phone_key, fence }, next, pending(event, releases))) return;
          // A parallel identical call was faster, or the write was barred. Start again.
        }
      });
      return next;
    },
    async erase(account, event) {
      const stored = await findDocument(account.id);
      if (stored?.version !== account.version) throw new VersionConflict();
      await pendingEvents.finish('accounts', stored);
      const carried = [stored.email_key, stored.phone_key ?? []].flat();
      const releases = await identifiers.find({ _id: trusted({ $in: carried }), account_id: account.id }).lean();
      const erased = await accounts
        .findOneAndUpdate(
          { _id: account.id, version: account.version },
          {
            $set: { ...nobody(clock()), document: '' },
            $push: {
              events: pending(
                event,
                releases.map(({ _id, claim }) => ({ key: _id, claim })),
              ),
            },
          },
          { returnDocument: 'after', projection: { events: 1 }, ...DURABLE },
        )
        .lean();
      if (!erased) throw new VersionConflict();
      await pendingEvents.finish('accounts', erased);
    },
  };
}

function read(document: AccountDocument | null): Account | undefined {
  return document ? fromJson(document.document) : undefined;
}
