// Encrypts the payloads of mail jobs, because they hold codes that are stored nowhere else.
import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';
import { readJobPayload } from './job-payload.ts';
import type { Job, JobStore } from './storage.ts';

/** Mails, and jobs that hold values of mails. */
const ENCRYPTED_KINDS: readonly string[] = ['send_mail', 'tell_account_change'];
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Makes the same store with encrypted payloads of mails: AES-256-GCM, bound to the job's key, under a key that is not in the database.
 * So a stolen database gives no codes away, nor do pages that SQLite has only marked as free. After a change of the key, mails that were
 * queued before cannot be read; their codes are dead, too.
 */
export function encryptMailPayloads(jobs: JobStore, key: KeyObject): JobStore {
  function seal(jobKey: string, payload: Job['payload']): Job['payload'] {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(jobKey));
    const text = Buffer.concat([cipher.update(JSON.stringify(payload)), cipher.final()]);
    return { sealed: Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url') };
  }

  function open(job: Job): Job {
    const { sealed } = job.payload;
    if (!ENCRYPTED_KINDS.includes(job.kind) || typeof sealed !== 'string') return job;
    const bytes = Buffer.from(sealed, 'base64url');
    const [nonce, tag] = [bytes.subarray(0, NONCE_BYTES), bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)];
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(job.key)).setAuthTag(tag);
      const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
      return { ...job, payload: readJobPayload(text.toString()) };
    } catch {
      return job;
    }
  }

  return {
    ...jobs,
    enqueue: async (job) =>
      jobs.enqueue(ENCRYPTED_KINDS.includes(job.kind) ? { ...job, payload: seal(job.key, job.payload) } : job),
    async revive(jobKey, payload, runAt) {
      const kind = (await jobs.find(jobKey))?.kind;
      return jobs.revive(jobKey, kind !== undefined && ENCRYPTED_KINDS.includes(kind) ? seal(jobKey, payload) : payload, runAt);
    },
    async find(jobKey) {
      const job = await jobs.find(jobKey);
      return job && open(job);
    },
    lease: async (limit, leaseMs, kind) => (await jobs.lease(limit, leaseMs, kind)).map(open),
  };
}
