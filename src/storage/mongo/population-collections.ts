// The collections of the legacy users of a migration, and of the counts of its funnel.
import { Schema } from 'mongoose';
import type { LegacyUser } from '../../domain/population.ts';
import { fromJson, type Json } from '../../json.ts';
import type { DefineCollection } from './ledger-collections.ts';

export type LegacyUserDocument = {
  _id: string;
  version: number;
  /** See `waitingSince`. */
  waiting_since: number | null;
  document: Json<LegacyUser>;
  /** What the changes of this document add to the counts, until they are counted. */
  deltas: { id: string; counts: Json<Record<string, number>> }[];
};

/** A batch that is in the counts, and may still be in its documents. */
export type CountedBatch = { _id: string; deltas: string[] }[];
/** A recount under way, and the id up to which it has counted. */
export type Recount = { generation: number; counted_to: string; counts: Record<string, number> };

/** The counts of the funnel, which are one document; see count-funnel.ts. */
export type FunnelDocument = {
  _id: string;
  version: number;
  counts: Json<Record<string, number>>;
  batch: Json<CountedBatch> | null;
  recount: Json<Recount> | null;
};

const text = { type: String, required: true };
const number = { type: Number, required: true };
const optionalText = { type: String, default: null };
const deltas = { type: [new Schema({ id: text, counts: text }, { _id: false })], default: [] };

/** Defines the models. */
export function definePopulationCollections(define: DefineCollection) {
  return {
    population: define<LegacyUserDocument>(
      'population',
      { _id: text, version: number, waiting_since: { type: Number, default: null }, document: text, deltas },
      [
        [
          { waiting_since: 1, _id: 1 },
          { name: 'by_waiting', partialFilterExpression: { waiting_since: { $gte: 0 } } },
        ],
        [{ 'deltas.id': 1 }, { name: 'by_delta', partialFilterExpression: { 'deltas.id': { $gt: '' } } }],
      ],
    ),
    funnel: define<FunnelDocument>(
      'funnel',
      { _id: text, version: number, counts: text, batch: optionalText, recount: optionalText },
      [],
    ),
  };
}

/** Reads the legacy user of a document. */
export function readLegacyUser({ document }: Pick<LegacyUserDocument, 'document'>): LegacyUser {
  return fromJson(document);
}
