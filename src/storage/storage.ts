// The storage port: the interface of the database, and the promises of every backend. `test/storage/conformance/` tests each backend
// against every sentence here. The code above this file does not know which backend runs.
//
// Promises that hold for every method:
// - When a method resolves, the write survives a kill of the process and a power cut. Only records that another login recreates
//   (`artifacts.save`, interaction facts, legacy profiles, counters) may be lost in a power cut. Removals (a redeemed code, a destroyed
//   token) are never lost. The end of an interaction may be lost only together with everything that resulted from it.
// - A value (any JSON; a member that is `undefined` counts as absent) is returned deep-equal to the stored one, and as a copy: changing
//   it changes nothing in the storage.
// - An expired record (from `expires_at` on) is not found, whether or not it was swept, and its id is free.
// - Unique records stay unique no matter how many processes write at the same moment, also on a sharded cluster: the account of a canonical
//   address and of a login number, the migration of a client's legacy id, the link of an account and a dealer, the job of a key.
// - A method that throws has changed nothing, and other records are unaffected. After `StorageUnavailable` only the next read can tell.
// - A call may be repeated after `StorageUnavailable`, a kill or a sweep, and made twice in parallel. The result is the same as after one
//   call, and leftovers of the first call do not block it. If the first call was stored, the second one fails like any late
//   call: `AlreadyExists` `id` or `dealer_link`, `VersionConflict`, or `false`. The caller reads, and finds its own write.
// - A number (a time, version, expiry, points or limit, alone or in a record) is an integer of at most 4,320,000,000,000,000; points are at
//   most 2,147,483,647. Numbers in a payload and in an event's `data` may be any that JSON can represent. Others are refused with `OddNumber`.
// - A method that changes an account, a dealer link or a migration also takes the event for the ledger, and writes both or neither.
//   Each change has one event. If the event has a step of a legacy user, `population.follow` takes it, too: with SQLite in the same
//   transaction, with MongoDB when the event is moved to the ledger, at the latest by `ledger.settle` or `population.settle`.
import type { Account, EpochMilliseconds } from '../domain/account.ts';
import type { DealerLink } from '../domain/dealer-link.ts';
import type { Migration } from '../domain/migration.ts';
import type { ListedByAccount } from './artifact-references.ts';
import type { ExpiringStores } from './expiring-records.ts';
import type { Ledger, LedgerEvent } from './ledger.ts';
import type { PopulationStore } from './population.ts';

export type * from './expiring-records.ts';
export type * from './ledger.ts';
export type * from './population.ts';

/** A write named a version that is not the stored one, because another write came first. Read again, then decide. */
export class VersionConflict extends Error {
  override name = 'VersionConflict';
  override message = 'another write came first';
}

/** A write would give a second owner to something unique. */
export class AlreadyExists extends Error {
  override name = 'AlreadyExists';
  /** What is taken, for example `email` or `phone`. Never the value: it may be personal data. */
  readonly what: string;
  constructor(what: string) {
    super(`${what} already exists`);
    this.what = what;
  }
}

/** The database cannot be reached or written now. It is unknown whether the write was stored. Retry later (HTTP 503). */
export class StorageUnavailable extends Error {
  override name = 'StorageUnavailable';
  readonly code = 'busy';
  readonly status = 503;
  readonly retryAfterSeconds = 5;
}

/** A bug: an unchecked number that the backends cannot store exactly. Nothing was written. */
export class OddNumber extends RangeError {
  override name = 'OddNumber';
  override message = 'a number for the database is not finite, not an integer, or too large';
}

