// Keeps the texts to which people have agreed, so that they can be shown in the words of that day.
import { createHash } from 'node:crypto';
import { NEVER } from '../domain/epoch-milliseconds.ts';
import type { Records } from './records.ts';

type Texts = Pick<Records, 'agreedTexts'>;

/** Stores a text under its SHA-256. Call it before the agreement is written. Idempotent. */
export async function keepAgreedText({ agreedTexts }: Texts, text: string): Promise<void> {
  const id = createHash('sha256').update(text).digest('hex');
  await agreedTexts.change(id, (standing) => standing ?? { text, expires_at: NEVER });
}

/**
 * Returns the text of an agreement.
 * @param sha256 of the text, hexadecimal; absent in agreements from before it was stored
 * @returns `undefined` if the agreement is older than the storage of texts
 */
export async function agreedText({ agreedTexts }: Texts, sha256: string | undefined): Promise<string | undefined> {
  return sha256 === undefined ? undefined : (await agreedTexts.find(sha256))?.text;
}
