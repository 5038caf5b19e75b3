// Identifiers, of which each may have one account: small documents whose `_id` is the canonical identifier, `email:<address>` or
// `phone:<number>`.
//
// The rule: an identifier counts if the account that it names stands and carries it (`email_key`, `phone_key`). Whoever writes an account claims
// the identifier first, and the write of the account is what makes it count. Between the two – or for ever, where the process died –
// the claim is unfinished.
//
// An unfinished claim of the same account is taken over at once: the same call was made before, or is being made beside this one.
// For another account's, a call waits a moment, bars the unfinished write, and takes the claim over.
//
// Barring: the unfinished write names the account's `fence` as it was before the claim, or makes an account that does not stand yet.
// So counting up the fence, or putting a document of version 0 in the account's place, makes that write fail whenever it comes.
// A call that was barred starts again: it reads the fence first, then claims, and may write over a document of version 0.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { trusted } from 'mongoose';
import type { Account, EpochMilliseconds } from '../../domain/account.ts';
import { emailKey, phoneKey, type Identifier } from '../identifiers.ts';
import { AlreadyExists } from '../storage.ts';
import { DURABLE, DURABLE_INSERT, RECREATABLE } from './collections.ts';
import type { Collections, IdentifierDocument } from './collections.ts';
import { expiredAt } from './expiry.ts';
import { isDuplicateKey } from './mongo-error.ts';

/** An unfinished claim of a living process is a matter of milliseconds. */
const PATIENCE_MS = 400;
const RETRY_MS = 15;
/** Longer than any write may be on its way. */
const BARRED_FOR_MS = 24 * 60 * 60 * 1000;
const ABANDONED_AFTER_MS = 10 * 60 * 1000;
const BATCH = 100;

export type AccountIdentifiers = {
  /**
   * Claims an identifier for an account; answers the name of the claim. The account may carry the identifier already.
   * @throws {AlreadyExists} another account carries it.
   */
  claim(identifier: Identifier, accountId: string): Promise<string>;
  /** The account carries it now. */
  settle(key: string, claim: string): Promise<void>;
  /** Gives a claim back that came to nothing. Settles it where a parallel call made the account carry it. */
  finish(key: string, claim: string, accountId: string): Promise<void>;
  /** Undoes or settles claims that nobody came back to. */
  finishAbandoned(): Promise<void>;
};

export function createAccountIdentifiers(
  { accounts, identifiers }: Collections,
  clock: () => EpochMilliseconds,
): AccountIdentifiers {
  async function counts({ _id, account_id }: Pick<IdentifierDocument, '_id' | 'account_id'>): Promise<boolean> {
    return (await accounts.exists({ _id: account_id, [fieldOf(_id)]: _id })) !== null;
  }

  /** Answers `false` where the write came first: then the identifier counts. */
  async function bar({ _id, account_id }: Pick<IdentifierDocument, '_id' | 'account_id'>): Promise<boolean> {
    const withoutIt = { _id: account_id, [fieldOf(_id)]: trusted({ $ne: _id }) };
    const { matchedCount } = await accounts.updateOne(withoutIt, { $inc: { fence: 1 } }, DURABLE);
    if (matchedCount === 1) return true;
    const expires_at = new Date(clock() + BARRED_FOR_MS);
    try {
      const nobody = { _id: account_id, version: 0, email_key: '', fence: 0, document: '', events: [], expires_at };
      await accounts.insertMany([nobody], DURABLE_INSERT);
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
      // The same call may be under way elsewhere and rely on this claim. It is barred, and starts again.
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
        // An own claim gets a new name too, so that the call that left it cannot give it back.
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
      await accounts.deleteMany({ version: 0, ...expiredAt(clock()) }, RECREATABLE);
    },
  };
}

/** The fields in which an account carries its identifiers. */
export function carriedKeys({ email_canonical, phone_canonical }: Account): { email_key: string; phone_key: string | null } {
  return {
    email_key: emailKey(email_canonical),
    phone_key: phone_canonical === undefined ? null : phoneKey(phone_canonical),
  };
}

/** Where an account carries it. */
function fieldOf(key: string): 'email_key' | 'phone_key' {
  return key.startsWith('phone:') ? 'phone_key' : 'email_key';
}
