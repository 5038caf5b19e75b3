// The ledger's part of the storage port; see storage.ts.
import type { EpochMilliseconds } from '../domain/account.ts';
import type { LegacyUserStep } from '../domain/population.ts';

/** An event for the ledger. `data` contains ids and no personal data. */
export type LedgerEvent = {
  /** See `LEDGER_EVENTS`. Earlier and later versions may write other types. */
  type: string;
  /** The account, link or migration concerned. */
  subject: string;
  data: Record<string, string | number | boolean | null>;
  at: EpochMilliseconds;
  /** The step of a legacy user that the event means. It is written to the population and not to the ledger. */
  step?: LegacyUserStep | undefined;
};

/** A stored event. See ledger-chain.ts. */
export type LedgerEntry = Omit<LedgerEvent, 'step'> & {
  /** The chain; the same for all events of a subject. */
  partition: number;
  /** Counts from 1 in each partition. */
  sequence: number;
  /** Unique. */
  event_id: string;
  /** Identifies the key of `hash`. */
  key_id: string;
  /** The hash of the previous entry; for the first entry the hash of the origin. */
  previous_hash: string;
  /** HMAC over all of the above. */
  hash: string;
};

/** An entry of the ledger of earlier versions, which is closed. See closed-ledger.ts. */
export type ClosedLedgerEntry = Omit<LedgerEvent, 'step'> & { sequence: number; previous_hash: string; hash: string };

/** The start of the partitions: the last entry of the closed ledger, or `sequence` 0 if there is none. */
export type LedgerOrigin = {
  sequence: number;
  hash: string;
  /** The finding when the closed ledger was closed; `null` if it was sound. */
  finding: string | null;
};

/** The last entry of a partition; `sequence` 0 and the hash of the origin if the partition is empty. */
export type LedgerHead = { partition: number; sequence: number; hash: string };

/** The heads of all partitions at one moment, signed. See ledger-anchor.ts. */
export type LedgerAnchor = {
  /** Counts from 1. */
  sequence: number;
  /** A JWS in its compact form. */
  document: string;
};

/**
 * The ledger only grows: nothing changes or removes an entry. Each partition is one chain, numbered from 1 without gaps. Events of a
 * subject that were written one after the other are in this order.
 */
export interface Ledger {
  /**
   * Writes an event that is not a change of a stored document. All calls with the same type and occurrence write one entry. Call this
   * before writing the effect of the event. It is as durable as `artifacts.save`: if a power cut loses the event, it also loses
   * everything written later.
   * @param occurrence identifies the occurrence, such as the id of a session that ended
   */
  append(event: LedgerEvent, occurrence: string): Promise<void>;
  /**
   * Resolves when every event acknowledged so far is in its chain. Events are durable before that; a reader that must see all of
   * them calls this first.
   */
  settle(): Promise<void>;
  /** Returns the entries of a partition after a sequence number, in order. */
  read(partition: number, afterSequence: number, limit: number): Promise<LedgerEntry[]>;
  /** Returns the head of each partition, in order. */
  heads(): Promise<LedgerHead[]>;
  origin(): Promise<LedgerOrigin>;
  /** Returns the entries of the closed ledger after a sequence number, in order. */
  readClosed(afterSequence: number, limit: number): Promise<ClosedLedgerEntry[]>;
  /** Writes an anchor. Returns `false` if one with this number exists. */
  addAnchor(anchor: LedgerAnchor): Promise<boolean>;
  /** Returns the anchors after a number, in order. */
  anchors(afterSequence: number, limit: number): Promise<LedgerAnchor[]>;
  lastAnchor(): Promise<LedgerAnchor | undefined>;
}
