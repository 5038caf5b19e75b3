// The artifacts of oidc-provider, in one collection. One conditional write of one document keeps each promise.
import { trusted } from 'mongoose';
import type { EpochMilliseconds } from '../../domain/account.ts';
import { referencesOf } from '../artifact-references.ts';
import { estimateFrom } from '../estimate-count.ts';
import { fromJson, toJson } from '../../json.ts';
import type { ArtifactStore } from '../storage.ts';
import { DURABLE, NEVER, RECREATABLE } from './collections.ts';
import type { ArtifactDocument, Collections } from './collections.ts';
import { expiredAt, standsAt } from './expiry.ts';
import { creationOrder } from './creation-order.ts';
import { isDuplicateKey } from './mongo-error.ts';

/** Creates the artifact store. */
export function createArtifactStore({ artifacts }: Collections, clock: () => EpochMilliseconds): ArtifactStore {
  return {
    async save(model, id, payload, expiresAt) {
      const now = clock();
      const { made: madeNow, consumed_at, ...fields } = write(model, id, payload, expiresAt, now);
      // `save` keeps the consumption mark: a caller who read the payload before it was consumed must not undo that by writing it back.
      const update = {
        $set: fields,
        $setOnInsert: { made: madeNow },
        ...(consumed_at !== undefined && { $min: { consumed_at } }),
      };
      for (;;) {
        try {
          await artifacts.updateOne({ _id: fields._id, ...standsAt(now) }, update, { upsert: true, ...RECREATABLE });
          return;
        } catch (error) {
          if (!isDuplicateKey(error)) throw error;
        }
        // An expired document is in the way (its consumption mark ends with it), or a parallel call was writing.
        const replacement = { ...fields, made: madeNow, ...(consumed_at !== undefined && { consumed_at }) };
        const { matchedCount } = await artifacts.replaceOne({ _id: fields._id, ...expiredAt(now) }, replacement, RECREATABLE);
        if (matchedCount === 1) return;
      }
    },
    async update(model, id, payload, expiresAt) {
      const now = clock();
      const { made: _made, consumed_at, ...fields } = write(model, id, payload, expiresAt, now);
      const change = { $set: fields, ...(consumed_at !== undefined && { $min: { consumed_at } }) };
      const { matchedCount } = await artifacts.updateOne({ _id: fields._id, ...standsAt(now) }, change, RECREATABLE);
      return matchedCount === 1;
    },
    async find(model, id) {
      return read(await artifacts.findOne({ _id: key(model, id), ...standsAt(clock()) }).lean());
    },
    async findByUid(model, uid) {
      const newest = artifacts.findOne({ uid, model, ...standsAt(clock()) }).sort({ made: -1 });
      return read(await newest.lean());
    },
    async consume(model, id) {
      const now = clock();
      const unconsumed = { _id: key(model, id), consumed_at: trusted({ $exists: false }), ...standsAt(now) };
      const { matchedCount } = await artifacts.updateOne(unconsumed, { $set: { consumed_at: Math.floor(now / 1000) } }, DURABLE);
      return matchedCount === 1;
    },
    async insertOnce(model, id, payload, expiresAt) {
      const now = clock();
      const document = write(model, id, payload, expiresAt, now);
      try {
        await artifacts.replaceOne({ _id: document._id, ...expiredAt(now) }, document, { upsert: true, ...DURABLE });
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },
    async destroy(model, id) {
      const { deletedCount } = await artifacts.deleteOne({ _id: key(model, id), ...standsAt(clock()) }, DURABLE);
      return deletedCount === 1;
    },
    async destroyByGrantId(model, grantId) {
      await artifacts.deleteMany({ grant_id: grantId, model }, DURABLE);
    },
    async listByAccount(model, accountId, limit) {
      const found = artifacts.find({ account_id: accountId, model, ...standsAt(clock()) }, { _id: 1 });
      const documents = await found.sort({ made: -1 }).limit(limit).lean();
      return documents.map(({ _id }) => _id.slice(model.length + 1));
    },
    async listAfter(model, after, limit) {
      // The semicolon is the character after the colon.
      const behind = trusted({ $gt: key(model, after), $lt: `${model};` });
      const documents = await artifacts
        .find({ _id: behind, ...standsAt(clock()) })
        .sort({ _id: 1 })
        .limit(limit)
        .lean();
      return documents.map((document) => ({ id: document._id.slice(model.length + 1), payload: readDocument(document) }));
    },
    async estimateCount(model, sample) {
      const ofModel = { _id: trusted({ $gte: `${model}:`, $lt: `${model};` }) };
      const next = await artifacts.findOne(ofModel, { _id: 1 }).sort({ _id: 1 }).skip(sample).lean();
      return next ? estimateFrom(sample, next._id.slice(model.length + 1)) : artifacts.countDocuments(ofModel).limit(sample);
    },
  };
}

/** Returns the `_id`. Names of models contain no colon. */
function key(model: string, id: string): string {
  return `${model}:${id}`;
}

function write(
  model: string,
  id: string,
  payload: Record<string, unknown>,
  expiresAt: EpochMilliseconds | undefined,
  now: EpochMilliseconds,
): ArtifactDocument {
  return {
    _id: key(model, id),
    model,
    payload: toJson(payload),
    ...referencesOf(model, payload),
    ...(typeof payload['consumed'] === 'number' && { consumed_at: payload['consumed'] }),
    expires_at: expiresAt === undefined ? NEVER : new Date(expiresAt),
    made: creationOrder(now),
  };
}

function read(document: ArtifactDocument | null): Record<string, unknown> | undefined {
  return document ? readDocument(document) : undefined;
}

function readDocument(document: ArtifactDocument): Record<string, unknown> {
  const payload = fromJson(document.payload);
  if (document.consumed_at !== undefined) payload['consumed'] = document.consumed_at;
  return payload;
}
