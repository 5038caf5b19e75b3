// Does an action once for each Idempotency-Key: in parallel, on another node, and after the process that began it has died.
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { claimAction, standingOf, type OperationAnswer } from '../../domain/operation-answer.ts';
import { Problem } from '../../http/problem.ts';

const kept = z.union([
  z.strictObject({ body: z.looseObject({}) }),
  z.strictObject({ refusal: z.strictObject({ status: z.number(), code: z.string(), detail: z.string() }) }),
]);
export type Once = { body: object; isRepeated: boolean };

/** A request waits so long for one that does the same at this moment. */
const WAITS_MS = 5000;
const LOOKS_EVERY_MS = 50;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');

/**
 * Returns the answer of the first call with this key, which alone runs the action. A refusal by a `Problem` is an answer, too; after any other
 * error the key is free again.
 * @param request all that the action depends on
 * @throws {Problem} 422 if the key belongs to another request; 409 if the first call takes long
 */
export async function once(
  { storage, clock }: Pick<Deps, 'storage' | 'clock'>,
  { accountId, key, request }: { accountId: string; key: string; request: unknown },
  run: (resumed: boolean) => Promise<object>,
): Promise<Once> {
  const records = storage.operationAnswers;
  const id = sha256(JSON.stringify([accountId, key]));
  const requestSha256 = sha256(JSON.stringify(request));
  const call = randomUUID();
  const claim = async (): Promise<{ isMine: boolean; now: OperationAnswer | undefined }> => {
    const { changed, now } = await records.change(id, (record) => claimAction(record, { requestSha256, call, now: clock() }));
    return { isMine: changed, now };
  };
  const began = performance.now();
  let { isMine, now } = await claim();
  while (!isMine) {
    const standing = standingOf(now, requestSha256, clock());
    if (standing === 'other_request')
      throw new Problem(422, 'idempotency_key_reused', 'The Idempotency-Key belongs to another request; take a new one.');
    if (standing === 'answered' && now?.answer !== undefined) return repeat(now.answer);
    if (performance.now() - began > WAITS_MS)
      throw new Problem(409, 'still_running', 'The same action runs at this moment; send the request again.', {
        headers: { 'Retry-After': '5' },
      });
    await sleep(LOOKS_EVERY_MS);
    ({ isMine, now } = await claim());
  }
  const keep = async (what: object): Promise<void> => {
    const answer = JSON.stringify(what);
    await records.change(id, (record) => (record?.claimed_by === call ? { ...record, answer } : undefined));
  };
  try {
    const body = await run(now?.resumed === true);
    await keep({ body });
    return { body, isRepeated: false };
  } catch (error) {
    if (error instanceof Problem) await keep({ refusal: { status: error.status, code: error.code, detail: error.message } });
    else await records.change(id, (record) => (record?.claimed_by === call ? { ...record, claimed_until: 0 } : undefined));
    throw error;
  }
}

function repeat(answer: string): Once {
  const read = kept.parse(JSON.parse(answer));
  if ('body' in read) return { body: read.body, isRepeated: true };
  const { status, code, detail } = read.refusal;
  throw new Problem(status, code, detail, { headers: { 'Idempotency-Replayed': 'true' } });
}
