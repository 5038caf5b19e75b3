// The ledger's part of the port; see storage.ts.
import type { EpochMilliseconds } from '../domain/account.ts';

/** What happened, for the ledger. `data` names things by their ids and holds no personal data. */
export type LedgerEvent = {
  /** See `LEDGER_EVENTS`. Versions before and after this one write other types too. */
  type: string;
  /** The account, link or migration that it happened to. */
  subject: string;
  data: Record<string, string | number | boolean | null>;
  at: EpochMilliseconds;
};

/** An event as the ledger keeps it. See ledger-chain.ts. */
export type LedgerEntry = LedgerEvent & {
  /** The chain: the same for all events of a subject. */
  partition: number;
  /** Counts from 1 in each partition. */
  sequence: number;
  /** No two entries have the same. */
  event_id: string;
  /** Tells the key of `hash`. */
  key_id: string;
  /** The hash of the entry before; of the first one the hash of the origin. */
  previous_hash: string;
  /** HMAC over all of the above. */
  hash: string;
};

/** An entry of the ledger of earlier versions, which is closed. See closed-ledger.ts. */
export type ClosedLedgerEntry = LedgerEvent & { sequence: number; previous_hash: string; hash: string };

/** Where the partitions begin: the last entry of the closed ledger, or `sequence` 0 where there is none. */
export type LedgerOrigin = {
  sequence: number;
  hash: string;
  /** What was wrong with the closed ledger when it was closed; `null` where it was sound. */
  finding: string | null;
};

/** The last entry of a partition; `sequence` 0 and the hash of the origin where it has none. */
export type LedgerHead = { partition: number; sequence: number; hash: string };

/** The heads of all partitions at one moment, signed. See ledger-anchor.ts. */
export type LedgerAnchor = {
  /** Counts from 1. */
  sequence: number;
  /** A JWS in its compact form. */
  document: string;
};

/**
 * Only ever grows: nothing changes or removes an entry. Each partition is one chain, numbered from 1 without a gap. Events of one subject
 * that were written one after the other stand in this order.
 */
export interface Ledger {
  /**
   * Writes an event that is no change of a stored document, once: of any number of calls with this type and occurrence one entry comes.
   * Call it before the thing that it tells of is written. As safe as `artifacts.save`: where a power cut takes the event, it has taken what
   * was written after it.
   * @param occurrence names what happened, such as the id of a session that ended
   */
  append(event: LedgerEvent, occurrence: string): Promise<void>;
  /**
   * Answers when every event that was acknowledged before is in its chain. An event is safe before that; a reader that must not miss it
   * calls this first.
   */
  settle(): Promise<void>;
  /** Entries of a partition after a sequence number, in order. */
  read(partition: number, afterSequence: number, limit: number): Promise<LedgerEntry[]>;
  /** One for each partition, in their order. */
  heads(): Promise<LedgerHead[]>;
  origin(): Promise<LedgerOrigin>;
  /** Entries of the closed ledger after a sequence number, in order. */
  readClosed(afterSequence: number, limit: number): Promise<ClosedLedgerEntry[]>;
  /** Writes an anchor, and answers whether this call did; `false` where one of this number stands. */
  addAnchor(anchor: LedgerAnchor): Promise<boolean>;
  /** Anchors after a number, in order. */
  anchors(afterSequence: number, limit: number): Promise<LedgerAnchor[]>;
  lastAnchor(): Promise<LedgerAnchor | undefined>;
}