/** The artifacts of oidc-provider: sessions, grants, codes, tokens, pushed requests, interactions, replay marks. */
export interface ArtifactStore {
  /**
   * Writes or replaces an artifact; `expiresAt` is `undefined` if it never expires. A consumed artifact stays consumed, even if the
   * payload was read before.
   */
  save(model: string, id: string, payload: Record<string, unknown>, expiresAt: EpochMilliseconds | undefined): Promise<void>;
  /**
   * Replaces an existing artifact, and returns whether there was one. A destroyed or expired artifact is not written again, even if it
   * was read before. A consumed artifact stays consumed.
   */
  update(model: string, id: string, payload: Record<string, unknown>, expiresAt: EpochMilliseconds | undefined): Promise<boolean>;
  /** Returns the payload; if it was consumed, with `consumed` (seconds since 1970). */
  find(model: string, id: string): Promise<Record<string, unknown> | undefined>;
  /** Finds the newest artifact with this `uid` in its payload (sessions). */
  findByUid(model: string, uid: string): Promise<Record<string, unknown> | undefined>;
  /**
   * Marks as consumed, and returns whether this call did it. Of parallel calls, also from different processes, exactly one
   * returns `true`. Returns `false` if the artifact is gone, expired or already consumed.
   */
  consume(model: string, id: string): Promise<boolean>;
  /**
   * Writes unless an unexpired artifact has this id, and returns whether this call wrote. Of parallel calls exactly one does.
   */
  insertOnce(model: string, id: string, payload: Record<string, unknown>, expiresAt: EpochMilliseconds): Promise<boolean>;
  /** Removes the artifact, and returns whether this call did. Of parallel calls exactly one returns `true`. */
  destroy(model: string, id: string): Promise<boolean>;
  /** Removes all artifacts of the model whose payload has this `grantId`. */
  destroyByGrantId(model: string, grantId: string): Promise<void>;
  /** Returns at most `limit` ids of artifacts of the model whose payload has this `accountId`, newest first. */
  listByAccount(model: ListedByAccount, accountId: string, limit: number): Promise<string[]>;
  /** Returns at most `limit` artifacts of the model in order of id, after the id `after` (empty: from the beginning). */
  listAfter(model: string, after: string, limit: number): Promise<{ id: string; payload: Record<string, unknown> }[]>;
  /**
   * Returns how many artifacts of the model there are, with expired ones that were not swept yet. Exact up to `sample`; above it an estimate
   * from the spread of `sample` ids, for ids that are random texts of base64url. Reads `sample` entries of an index, however many there are.
   */
  estimateCount(model: string, sample: number): Promise<number>;
}

export interface AccountStore {
  /**
   * Writes an account (its `version` must be 1; @throws {RangeError}).
   * @throws {AlreadyExists} `email` or `phone`: another account has the canonical address, or the number as its login ID, also with
   * parallel writers; `id`: this account exists, perhaps from an earlier identical call. An unfinished call for the same account
   * never blocks this one; an unfinished call for another account blocks it only for a moment.
   */
  create(account: Account, event: LedgerEvent): Promise<void>;
  find(id: string): Promise<Account | undefined>;
  findByEmail(canonicalEmail: string): Promise<Account | undefined>;
  /** Finds the account whose login ID is this number; not one that has it only in its profile. */
  findByPhone(canonicalPhone: string): Promise<Account | undefined>;
  /**
   * Writes and returns the next version; `account.version` is the version that was read. If the canonical address or the login
   * number changes, the old one is freed and the new one taken at the same moment.
   * @throws {VersionConflict} another write came first, or there is no such account.
   * @throws {AlreadyExists} `email`, `phone`: the new value is taken; the account is unchanged.
   */
  update(account: Account, event: LedgerEvent): Promise<Account>;
  /**
   * Removes an account, and frees its address and login number; `account.version` is the version that was read.
   * @throws {VersionConflict} another write came first, or there is no such account, perhaps because of an earlier identical call.
   */
  erase(account: Account, event: LedgerEvent): Promise<void>;
}

/** A mailed one-time code. A slot has one code at a time. */
export type EmailCode = {
  /** The slot: the purpose of the code, and its interaction. */
  id: string;
  /** HMAC of the code, the slot and the address under a server key. The code itself is only in the mail. */
  code_hmac: string;
  /** The canonical address that the code proves. */
  email_canonical: string;
  attempts: number;
  sent_at: EpochMilliseconds;
  expires_at: EpochMilliseconds;
};

