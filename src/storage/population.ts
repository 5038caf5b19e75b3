// The population's part of the storage port: the legacy users of a migration, and the counts of its funnel; see storage.ts.
import type { EpochMilliseconds } from '../domain/epoch-milliseconds.ts';
import type { LegacyUser, LegacyUserStep, ListedUser } from '../domain/population.ts';

/** How many rows of a list were new, changed a legacy user, or said nothing new. */
export type ListedCount = { added: number; changed: number; same: number };

/**
 * Every write of a legacy user also adds what it changes to the counts (`countsOfChange`). A kill or a power cut leaves both or neither. The
 * counts are exact when `settle` has resolved; with SQLite always.
 */
export interface PopulationStore {
  find(id: string): Promise<LegacyUser | undefined>;
  /**
   * Writes a new legacy user (`version` 0, stored as 1) or the next version of a stored one. Returns the stored one.
   * @throws {VersionConflict} another write came first
   */
  put(user: LegacyUser): Promise<LegacyUser>;
  /**
   * Takes a step (`followed`), and makes the record if there is none. The same step again changes nothing. It is as durable as
   * `artifacts.save`: a power cut may lose it, and everything that was written later.
   */
  follow(step: LegacyUserStep): Promise<void>;
  /**
   * Takes over rows of a list (`listed`); of two rows with one id the later one counts. With SQLite all of them are one transaction. With
   * MongoDB each row is one write, so a call that throws may have taken over some. A call that is repeated completes it.
   */
  list(rows: readonly ListedUser[]): Promise<ListedCount>;
  /** Returns at most `limit` legacy users in order of id, after the id `after` (empty: from the beginning). */
  listAfter(after: string, limit: number): Promise<LegacyUser[]>;
  /**
   * Returns at most `limit` legacy users who are under way and were not seen since a time (`waitingSince`), the longest first, then by id; after
   * the one that is given.
   */
  listWaiting(before: EpochMilliseconds, limit: number, after?: { since: EpochMilliseconds; id: string }): Promise<LegacyUser[]>;
  /** Returns the counts by key; see `countKey`. Reads the counts alone, however many legacy users there are. */
  counts(): Promise<Record<string, number>>;
  /** Resolves when every change that was acknowledged so far is in the counts. */
  settle(): Promise<void>;
  /**
   * Counts all legacy users anew, in small steps that hold up no other writes, and replaces the counts. Changes that are made meanwhile are
   * counted, too. A call that dies changes nothing.
   * @throws {VersionConflict} another recount has begun; it goes on
   * @param onCounted is called from time to time with how many were counted
   * @returns the counts before and after, as they were at the same moment
   */
  recount(onCounted?: (users: number) => void): Promise<{ before: Record<string, number>; after: Record<string, number> }>;
}
