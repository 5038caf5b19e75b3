// Encrypts the payloads of jobs that send mails and SMS, because they hold codes that are stored nowhere else.
import type { KeyObject } from 'node:crypto';
import { seal, unseal } from '../domain/seal.ts';
import { readJobPayload } from './job-payload.ts';
import type { Job, JobStore } from './storage.ts';

/** Mails, SMS, and jobs that hold values of mails. */
const ENCRYPTED_KINDS: readonly string[] = ['send_mail', 'send_sms', 'tell_account_change'];

/**
 * Makes the same store with encrypted payloads of mails: AES-256-GCM, bound to the job's key, under a key that is not in the database.
 * So a stolen database gives no codes away, nor do pages that SQLite has only marked as free. After a change of the key, mails that were
 * queued before cannot be read; their codes are dead, too.
 */
export function encryptMailPayloads(jobs: JobStore, key: KeyObject): JobStore {
  const sealed = (jobKey: string, payload: Job['payload']): Job['payload'] => ({
    sealed: seal(key, jobKey, JSON.stringify(payload)),
  });

  function open(job: Job): Job {
    const { sealed: text } = job.payload;
    if (!ENCRYPTED_KINDS.includes(job.kind) || typeof text !== 'string') return job;
    try {
      return { ...job, payload: readJobPayload(unseal(key, job.key, text)) };
    } catch {
      return job;
    }
  }

  return {
    ...jobs,
    enqueue: async (job) =>
      jobs.enqueue(ENCRYPTED_KINDS.includes(job.kind) ? { ...job, payload: sealed(job.key, job.payload) } : job),
    async revive(jobKey, payload, runAt) {
      const kind = (await jobs.find(jobKey))?.kind;
      return jobs.revive(jobKey, kind !== undefined && ENCRYPTED_KINDS.includes(kind) ? sealed(jobKey, payload) : payload, runAt);
    },
    async find(jobKey) {
      const job = await jobs.find(jobKey);
      return job && open(job);
    },
    listAfter: async (...of) => (await jobs.listAfter(...of)).map(open),
    lease: async (limit, leaseMs, kind) => (await jobs.lease(limit, leaseMs, kind)).map(open),
  };
}
