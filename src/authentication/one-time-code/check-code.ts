// Checks one-time codes. No other code compares a typed code with the stored one.
import type { Deps } from '../../deps.ts';
import { countCodeTry } from './code-tries.ts';
import { CODE_MAX_ATTEMPTS, codeHmac, LONG_CODE_DIGITS, parseCode, sameHmac } from './code.ts';
import type { CodeSlot } from './issue-code.ts';

/** Why a code was refused. Wrong, expired, used and burned codes get the same answer, so that they cannot be told apart. */
export type CodeProblem = 'code_missing' | 'code_syntax' | 'code_wrong';

export type CheckedCode =
  | { problem: CodeProblem }
  | {
      problem?: undefined;
      /**
       * Removes the code from its slot. Of parallel calls only one returns `true`. Call it after the proof is written: if that
       * write fails, the person can enter the code again.
       */
      takeOut(): Promise<boolean>;
    };

/**
 * Checks a code. The attempt is counted before the comparison.
 * @param typed as the person typed it
 * @param longSlotId the slot of twelve-digit codes, if they have their own. Wrong attempts do not burn them: anybody could make
 * such attempts, and nobody guesses twelve digits.
 */
export async function checkCode(
  deps: Pick<Deps, 'storage' | 'config'>,
  slot: CodeSlot,
  typed: string,
  longSlotId?: string,
): Promise<CheckedCode> {
  const { emailCodes } = deps.storage;
  const parsed = parseCode(typed);
  if (!parsed.ok) return { problem: `code_${parsed.reason}` };
  const longId = parsed.code.length === LONG_CODE_DIGITS ? longSlotId : undefined;
  const id = longId ?? slot.id;
  const kept = await (longId === undefined ? emailCodes.countAttempt(id, CODE_MAX_ATTEMPTS) : emailCodes.find(id));
  if (!kept) return { problem: 'code_wrong' };
  const attempt = await countCodeTry(deps, slot.address, parsed.code);
  const expected = codeHmac(deps.config.keys.emailCode, id, slot.address, parsed.code);
  if (!attempt.mayCompare || !sameHmac(kept.code_hmac, expected)) return { problem: 'code_wrong' };
  await attempt.wasRight();
  return { takeOut: async () => emailCodes.consume(id, expected) };
}
