// Tells the person by mail that something was changed that guards the ID, so that somebody else's doing does not stay unnoticed.
import type { Deps } from '../deps.ts';
import type { Account, ProfileKey } from '../domain/account.ts';
import { languageOf } from '../domain/language.ts';
import type { OwedMail } from '../domain/mails.ts';
import { formatTime } from '../http/format-time.ts';

/**
 * The mails that a change of the profile owes: one, or none where nothing changed that guards the ID.
 * @param account as it is after the change
 */
export function profileChangedMails(
  { clock, config }: Pick<Deps, 'clock' | 'config'>,
  account: Account,
  changed: readonly ProfileKey[],
): OwedMail<'profile-changed'>[] {
  if (changed.length === 0) return [];
  const language = languageOf(account.language);
  const values = {
    claims: changed.join(' '),
    time: formatTime(clock(), language),
    url: `${config.issuer}/password/forgotten`,
  };
  return [{ to: account.email, template: 'profile-changed', language, values }];
}
