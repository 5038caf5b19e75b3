// The answer to an action of the operations API, kept under its Idempotency-Key, so that a repeated request does nothing again.
import type { EpochMilliseconds } from './account.ts';

/** For how long a repeated request gets the same answer. */
export const ANSWER_KEPT_MS = 24 * 60 * 60 * 1000;
/** A process that has not answered by then is dead, and the next request with the key does the action. */
export const SURELY_ANSWERED_AFTER_MS = 60_000;

export type OperationAnswer = {
  /** A digest of the operator's account and the key. */
  id: string;
  version: number;
  expires_at: EpochMilliseconds;
  /** The SHA-256 of the request that came with the key first. */
  request_sha256: string;
  /** The call that does the action. */
  claimed_by: string;
  claimed_until: EpochMilliseconds;
  /** Whether an earlier call began and did not end. */
  resumed: boolean;
  /** The answer as JSON, or the refusal; absent until there is one. No personal data is in it. */
  answer?: string;
};

/** What a request sees of the record that stands: it belongs to another request, has its answer, is being done, or is this call's to do. */
export type Standing = 'other_request' | 'answered' | 'running' | 'free';

/** Says what stands under a key for a request. */
export function standingOf(record: OperationAnswer | undefined, requestSha256: string, now: EpochMilliseconds): Standing {
  if (!record) return 'free';
  if (record.request_sha256 !== requestSha256) return 'other_request';
  if (record.answer !== undefined) return 'answered';
  return now < record.claimed_until ? 'running' : 'free';
}

/** Claims the action for a call; `undefined` unless it is free. */
export function claimAction(
  record: OperationAnswer | undefined,
  { requestSha256, call, now }: { requestSha256: string; call: string; now: EpochMilliseconds },
): Omit<OperationAnswer, 'id' | 'version'> | undefined {
  if (standingOf(record, requestSha256, now) !== 'free') return undefined;
  return {
    expires_at: now + ANSWER_KEPT_MS,
    request_sha256: requestSha256,
    claimed_by: call,
    claimed_until: now + SURELY_ANSWERED_AFTER_MS,
    resumed: record !== undefined,
  };
}
