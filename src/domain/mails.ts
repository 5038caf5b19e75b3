// The mails of the common ID. An entry defines a mail's values and its parts. The texts are in
// config/locales/<language>/mail.json, under the mail's name with `_` for `-`.
import { CAMPAIGN_MAIL } from './campaign-mail-parts.ts';
import { mail } from './mail-parts.ts';
import { GUARDED_KEYS } from './profile-fields.ts';

const WHEN = '2026年11月1日 9:30';
const DEALER = '愛知中央トヨタ自動車株式会社';
const CODE_MAIL = mail(
  { code: '012345', minutes: 10 },
  [{ text: 'text' }],
  [{ code: 'code' }],
  [{ text: 'valid' }, { text: 'warning' }],
  [{ note: 'not_you' }],
);

/** About a passkey of an ID: what happened to it, and when. */
const PASSKEY_MAIL = mail(
  { name: 'Safari / iPhone', time: WHEN, url: 'http://localhost:3000/account/passkeys' },
  [{ text: 'text' }],
  [{ label: 'passkey', value: 'name' }],
  [{ label: 'time', value: 'time' }],
  [{ text: 'not_you' }, { link: 'link', to: 'url' }],
);

/** About the second factor of an ID: what happened, and when. */
const SECOND_FACTOR_MAIL = mail(
  { time: WHEN, url: 'http://localhost:3000/account/second-factor' },
  [{ text: 'text' }],
  [{ label: 'time', value: 'time' }],
  [{ text: 'not_you' }, { link: 'link', to: 'url' }],
);

/** About the mobile number that is a login ID: only its last digits, because a mailbox may have several readers. */
const LOGIN_NUMBER_MAIL = mail(
  { number: '***-****-5678', time: WHEN, url: 'http://localhost:3000/account/mobile-number' },
  [{ text: 'text' }],
  [{ label: 'number', value: 'number' }],
  [{ label: 'time', value: 'time' }],
  [{ text: 'not_you' }, { link: 'link', to: 'url' }],
);

/** To the owner of an ID, about what an operator has done. */
const DESK_MAIL = mail(
  { time: WHEN, url: 'http://localhost:3000/account' },
  [{ text: 'text' }],
  [{ label: 'time', value: 'time' }],
  [{ text: 'next' }, { link: 'link', to: 'url' }],
  [{ note: 'not_you' }],
);

