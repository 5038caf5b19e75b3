// Unique identifiers of accounts: small documents whose `_id` is the canonical identifier, `email:<address>` or `phone:<number>`.
//
// The rule: an identifier counts if the account that it names exists and has it (`email_key`, `phone_key`). A writer of an account first
// claims the identifier; the write of the account then makes it count. In between, or forever if the process dies, the claim is
// unfinished.
//
// An unfinished claim of the same account is taken over immediately, because it belongs to an earlier or parallel identical call.
// For an unfinished claim of another account, a call waits a moment, bars the unfinished write, and takes the claim over.
//
// Barring: the unfinished write requires the account's `fence` from before the claim, or creates a new account. So incrementing the
// fence, or putting a document of version 0 in the account's place, makes that write fail whenever it arrives. A barred call starts
// again: it reads the fence, then claims, and may overwrite a document of version 0.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { trusted } from 'mongoose';
import type { Account, EpochMilliseconds } from '../../domain/account.ts';
import { emailKey, phoneKey, type Identifier } from '../identifiers.ts';
import { AlreadyExists } from '../storage.ts';
import { DURABLE, DURABLE_INSERT, RECREATABLE } from './collections.ts';
import type { AccountDocument, Collections, IdentifierDocument } from './collections.ts';
import { expiredAt } from './expiry.ts';
import { isDuplicateKey } from './mongo-error.ts';

/** A running process finishes a claim within milliseconds. */
const PATIENCE_MS = 400;
const RETRY_MS = 15;
/** Longer than any write can be in transit. */
const BARRED_FOR_MS = 24 * 60 * 60 * 1000;
const ABANDONED_AFTER_MS = 10 * 60 * 1000;
const BATCH = 100;

export type AccountIdentifiers = {
  /**
   * Claims an identifier for an account, and returns the id of the claim. The account may already have the identifier.
   * @throws {AlreadyExists} another account has it.
   */
  claim(identifier: Identifier, accountId: string): Promise<string>;
  /** Marks the claim as finished: the account now has the identifier. */
  settle(key: string, claim: string): Promise<void>;
  /** Releases a claim whose write failed, or settles it if a parallel call gave the account the identifier. */
  finish(key: string, claim: string, accountId: string): Promise<void>;
  /** Releases or settles abandoned claims. */
  finishAbandoned(): Promise<void>;
};

/** Creates the functions that claim and release identifiers. */
export function createAccountIdentifiers(
  { accounts, identifiers }: Collections,
  clock: () => EpochMilliseconds,
): AccountIdentifiers {
  async function counts({ _id, account_id }: Pick<IdentifierDocument, '_id' | 'account_id'>): Promise<boolean> {
    return (await accounts.exists({ _id: account_id, [fieldOf(_id)]: _id })) !== null;
  }

  /** Returns `false` if the write came first, so that the identifier counts. */
  async function bar({ _id, account_id }: Pick<IdentifierDocument, '_id' | 'account_id'>): Promise<boolean> {
    const withoutIt = { _id: account_id, [fieldOf(_id)]: trusted({ $ne: _id }) };
    const { matchedCount } = await accounts.updateOne(withoutIt, { $inc: { fence: 1 } }, DURABLE);
    if (matchedCount === 1) return true;
    try {
      const document = { _id: account_id, ...nobody(clock()), fence: 0, document: '', events: [] };
      await accounts.insertMany([document], DURABLE_INSERT);
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  async function insert(document: IdentifierDocument): Promise<boolean> {
    try {
      await identifiers.insertMany([document], DURABLE_INSERT);
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  async function settle(key: string, claim: string): Promise<void> {
    await identifiers.updateOne({ _id: key, claim }, { $unset: { unsettled_at: 1 } }, RECREATABLE);
  }

  async function finish(key: string, claim: string, accountId: string): Promise<void> {
    const claimed = { _id: key, claim, account_id: accountId };
    while (!(await counts(claimed))) {
      // A parallel identical call may rely on this claim. It is barred and starts again.
      if (!(await bar(claimed))) continue;
      await identifiers.deleteOne({ _id: key, claim }, DURABLE);
      return;
    }
    await settle(key, claim);
  }

  return {
    settle,
    finish,
    async claim({ what, key }, accountId) {
      const mine = { account_id: accountId, claim: randomUUID(), unsettled_at: new Date(clock()) };
      let seen = { claim: '', since: 0 };
      while (!(await insert({ _id: key, ...mine }))) {
        const standing = await identifiers.findOne({ _id: key }).lean();
        if (!standing) continue;
        const isOwn = standing.account_id === accountId;
        if (await counts(standing)) {
          if (isOwn) return standing.claim;
          throw new AlreadyExists(what);
        }
        if (!isOwn) {
          if (standing.claim !== seen.claim) seen = { claim: standing.claim, since: performance.now() };
          if (performance.now() - seen.since < PATIENCE_MS) {
            await sleep(RETRY_MS * (1 + Math.random()));
            continue;
          }
          if (!(await bar(standing))) continue;
        }
        // Our own account's claim also gets a new id, so that the call that left it cannot release it.
        const { matchedCount } = await identifiers.updateOne({ _id: key, claim: standing.claim }, { $set: mine }, DURABLE);
        if (matchedCount === 1) break;
      }
      return mine.claim;
    },
    async finishAbandoned() {
      const old = { unsettled_at: trusted({ $lte: new Date(clock() - ABANDONED_AFTER_MS) }) };
      for (const { _id, claim, account_id } of await identifiers.find(old).limit(BATCH).lean()) {
        await finish(_id, claim, account_id);
      }
      const ended = { version: 0, events: trusted({ $size: 0 }), ...expiredAt(clock()) };
      await accounts.deleteMany(ended, RECREATABLE);
    },
  };
}

/** Returns the fields of a document that is no account, or no longer. It is removed a day later. */
export function nobody(now: EpochMilliseconds): Pick<AccountDocument, 'version' | 'email_key' | 'phone_key' | 'expires_at'> {
  return { version: 0, email_key: '', phone_key: null, expires_at: new Date(now + BARRED_FOR_MS) };
}

/** Returns the fields with an account's identifiers. */
export function carriedKeys({ email_canonical, phone_canonical }: Account): { email_key: string; phone_key: string | null } {
  return {
    email_key: emailKey(email_canonical),
    phone_key: phone_canonical === undefined ? null : phoneKey(phone_canonical),
  };
}

/** Returns the field for an identifier. */
function fieldOf(key: string): 'email_key' | 'phone_key' {
  return key.startsWith('phone:') ? 'phone_key' : 'email_key';
}
