// One-time codes that were mailed. Each promise is one conditional write.
import { trusted } from 'mongoose';
import type { EpochMilliseconds } from '../../domain/account.ts';
import type { EmailCode, EmailCodeStore } from '../storage.ts';
import { DURABLE } from './collections.ts';
import type { Collections, EmailCodeDocument } from './collections.ts';
import { expiredAt, standsAt } from './expiry.ts';
import { isDuplicateKey } from './mongo-error.ts';

export function createEmailCodeStore({ emailCodes }: Collections, clock: () => EpochMilliseconds): EmailCodeStore {
  return {
    async put(code) {
      const { id: _id, code_hmac, attempts, expires_at } = code;
      const document = { _id, code_hmac, attempts, expires_at: new Date(expires_at), document: JSON.stringify(code) };
      for (;;) {
        const standing = await emailCodes.findOne({ _id, ...standsAt(clock()) }).lean();
        if (standing && (JSON.parse(standing.document) as EmailCode).sent_at > code.sent_at) return;
        // One that has expired may lie in the slot: the filter takes it where nothing stands.
        const replaced = standing ? { _id, code_hmac: standing.code_hmac } : { _id, ...expiredAt(clock()) };
        try {
          const { matchedCount, upsertedCount } = await emailCodes.replaceOne(replaced, document, {
            upsert: !standing,
            ...DURABLE,
          });
          if (matchedCount + upsertedCount === 1) return;
        } catch (error) {
          // Two made the first one of this slot at once; the later replaces.
          if (!isDuplicateKey(error)) throw error;
        }
      }
    },
    async find(id) {
      return read(await emailCodes.findOne({ _id: id, ...standsAt(clock()) }).lean());
    },
    async countAttempt(id, maxAttempts) {
      const countable = { _id: id, attempts: trusted({ $lt: maxAttempts }), ...standsAt(clock()) };
      // Only what is read: the in-memory server of the tests answers a whole document as it is when it is sent, not as this left it.
      const options = { returnDocument: 'after', projection: { document: 1, attempts: 1 }, ...DURABLE } as const;
      return read(await emailCodes.findOneAndUpdate(countable, { $inc: { attempts: 1 } }, options).lean());
    },
    async consume(id, codeHmac) {
      const { deletedCount } = await emailCodes.deleteOne({ _id: id, code_hmac: codeHmac, ...standsAt(clock()) }, DURABLE);
      return deletedCount === 1;
    },
  };
}

/** The field counts; the document's `attempts` is what it was when the code was put. */
function read(document: Pick<EmailCodeDocument, 'document' | 'attempts'> | null): EmailCode | undefined {
  return document ? { ...(JSON.parse(document.document) as EmailCode), attempts: document.attempts } : undefined;
}
