// Puts durable work on its way: written first, then the runner of this process is told, so that mail leaves at once.
import type { EpochMilliseconds } from '../domain/account.ts';
import type { Mail, MailSecrets } from '../domain/mails.ts';
import type { JobStore } from '../storage/storage.ts';

/** The kinds of work, and what each needs. */
export type JobPayloads = {
  send_mail: Mail;
  mail_password_reset: { reset: string; long: boolean };
  deliver_dealer_link: { link_id: string };
  update_dealer_link: { link_id: string };
  withdraw_dealer_link: { link_id: string };
  follow_migration: MigrationChange;
  tell_account_change: AccountChange;
};

/** A change of an account that mails tell of; see `tell-account-change.ts`. */
export type AccountChange = {
  account_id: string;
  change: string;
  /** Values of the mails that the account does not hold. */
  secrets: Partial<MailSecrets>;
};

/** A change of a migration that others have to hear of; see `follow-migration.ts`. */
export type MigrationChange = {
  client_id: string;
  legacy_id: string;
  /** The account that the migration is, or was, final for. */
  account_id: string;
  change: 'completed' | 'handed_over' | 'undone';
  /** The completion that was written or undone; where there is none, of a migration that an older version finished. */
  completion?: string | undefined;
  /** Of a migration that was handed over again: its version. */
  version?: number | undefined;
  /** The address that the legacy site handed over, and the language. */
  email?: string | undefined;
  language?: string | undefined;
};

export type JobKind = keyof JobPayloads;

/** Those that this version knows. As names of an object, so that the compiler misses none: one that is not among them is given up. */
export const JOB_KINDS: readonly string[] = Object.keys({
  send_mail: true,
  mail_password_reset: true,
  deliver_dealer_link: true,
  update_dealer_link: true,
  withdraw_dealer_link: true,
  follow_migration: true,
  tell_account_change: true,
} satisfies Record<JobKind, true>);

export type JobQueue = {
  /**
   * Writes the job; when this has answered, the work will be done, whatever happens to this process.
   * @param key two jobs of one key are one job
   * @param options.runAt not before this moment
   * @param options.again also where a job of this key was done before
   */
  enqueue<Kind extends JobKind>(
    kind: Kind,
    key: string,
    payload: JobPayloads[Kind],
    options?: { runAt?: EpochMilliseconds; again?: boolean },
  ): Promise<void>;
  /** Calls back whenever something was enqueued by this process. */
  onEnqueued(listener: () => void): void;
};

export function createJobQueue(store: JobStore, clock: () => EpochMilliseconds): JobQueue {
  const listeners: (() => void)[] = [];
  return {
    async enqueue(kind, key, payload, { runAt = clock(), again = false } = {}) {
      const written = await store.enqueue({ key, kind, payload, run_at: runAt });
      const standing = written ? undefined : (await store.find(key))?.state;
      // Given up before and wanted again: the person pressed once more.
      if (standing === 'dead' || (again && standing === 'done')) await store.revive(key, payload, runAt);
      for (const listener of listeners) listener();
    },
    onEnqueued(listener) {
      listeners.push(listener);
    },
  };
}
