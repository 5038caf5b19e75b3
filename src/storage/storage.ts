// The port: what the program asks of a database, and what every backend promises. `test/storage/conformance.ts` holds each
// backend to every sentence written here. Nothing above this file knows which backend runs.
//
// Promises that hold for every method:
// - A method that has answered has written: what was acknowledged survives a kill of the process, and a power cut. Only what another
//   login makes again (`artifacts.save`, interaction facts, legacy profiles, counters) may be lost in a power cut; what takes
//   something away (a code redeemed, a token destroyed) never is; the end of an interaction only with all that came of it.
// - A value (anything that JSON carries; a member that is `undefined` is an absent one) comes back deep-equal to what was stored, and
//   is a copy: changing it changes nothing stored.
// - What has expired – from `expires_at` on – is not found, whether or not it has been swept, and its place is free.
// - What there is one of – the account of a canonical address and of a login number, the migration of a client's legacy id, the link of
//   an account and a dealer, the job of a key – there is one of, however many processes write it at the same moment; on a sharded cluster too.
// - A method that throws has changed nothing, and its neighbours are unharmed. After `StorageUnavailable` only the next read tells.
// - The same call may be made again after `StorageUnavailable`, a kill or a sweep, and by two callers at once: it ends as if it had been
//   made once, and nothing that a first call left stands in its way. Where the first call was stored, the second one is answered like
//   any that comes too late: `AlreadyExists` `id` or `dealer_link`, `VersionConflict`, or `false`. The caller reads, and finds its own.
// - A number (a time, a version, an expiry, points, a limit; alone or in a record) is a whole one of at most 4,320,000,000,000,000, and
//   points are at most 2,147,483,647; those in a payload, and in an event's `data`, are such as JSON carries. Any other is refused with `OddNumber`.
// - A method that changes an account, a dealer link or a migration takes the event to put in the ledger, and writes both or neither.
//   Each change leaves one event.
import type { Account, EpochMilliseconds } from '../domain/account.ts';
import type { DealerLink } from '../domain/dealer-link.ts';
import type { Migration } from '../domain/migration.ts';
import type { ListedByAccount } from './artifact-references.ts';
import type { ExpiringStores } from './expiring-records.ts';
import type { Ledger, LedgerEvent } from './ledger.ts';

export type * from './expiring-records.ts';
export type * from './ledger.ts';

/** A write named a version that is not the stored one: somebody else was first. Read again, then decide. */
export class VersionConflict extends Error {
  override name = 'VersionConflict';
  override message = 'somebody else wrote in between';
}

/** A write would give two owners to something that may have one only. */
export class AlreadyExists extends Error {
  override name = 'AlreadyExists';
  /** What is taken, for example `email` or `phone`. Never the value: it may be personal data. */
  readonly what: string;
  constructor(what: string) {
    super(`${what} already exists`);
    this.what = what;
  }
}

/** The database cannot be reached or written now. Whether the write was stored is not known; ask again later (HTTP 503). */
export class StorageUnavailable extends Error {
  override name = 'StorageUnavailable';
  readonly code = 'busy';
  readonly status = 503;
  readonly retryAfterSeconds = 5;
}

/** A mistake in the program: a number that no backend stores as it is was not checked where it came from. Nothing was written. */
export class OddNumber extends RangeError {
  override name = 'OddNumber';
  override message = 'a number for the database is not finite, not whole, or too large';
}

