// Makes the mails about the passkeys of an account.
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import type { OwedMail } from '../../domain/mails.ts';
import { formatTime } from '../../http/format-time.ts';
import { languageOf } from '../../language.ts';

type PasskeyMail = 'passkey-added' | 'passkey-renamed' | 'passkey-removed' | 'passkey-counter';

/** Makes a mail to the account's owner. @param names the names of the passkeys */
export function passkeyMail<Name extends PasskeyMail>(
  { config, clock }: Pick<Deps, 'config' | 'clock'>,
  template: Name,
  { email, language }: Account,
  ...names: string[]
): OwedMail<Name> {
  const spoken = languageOf(language);
  const name = names.join(spoken === 'ja' ? '、' : ', ');
  const values = { name, time: formatTime(clock(), spoken), url: `${config.issuer}/account/passkeys` };
  return { to: email, template, language, values } as OwedMail<Name>;
}