export interface EmailCodeStore {
  /**
   * Puts a code into its slot, with its attempts, and so invalidates the previous code. Does nothing if the slot has a
   * newer code (`sent_at`), so that a delayed request does not invalidate the code of the newest mail.
   */
  put(code: EmailCode): Promise<void>;
  /** Returns the slot's code without counting an attempt; only for showing when it was sent. */
  find(id: string): Promise<EmailCode | undefined>;
  /**
   * Counts one attempt and returns the code to compare with; `undefined` if there is none, it has expired, or
   * `maxAttempts` were already counted. Counting is atomic and comes before the comparison: of any number of parallel calls, at
   * most `maxAttempts` get the code.
   */
  countAttempt(id: string, maxAttempts: number): Promise<EmailCode | undefined>;
  /** Removes the code from its slot if it is still this one. Of parallel calls exactly one returns `true`. */
  consume(id: string, codeHmac: string): Promise<boolean>;
}

export interface DealerLinkStore {
  find(id: string): Promise<DealerLink | undefined>;
  /** Oldest first. */
  listByAccount(accountId: string): Promise<DealerLink[]>;
  /**
   * Writes a link (its `version` must be 1; @throws {RangeError}).
   * @throws {AlreadyExists} `dealer_link`: this account and dealer have one.
   */
  create(link: DealerLink, event: LedgerEvent): Promise<void>;
  /** Writes the next version. @throws {VersionConflict} another write came first. */
  update(link: DealerLink, event: LedgerEvent): Promise<DealerLink>;
  /**
   * Removes a link whose account is about to be erased, so the pair is not linked again; `link.version` is the version that was read.
   * @throws {VersionConflict} another write came first, or there is no such link, perhaps because of an earlier identical call.
   */
  erase(link: DealerLink, event: LedgerEvent): Promise<void>;
  /** Returns links of this status that were last changed before a time, oldest first, to complete interrupted work. */
  listByStatus(status: DealerLink['status'], updatedBefore: EpochMilliseconds, limit: number): Promise<DealerLink[]>;
}

export interface MigrationStore {
  find(clientId: string, legacyId: string): Promise<Migration | undefined>;
  /** Returns the final migrations of this account (`account_id`), oldest first; not those for which it is only a candidate. */
  listByAccount(accountId: string): Promise<Migration[]>;
  /** Returns the migrations for which this account is only a candidate, oldest first. */
  listByCandidate(accountId: string): Promise<Migration[]>;
  /** Finds the migration whose candidate waits for the code with this PKCE challenge. */
  findByCandidateChallenge(clientId: string, codeChallenge: string): Promise<Migration | undefined>;
  /**
   * Writes a new migration (`version` 0) or the next version of a stored one.
   * @throws {VersionConflict} another write came first, which may be the first one of this client and legacy id.
   */
  put(migration: Migration, event: LedgerEvent): Promise<Migration>;
}

/** A durable job. Its `payload` depends on the kind, and is removed when the job is done, because it may contain personal data. */
export type Job = {
  /** Jobs with the same key are one job. */
  key: string;
  /** `send_mail`, `deliver_dealer_link`, … */
  kind: string;
  payload: Record<string, unknown>;
  state: 'waiting' | 'done' | 'dead';
  /** The number of attempts. */
  attempts: number;
  /** The earliest time to run. While leased: the end of the lease. */
  run_at: EpochMilliseconds;
  created_at: EpochMilliseconds;
  /** The reason of the last failure, without personal data. */
  last_error?: string;
  /** The id of the lease. Only its holder may finish the job. */
  lease?: string;
};

/** The jobs of one kind: due, leased, to run later, and dead. */
export type JobsOfKind = {
  kind: string;
  due: number;
  running: number;
  later: number;
  dead: number;
  /** The time of the job that has been due longest; absent if none is due. */
  due_since?: EpochMilliseconds;
};