/** What oidc-provider keeps: sessions, grants, codes, tokens, pushed requests, interactions, replay marks. */
export interface ArtifactStore {
  /**
   * Writes or replaces; `undefined` for what never expires. What was consumed stays so: whoever read it before that does not undo it.
   */
  save(model: string, id: string, payload: Record<string, unknown>, expiresAt: EpochMilliseconds | undefined): Promise<void>;
  /**
   * Replaces one that stands, and answers whether there was one. Nothing is written for one that was destroyed or has expired: what has
   * ended stays ended, whoever read it before. A mark of consumption stays.
   */
  update(model: string, id: string, payload: Record<string, unknown>, expiresAt: EpochMilliseconds | undefined): Promise<boolean>;
  /** The payload; where it was consumed, with `consumed` (seconds since 1970) in it. */
  find(model: string, id: string): Promise<Record<string, unknown> | undefined>;
  /** By the payload's `uid` (sessions); the newest where there are several. */
  findByUid(model: string, uid: string): Promise<Record<string, unknown> | undefined>;
  /**
   * Marks as consumed, and answers whether this call did it. Of any number of parallel calls, from any number of
   * processes, exactly one is answered `true`; one that is gone, expired or consumed before is answered `false`.
   */
  consume(model: string, id: string): Promise<boolean>;
  /**
   * Writes if nothing unexpired has this id, and answers whether this call wrote. Of parallel calls exactly one does.
   */
  insertOnce(model: string, id: string, payload: Record<string, unknown>, expiresAt: EpochMilliseconds): Promise<boolean>;
  /** Removes it, and answers whether this call did: of parallel calls exactly one is answered `true`. */
  destroy(model: string, id: string): Promise<boolean>;
  /** Removes everything whose payload has this `grantId`, of the given model only. */
  destroyByGrantId(model: string, grantId: string): Promise<void>;
  /** The ids of everything of a model whose payload has this `accountId`, last made first, at most `limit`. */
  listByAccount(model: ListedByAccount, accountId: string, limit: number): Promise<string[]>;
  /** At most `limit` of a model, in the order of their ids, from the first one behind `after` (empty: from the beginning). */
  listAfter(model: string, after: string, limit: number): Promise<{ id: string; payload: Record<string, unknown> }[]>;
}

export interface AccountStore {
  /**
   * Writes an account (its `version` must be 1; @throws {RangeError}).
   * @throws {AlreadyExists} `email` or `phone`: another account has the canonical address, or the number as its login ID (parallel
   * writers included); `id`: this account exists, also where the same call made it before. An unfinished call for the same account
   * never stands in the way; one for another account does not for longer than a moment.
   */
  create(account: Account, event: LedgerEvent): Promise<void>;
  find(id: string): Promise<Account | undefined>;
  findByEmail(canonicalEmail: string): Promise<Account | undefined>;
  /**
   * Writes the next version and answers it; `account.version` is the version that was read. Where the canonical address or the login
   * number changes, the old one is free and the new one taken in the same moment.
   * @throws {VersionConflict} somebody else wrote in between, or there is no such account.
   * @throws {AlreadyExists} `email`, `phone`: the new one is taken; the account is as it was.
   */
  update(account: Account, event: LedgerEvent): Promise<Account>;
}

/** A one-time code that was mailed. One slot has one code at a time. */
export type EmailCode = {
  /** The slot: what the code is for, and in which interaction. */
  id: string;
  /** HMAC of the code, the slot and the address under a server key; the code itself is stored nowhere but in the mail. */
  code_hmac: string;
  /** The canonical address that the code proves. */
  email_canonical: string;
  attempts: number;
  sent_at: EpochMilliseconds;
  expires_at: EpochMilliseconds;
};

export interface EmailCodeStore {
  /**
   * Puts a code into its slot, with the attempts that it names; the code that was there is dead from this moment. Does nothing where a
   * younger code (`sent_at`) stands: a press that comes late does not kill the code of the newest mail.
   */
  put(code: EmailCode): Promise<void>;
  /** The slot's code, without counting; for the page (when was it sent) only. */
  find(id: string): Promise<EmailCode | undefined>;
  /**
   * Counts one attempt and answers the code to compare with; `undefined` where there is none, it has expired, or
   * `maxAttempts` were counted before. Counted atomically and before the comparison: of any number of parallel calls at
   * most `maxAttempts` get the code.
   */
  countAttempt(id: string, maxAttempts: number): Promise<EmailCode | undefined>;
  /** Takes the code out of its slot if it still is this one. Of parallel calls exactly one is answered `true`. */
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
  /** Writes the next version. @throws {VersionConflict} somebody else wrote in between. */
  update(link: DealerLink, event: LedgerEvent): Promise<DealerLink>;
  /** Links of this status last touched before a time, oldest first: for whoever finishes what was left half-made. */
  listByStatus(status: DealerLink['status'], updatedBefore: EpochMilliseconds, limit: number): Promise<DealerLink[]>;
}

export interface MigrationStore {
  find(clientId: string, legacyId: string): Promise<Migration | undefined>;
  /** Those that are final for this account (`account_id`), oldest first; not those that it is the candidate of. */
  listByAccount(accountId: string): Promise<Migration[]>;
  /** The migration whose candidate waits for the code of this PKCE challenge. */
  findByCandidateChallenge(clientId: string, codeChallenge: string): Promise<Migration | undefined>;
  /**
   * Writes a new one (`version` 0) or the next version of one that stands.
   * @throws {VersionConflict} somebody else wrote in between, also the first one of this client and legacy id.
   */
  put(migration: Migration, event: LedgerEvent): Promise<Migration>;
}

