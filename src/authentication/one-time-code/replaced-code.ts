// Finds messages whose code is no longer valid, because the person has requested another one since.
import type { Deps } from '../../deps.ts';
import type { EpochMilliseconds } from '../../domain/account.ts';
import { sameSecret } from '../../domain/same-secret.ts';
import type { ShownCode } from '../../domain/shown-code.ts';
import { codeHmac, parseCode } from './code.ts';

/**
 * Whether a later code is in the slot of this code. It is not while the slot is empty or has an earlier code: a message is
 * queued before its code is stored.
 * @param queuedAt when the message was queued
 */
export async function isReplaced(
  { storage, config }: Pick<Deps, 'storage' | 'config'>,
  { code, slot }: ShownCode,
  queuedAt: EpochMilliseconds,
): Promise<boolean> {
  const kept = slot === undefined ? undefined : await storage.emailCodes.find(slot);
  if (!kept || slot === undefined || kept.sent_at <= queuedAt) return false;
  const parsed = parseCode(code);
  return !(parsed.ok && sameSecret(kept.code_hmac, codeHmac(config.keys.emailCode, slot, kept.email_canonical, parsed.code)));
}
