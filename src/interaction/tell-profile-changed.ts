// Tells the person by mail that something was changed that guards the ID, so that somebody else's doing does not stay unnoticed.
import type { Deps } from '../deps.ts';
import type { Account, ProfileKey } from '../domain/account.ts';
import { formatTime } from '../http/format-time.ts';

/** @param account as it is after the change */
export async function tellProfileChanged(
  { jobs, clock, config }: Pick<Deps, 'jobs' | 'clock' | 'config'>,
  account: Account,
  changed: readonly ProfileKey[],
): Promise<void> {
  if (changed.length === 0) return;
  const language = account.language === 'en' ? 'en' : 'ja';
  await jobs.enqueue('send_mail', `mail:profile-changed:${account.id}:${account.version}`, {
    to: account.email,
    template: 'profile-changed',
    language,
    values: {
      claims: changed.join(' '),
      time: formatTime(clock(), language),
      url: `${config.issuer}/password/forgotten`,
    },
  });
}