/** Every mail. To add one, see "How to add a mail" in ARCHITECTURE.md. */
export const MAILS = {
  /** Proves the address of a registration. */
  'email-code': CODE_MAIL,
  /** To the owner of an address that somebody tried to register again. */
  'id-exists': mail(
    { email: 'sato@example.jp', loginUrl: 'http://localhost:3001/?a=1&b=2' },
    [{ text: 'text' }],
    [{ label: 'id', value: 'email' }],
    [{ text: 'how' }],
    [{ link: 'link', to: 'loginUrl' }],
    [{ note: 'not_you' }],
  ),
  /** To the owner of a new ID. */
  welcome: mail(
    { email: 'tanaka@example.jp', url: 'http://localhost:3000/account' },
    [{ text: 'text' }],
    [{ label: 'id', value: 'email' }],
    [{ text: 'next' }, { link: 'link', to: 'url' }],
    [{ note: 'not_you' }],
  ),
  /** To the owner of an ID, after a sign-in in a browser in which the ID has not signed in before. */
  'new-device': mail(
    { time: WHEN, device: 'Safari / iPhone', url: 'http://localhost:3000/account/sign-in/report?token=abc' },
    [{ text: 'text' }],
    [{ label: 'time', value: 'time' }],
    [{ label: 'device', value: 'device' }],
    [{ text: 'you' }],
    [{ text: 'not_you' }, { link: 'link', to: 'url' }],
  ),
  /** To the owner of an ID who has reported a sign-in with the link in that mail. */
  'sign-in-reported': mail(
    { time: WHEN, url: 'http://localhost:3000/password/forgotten' },
    [{ text: 'text' }],
    [{ label: 'time', value: 'time' }],
    [{ text: 'next' }, { link: 'link', to: 'url' }],
  ),
  /** To the owner of an ID, after a sign-in that followed many failed ones. */
  'failed-sign-ins': mail({ failures: 7 }, [{ text: 'text' }], [{ text: 'you' }], [{ text: 'not_you' }]),
  /** The dealer accepted the link. */
  'dealer-link-done': mail(
    { dealerName: DEALER },
    [{ text: 'text' }],
    [{ label: 'dealer', value: 'dealerName' }],
    [{ text: 'next' }],
    [{ note: 'not_you' }],
  ),
  /** The dealer did not accept the link in time. */
  'dealer-link-failed': mail(
    { dealerName: DEALER },
    [{ text: 'text' }],
    [{ label: 'dealer', value: 'dealerName' }],
    [{ text: 'next' }],
  ),
  /** The code of a password reset. */
  'password-reset-code': CODE_MAIL,
  /** To the owner of an ID whose resets are paused for a day, after too many attempts. */
  'password-reset-paused': mail({}, [{ text: 'text' }], [{ text: 'login' }], [{ note: 'not_you' }]),
  /** To the owner of an ID that has a new password. */
  'password-changed': mail(
    { time: WHEN, url: 'http://localhost:3000/password/forgotten' },
    [{ text: 'text' }],
    [{ label: 'time', value: 'time' }],
    [{ text: 'ended' }],
    [{ text: 'not_you' }, { link: 'link', to: 'url' }],
  ),
  /** To the owner of an ID, after a change of claims that protect the ID. */
  'profile-changed': mail(
    {
      claims: GUARDED_KEYS.join(' '),
      time: WHEN,
      url: 'http://localhost:3000/password/forgotten',
    },
    [{ text: 'text' }],
    [{ label: 'what', claims: 'claims' }],
    [{ label: 'time', value: 'time' }],
    [{ text: 'not_you' }, { link: 'link', to: 'url' }],
  ),
  /** Proves the new address of an ID. */
  'email-change-code': CODE_MAIL,
  /** To an address that has an ID, when another ID asks for the address. */
  'email-change-taken': mail({}, [{ text: 'text' }], [{ note: 'not_you' }]),
  /** To the new address of an ID. */
  'email-changed': mail(
    { email: 'new@example.jp', time: WHEN },
    [{ text: 'text' }],
    [{ label: 'id', value: 'email' }],
    [{ label: 'time', value: 'time' }],
    [{ note: 'next' }],
  ),
  /** To the old address of an ID, with a link that undoes the change. */
  'email-changed-undo': mail(
    { email: 'new@example.jp', time: WHEN, url: 'http://localhost:3000/account/email/undo?token=a.b' },
    [{ text: 'text' }],
    [{ label: 'id', value: 'email' }],
    [{ label: 'time', value: 'time' }],
    [{ text: 'not_you' }, { link: 'link', to: 'url' }],
  ),
  /** Proves the new address of a person who cannot read the mailbox of their ID. */
  'lost-mailbox-code': CODE_MAIL,
  /** To every known address of an ID for which such a request was made, with a link that stops it. */
  'lost-mailbox-asked': mail(
    { email: 'n***@example.jp', time: WHEN, url: 'http://localhost:3000/lost-mailbox/stop?token=a.b' },
    [{ text: 'text' }],
    [{ label: 'email', value: 'email' }],
    [{ label: 'time', value: 'time' }],
    [{ text: 'you' }],
    [{ text: 'not_you' }, { link: 'link', to: 'url' }],
  ),
  /** The same after the operators have approved it. */
  'lost-mailbox-waiting': mail(
    { email: 'n***@example.jp', changes: WHEN, url: 'http://localhost:3000/lost-mailbox/stop?token=a.b' },
    [{ text: 'text' }],
    [{ label: 'email', value: 'email' }],
    [{ label: 'changes', value: 'changes' }],
    [{ text: 'not_you' }, { link: 'link', to: 'url' }],
  ),
  /** To the new address, after the operators have approved it. */
  'lost-mailbox-approved': mail(
    { changes: WHEN },
    [{ text: 'text' }],
    [{ label: 'changes', value: 'changes' }],
    [{ text: 'next' }],
  ),
  /** To the new address, if the address of the ID will not change. */
  'lost-mailbox-ended': mail({}, [{ text: 'text' }], [{ text: 'next' }], [{ note: 'not_you' }]),
  /** To the new address, which is now the ID. */
  'lost-mailbox-changed': mail(
    { email: 'new@example.jp', time: WHEN, url: 'http://localhost:3000/password/forgotten' },
    [{ text: 'text' }],
    [{ label: 'id', value: 'email' }],
    [{ label: 'time', value: 'time' }],
    [{ text: 'next' }, { link: 'link', to: 'url' }],
  ),
  /** To the owner of an ID, after a change of the mobile number that is a login ID. */
  'login-number-on': LOGIN_NUMBER_MAIL,
  'login-number-off': LOGIN_NUMBER_MAIL,
  /** To the former owner of the number, after another person proved it. */
  'login-number-moved': LOGIN_NUMBER_MAIL,
  /** To the owner of an ID, after a change of its passkeys. */
  'passkey-added': PASSKEY_MAIL,
  'passkey-renamed': PASSKEY_MAIL,
  'passkey-removed': PASSKEY_MAIL,
  /** To the owner of an ID, if the signature counter of a passkey did not grow. */
  'passkey-counter': PASSKEY_MAIL,
  /** To the owner of an ID, after a change of its second factor. */
  'second-factor-added': SECOND_FACTOR_MAIL,
  'second-factor-removed': SECOND_FACTOR_MAIL,
  'recovery-codes-renewed': SECOND_FACTOR_MAIL,
  /** To the owner of an ID who has signed in with a recovery code. */
  'recovery-code-used': mail(
    { left: 9, time: WHEN, url: 'http://localhost:3000/account/second-factor' },
    [{ text: 'text' }],
    [{ label: 'time', value: 'time' }],
    [{ text: 'left' }],
    [{ text: 'not_you' }, { link: 'link', to: 'url' }],
  ),
  /** To the owner of an ID whose password somebody knows who fails at the second factor. */
  'second-factor-failures': mail(
    { failures: 5, url: 'http://localhost:3000/password/forgotten' },
    [{ text: 'text' }],
    [{ text: 'you' }],
    [{ text: 'not_you' }, { link: 'link', to: 'url' }],
  ),
  /** The code with which a person who has lost the second factor asks for its removal. */
  'second-factor-lost-code': CODE_MAIL,
  /** To the owner of an ID whose second factor will be removed, with a link that stops it. */
  'second-factor-removal-asked': mail(
    { time: WHEN, due: '2026年11月2日 9:30', url: 'http://localhost:3000/account/second-factor/stop?token=a.b' },
    [{ text: 'text' }],
    [{ label: 'time', value: 'time' }],
    [{ label: 'due', value: 'due' }],
    [{ text: 'you' }],
    [{ text: 'not_you' }, { link: 'link', to: 'url' }],
  ),
  'second-factor-removal-stopped': SECOND_FACTOR_MAIL,
  /** To the address of the ID and to the one that the legacy site has, after a migration, with a link that undoes it. */
  'migration-completed': mail(
    {
      serviceName: 'トヨタオーナーズサイト',
      email: 'tanaka@example.jp',
      time: WHEN,
      ends: '2026年11月4日 9:30',
      url: 'http://localhost:3000/account/migration/undo?token=abc',
    },
    [{ text: 'text' }],
    [{ label: 'id', value: 'email' }],
    [{ label: 'time', value: 'time' }],
    [{ text: 'you' }],
    [{ text: 'not_you' }, { link: 'link', to: 'url' }],
  ),
  /** To a legacy user, from a wave of the campaign: the first mail, and one to those who have not moved since. */
  'migration-invitation': CAMPAIGN_MAIL,
  'migration-reminder': CAMPAIGN_MAIL,
  /** To the owner of an ID that an operator has disabled: then, and when a new password or another registration is asked for. */
  'id-disabled': mail(
    { time: WHEN },
    [{ text: 'text' }],
    [{ label: 'time', value: 'time' }],
    [{ text: 'what' }],
    [{ text: 'next' }],
  ),
  /** To the owner of an ID that an operator has enabled again, whose sign-ins one has ended, and whose pauses after too many tries one has ended. */
  'id-enabled': DESK_MAIL,
  'sign-ins-ended': DESK_MAIL,
  'limits-lifted': DESK_MAIL,
  /** To the owner of an ID, after the withdrawal (退会). */
  withdrawn: mail(
    { email: 'tanaka@example.jp', ends: '2026年11月15日 9:30', url: 'http://localhost:3000/account' },
    [{ text: 'text' }],
    [{ label: 'id', value: 'email' }],
    [{ label: 'ends', value: 'ends' }],
    [{ text: 'again' }],
    [{ text: 'back' }, { link: 'link', to: 'url' }],
    [{ note: 'not_you' }],
  ),
  /** To the owner of an ID who has taken the withdrawal back. */
  'withdrawal-taken-back': mail(
    { email: 'tanaka@example.jp', time: WHEN, url: 'http://localhost:3000/password/forgotten' },
    [{ text: 'text' }],
    [{ label: 'id', value: 'email' }],
    [{ label: 'time', value: 'time' }],
    [{ text: 'next' }],
    [{ text: 'not_you' }, { link: 'link', to: 'url' }],
  ),
  /** To the address of an ID that was erased. It is the last mail. */
  erased: mail({}, [{ text: 'text' }], [{ text: 'kept' }], [{ note: 'again' }]),
} as const;

