// Finds messages whose code is no longer valid, because the person has requested another one since.
import type { Deps } from '../../deps.ts';
import { sameSecret } from '../../domain/same-secret.ts';
import type { ShownCode } from '../../domain/shown-code.ts';
import { codeHmac, parseCode } from './code.ts';

/**
 * Whether a code that was requested later is in the slot of this code. While the slot is empty or has an earlier code, it is not: a
 * message is queued before its code is stored.
 */
export async function isReplaced(
  { storage, config }: Pick<Deps, 'storage' | 'config'>,
  { code, slot, askedAt = 0 }: ShownCode,
): Promise<boolean> {
  const kept = slot === undefined ? undefined : await storage.emailCodes.find(slot);
  if (!kept || slot === undefined || kept.sent_at <= askedAt) return false;
  const parsed = parseCode(code);
  return !(parsed.ok && sameSecret(kept.code_hmac, codeHmac(config.keys.emailCode, slot, kept.email_canonical, parsed.code)));
}
