// Accounts. How an identifier keeps one owner without a transaction: see account-identifiers.ts.
import { trusted } from 'mongoose';
import type { Account } from '../../domain/account.ts';
import { changedIdentifiers, emailKey, identifiersOf } from '../identifiers.ts';
import type { Identifier } from '../identifiers.ts';
import { AlreadyExists, StorageUnavailable, VersionConflict } from '../storage.ts';
import type { AccountStore, LedgerEvent } from '../storage.ts';
import { nextVersion, requireFirstVersion } from '../version.ts';
import { carriedKeys, type AccountIdentifiers } from './account-identifiers.ts';
import { DURABLE, DURABLE_INSERT } from './collections.ts';
import type { AccountDocument, Collections, PendingEvent } from './collections.ts';
import { isDuplicateKey } from './mongo-error.ts';
import { pending } from './pending-events.ts';
import type { PendingEvents } from './pending-events.ts';

export function createAccountStore(
  { accounts, identifiers }: Collections,
  claims: AccountIdentifiers,
  pendingEvents: PendingEvents,
): AccountStore {
  const stands = { version: trusted({ $gte: 1 }) };

  async function findDocument(id: string): Promise<AccountDocument | null> {
    return accounts.findOne({ _id: id, ...stands }).lean();
  }

  /** Writes the next version over the one that `condition` names; answers whether that one stood, and finishes what the write began. */
  async function writeOver(
    condition: { version: number; email_key: string; phone_key: string | null; fence?: number },
    next: Account,
    event: PendingEvent,
  ): Promise<boolean> {
    const $set = { version: next.version, ...carriedKeys(next), document: JSON.stringify(next) };
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

  type Claimed = { key: string; claim: string };

  /** All or none. */
  async function claimAll(wanted: Identifier[], accountId: string): Promise<Claimed[]> {
    const claimed: Claimed[] = [];
    try {
      for (const identifier of wanted) {
        claimed.push({ key: identifier.key, claim: await claims.claim(identifier, accountId) });
      }
      return claimed;
    } catch (error) {
      await forEach(claimed, claims.release);
      throw error;
    }
  }

  async function forEach(claimed: Claimed[], act: (key: string, claim: string) => Promise<void>): Promise<void> {
    for (const { key, claim } of claimed) await act(key, claim);
  }

  async function changeIdentifiers(stored: AccountDocument, next: Account, event: LedgerEvent): Promise<boolean> {
    // Something unfinished may still hold the very identifier that is wanted now.
    await pendingEvents.finish('accounts', stored);
    const { taken, freed } = changedIdentifiers(JSON.parse(stored.document) as Account, next);
    const old = await identifiers.find({ _id: trusted({ $in: freed.map(({ key }) => key) }), account_id: stored._id }).lean();
    const claimed = await claimAll(taken, next.id);
    const releases = old.map(({ _id, claim }) => ({ key: _id, claim }));
    const { version, email_key, phone_key = null, fence } = stored;
    const isWritten = await writeOver({ version, email_key, phone_key, fence }, next, pending(event, releases));
    await forEach(claimed, isWritten ? claims.settle : claims.release);
    return isWritten;
  }

  return {
    async create(account, event) {
      requireFirstVersion(account);
      const { id: _id, version } = account;
      const events = [pending(event)];
      const document = { _id, version, ...carriedKeys(account), fence: 0, document: JSON.stringify(account), events };
      if (await findDocument(_id)) throw new AlreadyExists('id');
      const claimed = await claimAll(identifiersOf(account), _id);
      try {
        await accounts.insertMany([document], DURABLE_INSERT);
      } catch (error) {
        // Where the outcome is not known, the claim stays for whoever finds it.
        if (!isDuplicateKey(error)) throw error;
        await forEach(claimed, claims.release);
        if (await findDocument(_id)) throw new AlreadyExists('id');
        throw new StorageUnavailable('somebody else took this for given up');
      }
      await Promise.all([pendingEvents.finish('accounts', document), forEach(claimed, claims.settle)]);
    },
    async find(id) {
      return read(await findDocument(id));
    },
    async findByEmail(canonicalEmail) {
      const identifier = await identifiers.findOne({ _id: emailKey(canonicalEmail) }).lean();
      if (!identifier) return undefined;
      return read(await accounts.findOne({ _id: identifier.account_id, email_key: identifier._id }).lean());
    },
    async update(account, event) {
      const next = nextVersion(account);
      const sameIdentifiers = { version: account.version, ...carriedKeys(next) };
      if (account.version >= 1 && (await writeOver(sameIdentifiers, next, pending(event)))) return next;
      for (;;) {
        const stored = await findDocument(account.id);
        if (stored?.version !== account.version) throw new VersionConflict();
        // Not written, and yet the version stands: the write was barred. Once more, from the start.
        if (await changeIdentifiers(stored, next, event)) return next;
      }
    },
  };
}

function read(document: AccountDocument | null): Account | undefined {
  return document ? (JSON.parse(document.document) as Account) : undefined;
}
