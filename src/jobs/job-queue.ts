// Enqueues durable jobs. The job is written first; then this process's runner is notified, so that mail leaves immediately.
import type { EpochMilliseconds } from '../domain/account.ts';
import type { Mail, MailSecrets } from '../domain/mails.ts';
import type { Sms } from '../domain/sms.ts';
import type { JobStore } from '../storage/storage.ts';
import { NO_TRACES, type Traces } from '../telemetry/traces.ts';

/** The kinds of jobs and their payloads. */
export type JobPayloads = KnownKinds<{
  send_mail: Mail;
  send_sms: Sms;
  mail_password_reset: { reset: string; long: boolean };
  move_login_number: ProvenNumber;
  deliver_dealer_link: { link_id: string };
  update_dealer_link: { link_id: string };
  withdraw_dealer_link: { link_id: string };
  withdraw_erased_link: { link_id: string; dealer: string; given_at: EpochMilliseconds };
  follow_migration: MigrationChange;
  tell_account_change: AccountChange;
  backchannel_logout: LoggedOut;
  log_out_of_client: ClientEnd;
  settle_user_handle: { account_id: string; user_handle: string };
  look_up_lost_mailbox: { request: string };
  change_lost_mailbox: { account_id: string; request: string };
  expire_lost_mailbox: { request: string };
  end_account: WithdrawnAccount;
  erase_account: WithdrawnAccount;
  remove_second_factor: LostSecondFactor;
  send_wave: { wave: string };
}>;
/** Does not compile where a kind is missing in `JOB_KINDS`. */
type KnownKinds<Payloads extends Record<JobKind, object> & Record<Exclude<keyof Payloads, JobKind>, never>> = Payloads;

/** A change of an account that mails report; see `tell-account-change.ts`. */
export type AccountChange = {
  account_id: string;
  change: string;
  /** Values for the mails that are not stored in the account. */
  secrets: Partial<MailSecrets>;
};

/** A logout that a client is told of; see `oidc/clients/backchannel-logout.ts`. */
export type LoggedOut = {
  client_id: string;
  /** The account. */
  sub: string;
  /** The session, as the client knows it. */
  sid?: string | undefined;
  /** The last metadata of a client that was removed or disabled. */
  removed?: object | undefined;
};

/** A client that was removed or disabled, and a part of the sessions; see `oidc/clients/log-out-of-client.ts`. */
export type ClientEnd = {
  client_id: string;
  /** Its last metadata. */
  removed: object;
  /** The time since when the client stood in the set that it left. */
  since: EpochMilliseconds;
  /** The number of the part, from 0 on. */
  part: number;
  /** The id of the last session of the part before; empty at the beginning. */
  after: string;
};

/** An account whose owner proved the number that another account still had; see `account/mobile-number/`. */
export type ProvenNumber = { account_id: string; proven_at: EpochMilliseconds };

/** An account that was withdrawn at a time; see `account/withdrawal/`. */
export type WithdrawnAccount = { account_id: string; withdrawn_at: EpochMilliseconds };

/** The removal of a lost second factor, named by the digest of the token that stops it; see `authentication/totp/lost-second-factor.ts`. */
export type LostSecondFactor = { account_id: string; removal: string };

/** A change of a migration; see `follow-migration.ts`. */
export type MigrationChange = {
  client_id: string;
  legacy_id: string;
  /** The account that the migration is, or was, final for. */
  account_id: string;
  change: 'completed' | 'handed_over' | 'undone';
  /** The completion that was written or undone; absent if an older version completed the migration. */
  completion?: string | undefined;
  /** The migration's version when it was handed over again. */
  version?: number | undefined;
  /** The address from the legacy site, and the language. */
  email?: string | undefined;
  language?: string | undefined;
};

/** The kinds that this version knows; others fail after a while. They are the keys of an object, so that the compiler finds a missing one. */
export const JOB_KINDS = [
  'send_mail',
  'send_sms',
  'mail_password_reset',
  'move_login_number',
  'deliver_dealer_link',
  'update_dealer_link',
  'withdraw_dealer_link',
  'withdraw_erased_link',
  'follow_migration',
  'tell_account_change',
  'backchannel_logout',
  'log_out_of_client',
  'settle_user_handle',
  'look_up_lost_mailbox',
  'change_lost_mailbox',
  'expire_lost_mailbox',
  'end_account',
  'erase_account',
  'remove_second_factor',
  'send_wave',
] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** The member of a payload that joins the job to the trace of the request that enqueued it. */
export const TRACEPARENT = 'traceparent';

export type JobQueue = {
  /**
   * Writes the job. Once the promise resolves, the work will be done even if this process dies.
   * @param key jobs with the same key are one job
   * @param options.runAt the earliest time to run it
   * @param options.again runs it even if a job with this key is already done
   */
  enqueue<Kind extends JobKind>(
    kind: Kind,
    key: string,
    payload: JobPayloads[Kind],
    options?: { runAt?: EpochMilliseconds; again?: boolean },
  ): Promise<void>;
  /** Calls the listener whenever this process enqueues a job. */
  onEnqueued(listener: () => void): void;
};

/** Creates the queue on a job store. */
export function createJobQueue(
  store: JobStore,
  clock: () => EpochMilliseconds,
  traces: Pick<Traces, 'traceparent'> = NO_TRACES,
): JobQueue {
  const listeners: (() => void)[] = [];
  return {
    async enqueue(kind, key, given, { runAt = clock(), again = false } = {}) {
      const traceparent = traces.traceparent();
      const payload = traceparent === undefined ? given : { ...given, [TRACEPARENT]: traceparent };
      const written = await store.enqueue({ key, kind, payload, run_at: runAt });
      const standing = written ? undefined : (await store.find(key))?.state;
      // A failed job is wanted again, because the person pressed again.
      if (standing === 'dead' || (again && standing === 'done')) await store.revive(key, payload, runAt);
      for (const listener of listeners) listener();
    },
    onEnqueued(listener) {
      listeners.push(listener);
    },
  };
}
