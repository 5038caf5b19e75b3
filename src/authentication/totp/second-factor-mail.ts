// Makes the mails about the second factor of an account.
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import type { OwedMail } from '../../domain/mails.ts';
import { formatTime } from '../../http/format-time.ts';
import { languageOf } from '../../language.ts';

type SecondFactorMail =
  'second-factor-added' | 'second-factor-removed' | 'recovery-codes-renewed' | 'second-factor-removal-stopped';

/** The page of the second factor. */
export const SECOND_FACTOR_PATH = '/account/second-factor';

/** Makes a mail to the account's owner. */
export function secondFactorMail(
  { config, clock }: Pick<Deps, 'config' | 'clock'>,
  template: SecondFactorMail,
  { email, language }: Account,
): OwedMail<SecondFactorMail> {
  const values = { time: formatTime(clock(), languageOf(language)), url: `${config.issuer}${SECOND_FACTOR_PATH}` };
  return { to: email, template, language, values };
}
