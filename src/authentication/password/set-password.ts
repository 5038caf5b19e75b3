// Sets a new password and mails the person, so that they notice a change by somebody else.
import type { Deps } from '../../deps.ts';
import {
  withSignInsEnded,
  passwordsBefore,
  UNDO_LIFETIME_MS,
  type Account,
  type EpochMilliseconds,
} from '../../domain/account.ts';
import { languageOf } from '../../language.ts';
import type { OwedMail } from '../../domain/mails.ts';
import { changeAndTell } from '../../jobs/tell-account-change.ts';
import type { Passkey } from '../../domain/passkey.ts';
import { formatTime } from '../../http/format-time.ts';
import { passkeyMail } from '../passkey/passkey-mail.ts';

/**
 * Sets a new password, which ends earlier sign-ins.
 * @param how the event in the ledger
 * @param allowed decides on the account as it is when it is written, so that it can let only one of several parallel calls
 * through
 * @returns the changed account; `undefined` if the password was not set
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
    const ended = withSignInsEnded(standing, now);
    const { email_change: _wanted, ...withoutEmailChange } = ended;
    // A thief who knew the old password may have added a passkey. A reset removes the newest ones, as far back as a change of address
    // can be undone.
    const stays = ({ created_at: at }: Passkey): boolean => how !== 'account.password_reset' || at <= now - UNDO_LIFETIME_MS;
    const { passkeys = [] } = standing;
    const to = {
      // A reset cancels a pending change of address: somebody else who knew the old password may have requested it.
      ...(how === 'account.password_reset' ? withoutEmailChange : ended),
      password_hash: passwordHash,
      passwords_before: passwordsBefore(standing, now),
      password_changed_at: now,
      ...(passkeys.every(stays) ? {} : { passkeys: passkeys.filter(stays) }),
    };
    const gone = passkeys.filter((passkey) => !stays(passkey)).map(({ name }) => name);
    const aboutPasskeys = gone.length > 0 ? [passkeyMail(deps, 'passkey-removed', standing, ...gone)] : [];
    return { to, mails: [passwordChangedMail(deps, to, now), ...aboutPasskeys] };
  });
}

/** Makes the mail about a new password. @param account as it is after the change */
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