export interface JobStore {
  /** Writes the job unless one with this key exists in any state. Returns whether this call wrote it. */
  enqueue(job: Pick<Job, 'key' | 'kind' | 'payload' | 'run_at'>): Promise<boolean>;
  find(key: string): Promise<Job | undefined>;
  /**
   * Leases up to `limit` due jobs (of the given kind, if any), longest due first, and counts an attempt for each. No two callers get the same job
   * before the lease has ended. A job whose holder died is leased again after `leaseMs`.
   */
  lease(limit: number, leaseMs: number, kind?: string): Promise<Job[]>;
  /** Extends the lease until a time. Returns `false` if the lease was lost. */
  renew(key: string, lease: string, until: EpochMilliseconds): Promise<boolean>;
  /** Completes the job and removes its payload. Returns `false` if the lease was lost. */
  complete(key: string, lease: string): Promise<boolean>;
  /** Returns the job to the queue, to run at `runAt`. Returns `false` if the lease was lost. */
  retry(key: string, lease: string, runAt: EpochMilliseconds, error: string): Promise<boolean>;
  /** Marks the job as dead and keeps its payload for operators to examine. Returns `false` if the lease was lost. */
  bury(key: string, lease: string, reason: string): Promise<boolean>;
  /**
   * Marks up to `limit` waiting jobs as dead that were due before a time and whose kind is not one of these. Keeps their payloads.
   * Returns their number.
   */
  buryOthers(kinds: readonly string[], dueBefore: EpochMilliseconds, reason: string, limit: number): Promise<number>;
  /**
   * Restarts a dead or done job with this payload, as if it was created now, with no attempts. Returns `false` if there is no job with this key, or
   * it is waiting.
   */
  revive(key: string, payload: Record<string, unknown>, runAt: EpochMilliseconds): Promise<boolean>;
  /** Restarts a dead job with its own payload, as `revive` does. Returns `false` if the job is not dead. Of parallel calls exactly one does it. */
  restart(key: string, runAt: EpochMilliseconds): Promise<boolean>;
  /**
   * Removes a dead job, or one that waits and is not leased now, with its payload. Returns whether this call did. A job that is leased at the
   * same moment is either leased or removed. After that, a job with the same key can be enqueued again.
   */
  drop(key: string): Promise<boolean>;
  /** Returns at most `limit` jobs in this state (of the given kind, if any) in order of key, after the key `after` (empty: from the beginning). */
  listAfter(state: Job['state'], after: string, limit: number, kind?: string): Promise<Job[]>;
  /**
   * Removes up to `limit` jobs in a final state whose time (`run_at`) was before a moment. Returns their number. After that, a job with
   * the same key can be enqueued again.
   */
  removeEnded(state: 'done' | 'dead', before: EpochMilliseconds, limit: number): Promise<number>;
  countByState(): Promise<Record<Job['state'], number>>;
  /**
   * Counts jobs by kind: of the `limit` waiting ones with the earliest times, and of `limit` dead ones. Reads no more than these, however many
   * there are.
   */
  countByKind(limit: number): Promise<JobsOfKind[]>;
}

/** The counters of the rate limits. They are shared by all processes and survive a restart. */
export interface CounterStore {
  /**
   * Atomically adds `points` to a counter, and returns its new value and its end. A counter that has ended restarts at zero and
   * lasts for `durationMs`.
   */
  add(key: string, points: number, durationMs: number): Promise<{ points: number; expires_at: EpochMilliseconds }>;
  get(key: string): Promise<{ points: number; expires_at: EpochMilliseconds } | undefined>;
  remove(key: string): Promise<void>;
}

/** The pending database work of this process, and the size of the database's files. */
export type StorageLoad = {
  /** Calls that wait for the database: with SQLite, writes that wait for their transaction. */
  waiting: number;
  /** The sizes of SQLite's file and of its write-ahead log. */
  fileBytes?: number;
  logBytes?: number;
};

export interface Storage extends ExpiringStores {
  artifacts: ArtifactStore;
  accounts: AccountStore;
  emailCodes: EmailCodeStore;
  dealerLinks: DealerLinkStore;
  migrations: MigrationStore;
  jobs: JobStore;
  counters: CounterStore;
  ledger: Ledger;
  population: PopulationStore;
  /** Removes up to `limit` expired records, and returns their number. Does not affect parallel reads and writes. */
  sweep(limit: number): Promise<number>;
  /** Resolves if the database can be read and written; throws otherwise. */
  ping(): Promise<void>;
  /** Returns the pending work of this process. Does not wait for the database. */
  load(): Promise<StorageLoad>;
  /** Finishes pending writes, then closes the database. */
  close(): Promise<void>;
}