/** Durable work. `payload` is what the job's kind needs; personal data in it is gone when the job is done. */
export type Job = {
  /** Two jobs of one key are one job. */
  key: string;
  /** `send_mail`, `deliver_dealer_link`, … */
  kind: string;
  payload: Record<string, unknown>;
  state: 'waiting' | 'done' | 'dead';
  /** How often it was tried. */
  attempts: number;
  /** Not before this moment. While leased: when the lease ends. */
  run_at: EpochMilliseconds;
  created_at: EpochMilliseconds;
  /** Why the last try failed; for a dead one why it was given up. No personal data. */
  last_error?: string;
  /** Whoever holds the lease; nobody else may finish the job. */
  lease?: string;
};

export interface JobStore {
  /** Writes the job unless one of this key stands, in whatever state. Answers whether this call wrote it. */
  enqueue(job: Pick<Job, 'key' | 'kind' | 'payload' | 'run_at'>): Promise<boolean>;
  find(key: string): Promise<Job | undefined>;
  /**
   * Leases up to `limit` waiting jobs (of this kind, where one is named) whose time has come, longest due first, counting one attempt each. No two callers get one job
   * before the lease has ended; a job whose holder died is leased again after `leaseMs`.
   */
  lease(limit: number, leaseMs: number, kind?: string): Promise<Job[]>;
  /** The holder is still at it: the lease lasts until this moment. Answers `false` where it was lost. */
  renew(key: string, lease: string, until: EpochMilliseconds): Promise<boolean>;
  /** The holder of the lease is done: the payload is forgotten. Answers `false` where the lease was lost. */
  complete(key: string, lease: string): Promise<boolean>;
  /** The holder gives it back to be tried at `runAt`. Answers `false` where the lease was lost. */
  retry(key: string, lease: string, runAt: EpochMilliseconds, error: string): Promise<boolean>;
  /** The holder gives it up for good; the payload stays, for whoever looks why. Answers `false` where the lease was lost. */
  bury(key: string, lease: string, reason: string): Promise<boolean>;
  /**
   * Gives up to `limit` waiting jobs up whose time came before a moment and whose kind is none of these; answers how many. Their
   * payload stays.
   */
  buryOthers(kinds: readonly string[], dueBefore: EpochMilliseconds, reason: string, limit: number): Promise<number>;
  /**
   * Puts a dead or done job back to work with this payload, as if it was made now: its attempts at zero. Answers `false` where there is none of the key, or
   * it is waiting.
   */
  revive(key: string, payload: Record<string, unknown>, runAt: EpochMilliseconds): Promise<boolean>;
  /**
   * Removes up to `limit` jobs of a state in which nothing more will happen and whose time (`run_at`) was before a moment; answers how
   * many. What they did can then be asked for again under the same key.
   */
  removeEnded(state: 'done' | 'dead', before: EpochMilliseconds, limit: number): Promise<number>;
  countByState(): Promise<Record<Job['state'], number>>;
}

/** Counters of the rate limits: shared by all processes, kept over a restart. */
export interface CounterStore {
  /**
   * Adds `points` to a counter and answers its new value and when it ends. A counter that has ended starts again from zero and
   * then lives for `durationMs`. Adding is atomic.
   */
  add(key: string, points: number, durationMs: number): Promise<{ points: number; expires_at: EpochMilliseconds }>;
  get(key: string): Promise<{ points: number; expires_at: EpochMilliseconds } | undefined>;
  remove(key: string): Promise<void>;
}

export interface Storage extends ExpiringStores {
  artifacts: ArtifactStore;
  accounts: AccountStore;
  emailCodes: EmailCodeStore;
  dealerLinks: DealerLinkStore;
  migrations: MigrationStore;
  jobs: JobStore;
  counters: CounterStore;
  ledger: Ledger;
  /** Removes up to `limit` of everything that has expired; answers how many. Harms nobody who reads or writes meanwhile. */
  sweep(limit: number): Promise<number>;
  /** Answers when the database can read and write; throws where it cannot. */
  ping(): Promise<void>;
  /** Finishes the writes that are under way, then lets go of the database. */
  close(): Promise<void>;
}
