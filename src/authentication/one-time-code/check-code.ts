// Checks one-time codes. No other code compares a typed code with the stored one.
import type { Deps } from '../../deps.ts';
import { countCodeTry } from './code-tries.ts';
import { sameSecret } from '../../domain/same-secret.ts';
import { CODE_MAX_ATTEMPTS, codeHmac, LONG_CODE_DIGITS, parseCode } from './code.ts';
import type { CodeSlot } from './issue-code.ts';

/**
 * Why a code was refused. Wrong, expired and used codes get the same answer. `code_dead` means that no attempt is left, so the right
 * code would be refused too. It depends on the number of attempts alone, which does not tell whether a code was mailed.
 */
export type CodeProblem = 'code_missing' | 'code_syntax' | 'code_wrong' | 'code_dead';

export type RefusedCode = {
  problem: CodeProblem;
  /** How many attempts are left, once they are few; see `afterAttempts`. */
  left?: number;
};

export type CheckedCode =
  | RefusedCode
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
  deps: Pick<Deps, 'storage' | 'config' | 'emit'>,
  slot: CodeSlot,
  typed: string,
  longSlotId?: string,
): Promise<CheckedCode> {
  const parsed = parseCode(typed);
  if (!parsed.ok) return { problem: `code_${parsed.reason}` };
  const checked = await compareCode(deps, slot, parsed.code, longSlotId);
  const outcome = checked.problem === undefined ? 'right' : checked.problem === 'code_dead' ? 'dead' : 'wrong';
  deps.emit('code.checked', { purpose: slot.purpose, outcome });
  return checked;
}

async function compareCode(
  deps: Pick<Deps, 'storage' | 'config'>,
  slot: CodeSlot,
  code: string,
  longSlotId: string | undefined,
): Promise<CheckedCode> {
  const { emailCodes } = deps.storage;
  const longId = code.length === LONG_CODE_DIGITS ? longSlotId : undefined;
  const id = longId ?? slot.id;
  const kept = await (longId === undefined ? emailCodes.countAttempt(id, CODE_MAX_ATTEMPTS) : emailCodes.find(id));
  if (!kept) return { problem: (await emailCodes.find(id)) ? 'code_dead' : 'code_wrong' };
  const attempt = await countCodeTry(deps, slot.address, code);
  const expected = codeHmac(deps.config.keys.emailCode, id, slot.address, code);
  if (!attempt.mayCompare) return { problem: 'code_dead' };
  if (!sameSecret(kept.code_hmac, expected))
    return longId === undefined ? afterAttempts(kept.attempts) : { problem: 'code_wrong' };
  await attempt.wasRight();
  return { takeOut: async () => emailCodes.consume(id, expected) };
}

/** Returns the answer to a wrong code, from the number of attempts including this one. */
export function afterAttempts(attempts: number): RefusedCode & { problem: 'code_wrong' | 'code_dead' } {
  const left = CODE_MAX_ATTEMPTS - attempts;
  if (left <= 0) return { problem: 'code_dead' };
  return { problem: 'code_wrong', ...(attempts >= TELL_FROM_ATTEMPT && { left }) };
}

/** The attempt after which people are told how many are left. Most people need one or two. */
const TELL_FROM_ATTEMPT = 3;
