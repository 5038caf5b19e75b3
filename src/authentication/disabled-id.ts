// Tells the owner of a disabled ID why it cannot be used.
import type { Account } from '../domain/account.ts';
import { isDisabledByOperator } from '../domain/disabled-account.ts';
import { formatTime } from '../http/format-time.ts';
import { PageError } from '../http/page-error.ts';
import { languageOf } from '../language.ts';

/**
 * Refuses an account that an operator has disabled. Call it only after the person has proven to be the owner, because the answer reveals the
 * state of the account.
 * @throws {PageError} `id_disabled`
 */
export function refuseDisabled(account: Account): void {
  if (isDisabledByOperator(account)) throw new PageError('id_disabled', { detail: 'an operator has disabled the account' });
}

/** Returns the mail to the owner, without its address. @param language of the mail */
export function idDisabledMail({ disabled_at: at = 0 }: Account, language: string) {
  const values = { time: formatTime(at, languageOf(language)) };
  return { template: 'id-disabled' as const, language: languageOf(language), values };
}
