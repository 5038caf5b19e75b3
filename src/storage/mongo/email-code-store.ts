// Mailed one-time codes. One conditional write keeps each promise.
import { trusted } from 'mongoose';
import type { EpochMilliseconds } from '../../domain/account.ts';
import { fromJson, toJson } from '../../json.ts';
import type { EmailCode, EmailCodeStore } from '../storage.ts';
import { DURABLE } from './collections.ts';
import type { Collections, EmailCodeDocument } from './collections.ts';
import { expiredAt, standsAt } from './expiry.ts';
import { isDuplicateKey } from './mongo-error.ts';

/** Creates the store of mailed codes. */
export function createEmailCodeStore({ emailCodes }: Collections, clock: () => EpochMilliseconds): EmailCodeStore {
  return {
    async put(code) {
      const { id: _id, code_hmac, attempts, expires_at } = code;
      const document = { _id, code_hmac, attempts, expires_at: new Date(expires_at), document: toJson(code) };
      for (;;) {
        const standing = await emailCodes.findOne({ _id, ...standsAt(clock()) }).lean();
        if (standing && fromJson(standing.document).sent_at > code.sent_at) return;
        // If there is no valid code, the filter also matches an expired one in the slot.
        const replaced = standing ? { _id, code_hmac: standing.code_hmac } : { _id, ...expiredAt(clock()) };
        try {
          const { matchedCount, upsertedCount } = await emailCodes.replaceOne(replaced, document, {
            upsert: !standing,
            ...DURABLE,
          });
          if (matchedCount + upsertedCount === 1) return;
        } catch (error) {
          // Two calls created the first code of this slot at the same time; the later one replaces it.
          if (!isDuplicateKey(error)) throw error;
        }
      }
    },
    async find(id) {
      return read(await emailCodes.findOne({ _id: id, ...standsAt(clock()) }).lean());
    },
    async countAttempt(id, maxAttempts) {
      const countable = { _id: id, attempts: trusted({ $lt: maxAttempts }), ...standsAt(clock()) };
      // Only the needed fields, because the tests' in-memory server returns a whole document in its state at sending, not right after this update.
      const options = { returnDocument: 'after', projection: { document: 1, attempts: 1 }, ...DURABLE } as const;
      return read(await emailCodes.findOneAndUpdate(countable, { $inc: { attempts: 1 } }, options).lean());
    },
    async consume(id, codeHmac) {
      const { deletedCount } = await emailCodes.deleteOne({ _id: id, code_hmac: codeHmac, ...standsAt(clock()) }, DURABLE);
      return deletedCount === 1;
    },
  };
}

/** The field has the current number of attempts; the document has the initial one. */
function read(document: Pick<EmailCodeDocument, 'document' | 'attempts'> | null): EmailCode | undefined {
  return document ? { ...fromJson(document.document), attempts: document.attempts } : undefined;
}
