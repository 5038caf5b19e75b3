// Puts durable work on its way: written first, then the runner of this process is told, so that mail leaves at once.
import type { EpochMilliseconds } from '../domain/account.ts';
import type { JobStore } from '../storage/storage.ts';

/** The kinds of work, and what each needs. */
export type JobPayloads = {
  send_mail: { to: string; template: string; language: string; values: Record<string, string | number> };
  mail_password_reset: { reset: string; flow: string };
  deliver_dealer_link: { link_id: string };
  withdraw_dealer_link: { link_id: string };
};

export type JobKind = keyof JobPayloads;

/** Those that this version knows. As names of an object, so that the compiler misses none: one that is not among them is given up. */
export const JOB_KINDS: readonly string[] = Object.keys({
  send_mail: true,
  mail_password_reset: true,
  deliver_dealer_link: true,
  withdraw_dealer_link: true,
} satisfies Record<JobKind, true>);

export type JobQueue = {
  /**
   * Writes the job; when this has answered, the work will be done, whatever happens to this process.
   * @param key two jobs of one key are one job
   */
  enqueue<Kind extends JobKind>(kind: Kind, key: string, payload: JobPayloads[Kind]): Promise<void>;
  /** Calls back whenever something was enqueued by this process. */
  onEnqueued(listener: () => void): void;
};

export function createJobQueue(store: JobStore, clock: () => EpochMilliseconds): JobQueue {
  const listeners: (() => void)[] = [];
  return {
    async enqueue(kind, key, payload) {
      const written = await store.enqueue({ key, kind, payload, run_at: clock() });
      // Given up before and wanted again: the person pressed once more.
      if (!written && (await store.find(key))?.state === 'dead') await store.revive(key, payload, clock());
      for (const listener of listeners) listener();
    },
    onEnqueued(listener) {
      listeners.push(listener);
    },
  };
}
