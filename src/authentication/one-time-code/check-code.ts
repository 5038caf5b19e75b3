// Whether the code that came back from a mail proves the address.
import type { Deps } from '../../deps.ts';
import { countCodeTry } from './code-tries.ts';
import { codeHmac, EMAIL_CODE_MAX_ATTEMPTS, parseCode, sameHmac } from './email-code.ts';

/** Why a code was not taken. Wrong, expired, used and burned are one answer: they must not be told apart. */
export type CodeProblem = 'code_missing' | 'code_syntax' | 'code_wrong';

export type CheckedCode =
  | { problem: CodeProblem }
  | {
      problem?: undefined;
      /**
       * Takes the code out of its slot; of parallel presses one is answered `true`. The caller has written what the code proves: where that
       * failed, the code can be typed again.
       */
      takeOut(): Promise<boolean>;
    };

/** Counts the try before it compares. */
export async function checkCode(
  deps: Pick<Deps, 'storage' | 'config'>,
  slot: string,
  canonicalEmail: string,
  typed: string,
): Promise<CheckedCode> {
  const parsed = parseCode(typed);
  if (!parsed.ok) return { problem: `code_${parsed.reason}` };
  const kept = await deps.storage.emailCodes.countAttempt(slot, EMAIL_CODE_MAX_ATTEMPTS);
  if (!kept) return { problem: 'code_wrong' };
  const attempt = await countCodeTry(deps, canonicalEmail, parsed.code);
  const expected = codeHmac(deps.config.keys.emailCode, slot, canonicalEmail, parsed.code);
  const isRight = attempt.mayCompare && sameHmac(kept.code_hmac, expected);
  if (!isRight) return { problem: 'code_wrong' };
  await attempt.wasRight();
  return { takeOut: async () => deps.storage.emailCodes.consume(slot, expected) };
}
