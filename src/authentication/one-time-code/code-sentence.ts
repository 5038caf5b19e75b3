// Says why a code was refused, in the person's language.
import type { Translate } from '../../http/translator.ts';

/**
 * Returns the sentences for the field of the code.
 * @param problem the last part of a key below `form_errors`
 * @param left how many attempts this code has left, if the person is told
 */
export function codeSentence(t: Translate, { problem, left }: { problem: string; left?: number }): string {
  const sentence = t(`form_errors.${problem}`);
  return left === undefined ? sentence : `${sentence} ${t('form_errors.code_attempts_left', { left })}`;
}
