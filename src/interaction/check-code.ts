// Whether the code that came back from a mail proves the address.
import type { Deps } from '../deps.ts';
import { countCodeTry } from '../http/code-tries.ts';
import { codeHmac, EMAIL_CODE_MAX_ATTEMPTS, parseCode, sameHmac } from '../domain/email-code.ts';

/** Why a code was not taken. Wrong, expired, used and burned are one answer: they must not be told apart. */
export type CodeProblem = 'code_missing' | 'code_syntax' | 'code_wrong';

/** Counts the try before it compares, and lets one of several parallel right ones through. */
export async function checkCode(
  deps: Pick<Deps, 'storage' | 'config'>,
  slot: string,
  canonicalEmail: string,
  typed: string,
): Promise<CodeProblem | undefined> {
  const parsed = parseCode(typed);
  if (!parsed.ok) return `code_${parsed.reason}`;
  const kept = await deps.storage.emailCodes.countAttempt(slot, EMAIL_CODE_MAX_ATTEMPTS);
  if (!kept) return 'code_wrong';
  const attempt = await countCodeTry(deps, canonicalEmail, parsed.code);
  const expected = codeHmac(deps.config.keys.emailCode, slot, canonicalEmail, parsed.code);
  const right = attempt.mayCompare && kept.email_canonical === canonicalEmail && sameHmac(kept.code_hmac, expected);
  if (!right) return 'code_wrong';
  await attempt.wasRight();
  return (await deps.storage.emailCodes.consume(slot, expected)) ? undefined : 'code_wrong';
}
