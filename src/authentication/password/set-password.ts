// Sets a new password and tells the person by mail, so that somebody else's doing does not stay unnoticed.
import type { Deps } from '../../deps.ts';
import { momentAfterSignIns, passwordsBefore, type Account, type EpochMilliseconds } from '../../domain/account.ts';
import { languageOf } from '../../domain/language.ts';
import type { OwedMail } from '../../domain/mails.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';
import { formatTime } from '../../http/format-time.ts';

/**
 * @param how what the ledger calls it
 * @param allowed asked about the account as it is in the moment of writing: of several parallel calls it can let one through
 * @returns the account as it is now; `undefined` where the password was not set
 */
export async function setPassword(
  deps: Pick<Deps, 'storage' | 'clock' | 'jobs' | 'config'>,
  accountId: string,
  passwordHash: string,
  how: 'account.password_changed' | 'account.password_reset',
  allowed: (account: Account) => boolean = () => true,
): Promise<Account | undefined> {
  const now = deps.clock();
  return changeAndTell(deps, accountId, how, (standing) => {
    if (!allowed(standing)) return undefined;
    const { email_change: wanted, ...rest } = standing;
    const to = {
      ...rest,
      // An address that was asked for with a password that somebody has forgotten, or that another one knew, comes to nothing.
      ...(wanted && how === 'account.password_changed' && { email_change: wanted }),
      password_hash: passwordHash,
      passwords_before: passwordsBefore(standing, now),
      password_changed_at: now,
      sign_ins_ended_at: momentAfterSignIns(standing, now),
    };
    return { to, mails: [passwordChangedMail(deps, to, now)] };
  });
}

/** @param account as it is after the change */
export function passwordChangedMail(
  { config }: Pick<Deps, 'config'>,
  account: Account,
  now: EpochMilliseconds,
): OwedMail<'password-changed'> {
  const language = languageOf(account.language);
  return {
    to: account.email,
    template: 'password-changed',
    language,
    values: { time: formatTime(now, language), url: `${config.issuer}/password/forgotten` },
  };
}