/** The values of each mail. */
export type Mails = { [Name in keyof typeof MAILS]: (typeof MAILS)[Name]['sample'] };
export type MailName = keyof Mails;

/** A mail to send: its recipient, its name, and its values. */
export type Mail<Name extends MailName = MailName> = {
  [N in Name]: { to: string; template: N; language: string; values: Mails[N] };
}[Name];

/** Values that must not be stored in an account. They are stored in the encrypted payload of a job. */
export type MailSecrets = {
  'email-changed-undo': Pick<Mails['email-changed-undo'], 'url'>;
  'second-factor-removal-asked': Pick<Mails['second-factor-removal-asked'], 'url'>;
  'lost-mailbox-asked': Pick<Mails['lost-mailbox-asked'], 'url'>;
  'lost-mailbox-waiting': Pick<Mails['lost-mailbox-waiting'], 'url'>;
};

/** A mail without its secrets, as stored in an account. */
export type OwedMail<Name extends MailName = MailName> = {
  [N in Name]: Omit<Mail<N>, 'values'> & {
    values: N extends keyof MailSecrets ? Omit<Mails[N], keyof MailSecrets[N]> : Mails[N];
  };
}[Name];

/** Adds the secrets to a mail that is stored in an account. */
export function withSecrets(owed: OwedMail, secrets: Partial<MailSecrets>): Mail {
  const secret = owed.template in secrets ? secrets[owed.template as keyof MailSecrets] : {};
  return { ...owed, values: { ...owed.values, ...secret } } as Mail;
}
