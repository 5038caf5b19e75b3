// Accounts. How an identifier keeps one owner without a transaction: see account-identifiers.ts.
import { trusted } from 'mongoose';
import type { Account } from '../../domain/account.ts';
import { AlreadyExists, StorageUnavailable, VersionConflict } from '../storage.ts';
import type { AccountStore, LedgerEvent } from '../storage.ts';
import { nextVersion, requireFirstVersion } from '../version.ts';
import type { AccountIdentifiers } from './account-identifiers.ts';
import { DURABLE } from './collections.ts';
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
  const emailKey = ({ email_canonical }: Account): string => `email:${email_canonical}`;

  async function findDocument(id: string): Promise<AccountDocument | null> {
    return accounts.findOne({ _id: id, ...stands }).lean();
  }

  /** Writes the next version over the one that `condition` names; answers whether that one stood, and finishes what the write began. */
  async function writeOver(
    condition: { version: number; email_key?: string; fence?: number },
    next: Account,
    event: PendingEvent,
  ): Promise<boolean> {
    const $set = { version: next.version, email_key: emailKey(next), document: JSON.stringify(next) };
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

  async function changeEmail(stored: AccountDocument, next: Account, event: LedgerEvent): Promise<boolean> {
    // Something unfinished may still hold the very address that is wanted now.
    await pendingEvents.finish('accounts', stored);
    const old = await identifiers.findOne({ _id: stored.email_key, account_id: stored._id }).lean();
    const key = emailKey(next);
    const claim = await claims.claim(key, next.id);
    const releases = old ? { key: old._id, claim: old.claim } : undefined;
    const condition = { version: stored.version, email_key: stored.email_key, fence: stored.fence };
    const isWritten = await writeOver(condition, next, pending(event, releases));
    await (isWritten ? claims.settle(key, claim) : claims.release(key, claim));
    return isWritten;
  }

  return {
    async create(account, event) {
      requireFirstVersion(account);
      const { id: _id, version } = account;
      const email_key = emailKey(account);
      const events = [pending(event)];
      const document = { _id, version, email_key, fence: 0, document: JSON.stringify(account), events };
      if (await findDocument(_id)) throw new AlreadyExists('id');
      const claim = await claims.claim(email_key, _id);
      try {
        await accounts.insertMany([document], { lean: true, ...DURABLE });
      } catch (error) {
        // Where the outcome is not known, the claim stays for whoever finds it.
        if (!isDuplicateKey(error)) throw error;
        await claims.release(email_key, claim);
        if (await findDocument(_id)) throw new AlreadyExists('id');
        throw new StorageUnavailable('somebody else took this for given up');
      }
      await Promise.all([pendingEvents.finish('accounts', document), claims.settle(email_key, claim)]);
    },
    async find(id) {
      return read(await findDocument(id));
    },
    async findByEmail(canonicalEmail) {
      const identifier = await identifiers.findOne({ _id: `email:${canonicalEmail}` }).lean();
      if (!identifier) return undefined;
      return read(await accounts.findOne({ _id: identifier.account_id, email_key: identifier._id }).lean());
    },
    async update(account, event) {
      const next = nextVersion(account);
      const sameAddress = { version: account.version, email_key: emailKey(next) };
      if (account.version >= 1 && (await writeOver(sameAddress, next, pending(event)))) return next;
      for (;;) {
        const stored = await findDocument(account.id);
        if (stored?.version !== account.version) throw new VersionConflict();
        // Not written, and yet the version stands: the write was barred. Once more, from the start.
        if (await changeEmail(stored, next, event)) return next;
      }
    },
  };
}

function read(document: AccountDocument | null): Account | undefined {
  return document ? (JSON.parse(document.document) as Account) : undefined;
}
