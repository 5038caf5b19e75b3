// Mails the person about a change of guarded claims, so that they notice a change by somebody else.
import type { Deps } from '../deps.ts';
import type { Account, ProfileKey } from '../domain/account.ts';
import { languageOf } from '../language.ts';
import type { OwedMail } from '../domain/mails.ts';
import { formatTime } from '../http/format-time.ts';

/**
 * Makes the mails for a change of the profile: one, or none if no guarded claim changed.
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
