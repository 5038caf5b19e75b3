// The events of the ledger, one entry each. docs/storage.md lists them, and a test compares the two.

/** The type of a value in an event's data. Values are never personal data; records are identified by id. */
type Field = 'string' | 'number' | 'string | null';
type Entry = {
  /** The record that `subject` names. */
  subject: 'account' | 'dealer link' | 'migration' | 'job' | 'client' | 'wave';
  data: Record<string, Field>;
  /** One sentence, for the documentation. */
  tells: string;
};

/** Who did something at the support desk, why, and from where. */
const BY_OPERATOR = { operator: 'string', reason: 'string', from: 'string' } as const;

/** All events. To add one, add an entry here and a row to the table in docs/storage.md. */
export const LEDGER_EVENTS = {
  'account.created': {
    subject: 'account',
    data: { terms: 'string' },
    tells: 'An account was registered, with an agreement to this version of the terms.',
  },
  'account.signed_in': {
    subject: 'account',
    data: { client_id: 'string', method: 'string' },
    tells: 'The person signed in at a client; `method` lists its `amr` values.',
  },
  'account.signed_in_after_failures': {
    subject: 'account',
    data: { failures: 'number' },
    tells: 'The person signed in after many failed attempts, so the owner gets a mail.',
  },
  'account.password_changed': { subject: 'account', data: {}, tells: 'The person replaced the password.' },
  'account.password_reset': { subject: 'account', data: {}, tells: 'The person set a new password with a mailed code.' },
  'account.password_rehashed': {
    subject: 'account',
    data: {},
    tells: 'The password was hashed again, because the hash settings had changed.',
  },
  'account.profile_changed': { subject: 'account', data: {}, tells: 'The person changed the profile on My page.' },
  'account.profile_confirmed': {
    subject: 'account',
    data: { client_id: 'string', claims: 'string' },
    tells: 'The person confirmed these claims, separated by spaces, for a client.',
  },
  'account.terms_agreed': {
    subject: 'account',
    data: { version: 'string', language: 'string', sha256: 'string | null' },
    tells: 'The person agreed to a version of the terms; `sha256` is the hash of the text.',
  },
  'account.sessions_ended': { subject: 'account', data: {}, tells: 'The person ended all other sessions.' },
  'account.sign_in_reported': {
    subject: 'account',
    data: {},
    tells: 'The owner reported a sign-in with the link in the mail about it, and every sign-in ended.',
  },
  'account.email_change_asked': { subject: 'account', data: {}, tells: 'The person asked for another address.' },
  'account.email_changed': { subject: 'account', data: {}, tells: 'The new address was proven and is now the ID.' },
  'account.email_change_undone': {
    subject: 'account',
    data: {},
    tells: 'A change of address was undone with the link in the mail to the old address.',
  },
  'account.lost_mailbox_asked': {
    subject: 'account',
    data: { request: 'string' },
    tells: 'Somebody who cannot read the mailbox of the ID asked for another address; `request` is the number of the request.',
  },
  'account.lost_mailbox_seen': {
    subject: 'account',
    data: { request: 'string', ...BY_OPERATOR },
    tells: 'An operator looked at a request for a lost mailbox.',
  },
  'account.lost_mailbox_approved': {
    subject: 'account',
    data: { request: 'string', ...BY_OPERATOR },
    tells: 'An operator approved a request for a lost mailbox; two are needed.',
  },
  'account.lost_mailbox_refused': {
    subject: 'account',
    data: { request: 'string', ...BY_OPERATOR },
    tells: 'An operator refused a request for a lost mailbox.',
  },
  'account.lost_mailbox_stopped': {
    subject: 'account',
    data: { request: 'string', by: 'string' },
    tells: 'A request for a lost mailbox was stopped: by the `link` in a mail to a known address, or by a signed-in `session`.',
  },
  'account.lost_mailbox_overtaken': {
    subject: 'account',
    data: { request: 'string' },
    tells: 'An approved request for a lost mailbox was dropped: the owner has signed in since, or the ID has changed.',
  },
  'account.lost_mailbox_expired': {
    subject: 'account',
    data: { request: 'string' },
    tells: 'No two operators approved a request for a lost mailbox in time. The person who made it gets a mail.',
  },
  'account.lost_mailbox_changed': {
    subject: 'account',
    data: { request: 'string' },
    tells: 'The waiting time of a request for a lost mailbox is over: the new address is now the ID.',
  },
  'account.login_number_asked': { subject: 'account', data: {}, tells: 'The person asked for a mobile number as a login ID.' },
  'account.login_number_proven': {
    subject: 'account',
    data: {},
    tells: 'The person proved a mobile number that another account still had.',
  },
  'account.login_number_on': { subject: 'account', data: {}, tells: 'A proven mobile number is now a login ID.' },
  'account.login_number_off': { subject: 'account', data: {}, tells: 'The person switched the login with a mobile number off.' },
  'account.login_number_moved': {
    subject: 'account',
    data: {},
    tells: 'Another person proved the number, so the login with it ended. The owner gets a mail.',
  },
  'account.login_number_given_up': {
    subject: 'account',
    data: {},
    tells: 'A proof of a mobile number came to nothing, because a later one got the number.',
  },
  'account.login_number_used': {
    subject: 'account',
    data: {},
    tells: 'The person signed in with the mobile number; at most one event a month.',
  },
  'account.passkey_added': {
    subject: 'account',
    data: { passkey: 'string' },
    tells: 'The person added a passkey; `passkey` is a digest of its credential id, here and below.',
  },
  'account.passkey_renamed': { subject: 'account', data: { passkey: 'string' }, tells: 'The person renamed a passkey.' },
  'account.passkey_removed': { subject: 'account', data: { passkey: 'string' }, tells: 'The person removed a passkey.' },
  'account.passkey_used': { subject: 'account', data: { passkey: 'string' }, tells: 'A passkey proved the person.' },
  'account.passkey_counter_back': {
    subject: 'account',
    data: { passkey: 'string' },
    tells: 'The signature counter of a passkey went back: a copy may exist. The owner gets a mail.',
  },
  'account.second_factor_added': { subject: 'account', data: {}, tells: 'The person switched the second factor (TOTP) on.' },
  'account.second_factor_removed': { subject: 'account', data: {}, tells: 'The person switched the second factor off.' },
  'account.second_factor_used': { subject: 'account', data: {}, tells: 'A code of the app proved the person.' },
  'account.recovery_code_used': { subject: 'account', data: {}, tells: 'A recovery code proved the person.' },
  'account.recovery_codes_renewed': { subject: 'account', data: {}, tells: 'The person got new recovery codes.' },
  'account.second_factor_removal_asked': {
    subject: 'account',
    data: {},
    tells: 'The person lost the second factor and asked for its removal, which waits for 24 hours.',
  },
  'account.second_factor_removal_ordered': {
    subject: 'account',
    data: BY_OPERATOR,
    tells:
      'An operator asked for the removal of a lost second factor, which waits for 24 hours. The owner gets a mail that stops it.',
  },
  'account.second_factor_removal_stopped': { subject: 'account', data: {}, tells: 'The waiting removal was stopped.' },
  'account.second_factor_lost': {
    subject: 'account',
    data: {},
    tells: 'The waiting time was over, and the second factor was removed.',
  },
  'account.withdrawn': {
    subject: 'account',
    data: {},
    tells: 'The person ended the ID (退会); it is erased after a time in which they can take it back.',
  },
  'account.withdrawal_taken_back': { subject: 'account', data: {}, tells: 'The person took the withdrawal back.' },
  'account.erasure_began': {
    subject: 'account',
    data: {},
    tells: 'The time to take the withdrawal back is over; nobody can sign in any more.',
  },
  'account.erased': { subject: 'account', data: {}, tells: 'The account was erased, and its address is free again.' },
  'account.looked_at': {
    subject: 'account',
    data: { what: 'string', ...BY_OPERATOR },
    tells: 'An operator looked at the account: `find`, `show` or `timeline`.',
  },
  'account.unmasked': {
    subject: 'account',
    data: BY_OPERATOR,
    tells: 'An operator saw the addresses, numbers and legacy ids of the account in full.',
  },
  'account.exported': { subject: 'account', data: BY_OPERATOR, tells: 'An operator got the copy of the person’s data.' },
  'account.limits_lifted': {
    subject: 'account',
    data: BY_OPERATOR,
    tells: 'An operator ended the pauses after too many tries. The owner gets a mail.',
  },
  'account.sign_ins_ended': {
    subject: 'account',
    data: BY_OPERATOR,
    tells: 'An operator ended every session and token of the account. The owner gets a mail.',
  },
  'account.disabled': {
    subject: 'account',
    data: BY_OPERATOR,
    tells: 'An operator disabled the account: nobody can sign in. The owner gets a mail.',
  },
  'account.enabled': {
    subject: 'account',
    data: BY_OPERATOR,
    tells: 'An operator enabled the account again. The owner gets a mail.',
  },
  'account.erasure_ordered': {
    subject: 'account',
    data: BY_OPERATOR,
    tells: 'An operator ordered the erasure of the account, which begins at once and cannot be taken back.',
  },
  'job.retried': {
    subject: 'job',
    data: { kind: 'string', ...BY_OPERATOR },
    tells: 'An operator restarted a job that had failed for good; the subject is its key.',
  },
  'job.dropped': { subject: 'job', data: { kind: 'string', ...BY_OPERATOR }, tells: 'An operator removed a job.' },
  'campaign.looked_at': {
    subject: 'client',
    data: { what: 'string', ...BY_OPERATOR },
    tells: 'An operator looked at legacy users of this client: those who are `stuck`, or all of them (`reconciliation`).',
  },
  'wave.changed': {
    subject: 'wave',
    data: { change: 'string', ...BY_OPERATOR },
    tells: 'An operator planned, started, paused, resumed or stopped a wave of the campaign.',
  },
  'client.consented': {
    subject: 'account',
    data: { client_id: 'string', scopes: 'string', claims: 'string' },
    tells: 'The person allowed a client these scopes and single claims, separated by spaces.',
  },
  'client.grant_ended': {
    subject: 'account',
    data: { client_id: 'string' },
    tells: 'A client’s grant was ended before it expired.',
  },
  'session.ended': {
    subject: 'account',
    data: { session: 'string' },
    tells: 'A session was ended before it expired; `session` is its `uid`.',
  },
  'dealer_link.consented': {
    subject: 'dealer link',
    data: { dealer: 'string', client_id: 'string', text_version: 'string', text_sha256: 'string' },
    tells: 'The person agreed to this text of a link with a dealer, in a client’s flow.',
  },
  'dealer_link.accepted': { subject: 'dealer link', data: { dealer: 'string' }, tells: 'The dealer accepted the link.' },
  'dealer_link.failed': {
    subject: 'dealer link',
    data: { dealer: 'string' },
    tells: 'The dealer did not accept the link, or an update of it, in time.',
  },
  'dealer_link.retried': {
    subject: 'dealer link',
    data: { dealer: 'string' },
    tells: 'The person retried a failed link.',
  },
  'dealer_link.withdrawn': {
    subject: 'dealer link',
    data: { dealer: 'string' },
    tells: 'The person withdrew the consent to the link.',
  },
  'dealer_link.erased': {
    subject: 'dealer link',
    data: { dealer: 'string' },
    tells: 'The link was erased with its account; the consent is kept apart, encrypted.',
  },
  'migration.started': { subject: 'migration', data: {}, tells: 'A legacy identity was handed over for the first time.' },
  'migration.profile_updated': {
    subject: 'migration',
    data: {},
    tells: 'A legacy identity was handed over again, with other data.',
  },
  'migration.proposed': {
    subject: 'migration',
    data: { account_id: 'string' },
    tells: 'The migration got an account as its candidate; it becomes final when the client redeems the code.',
  },
  'migration.completed': {
    subject: 'migration',
    data: { account_id: 'string' },
    tells: 'The client redeemed the code: the legacy identity belongs to the account.',
  },
  'migration.undone': {
    subject: 'migration',
    data: { account_id: 'string' },
    tells: 'The migration was undone with the link in one of its mails.',
  },
  'migration.withdrawn': {
    subject: 'migration',
    data: { account_id: 'string' },
    tells: 'The person ended the ID, so the legacy identity is free again.',
  },
} as const satisfies Record<string, Entry>;

export type LedgerEventType = keyof typeof LEDGER_EVENTS;

type ValueOf<F extends Field> = F extends 'string' ? string : F extends 'number' ? number : string | null;
type FieldsOf<Type extends LedgerEventType> = (typeof LEDGER_EVENTS)[Type]['data'];

/** The data of an event. Demo data has `demo` instead. */
export type LedgerDataOf<Type extends LedgerEventType> =
  | { -readonly [Name in keyof FieldsOf<Type>]: FieldsOf<Type>[Name] extends Field ? ValueOf<FieldsOf<Type>[Name]> : never }
  | { demo: true };

/** The types of events that have no data. */
type Bare = { [Type in LedgerEventType]: keyof FieldsOf<Type> extends never ? Type : never }[LedgerEventType];

/** An event: its type, with its data. The events without data are one member, because the compiler compares few members of a union. */
export type Told<Type extends LedgerEventType = LedgerEventType> =
  | ([Extract<Type, Bare>] extends [never] ? never : { type: Extract<Type, Bare>; data?: never })
  | { [T in Exclude<Type, Bare>]: { type: T; data: LedgerDataOf<T> } }[Exclude<Type, Bare>];

/** An event that does not record the change of a record. */
export type Happening = Told<Exclude<LedgerEventType, Bare>>;
export type AccountEvent = Told<Extract<LedgerEventType, `account.${string}`>>;
/** An event, or only its type if it has no data. */
export type AccountEventOrType = AccountEvent | Extract<Bare, `account.${string}`>;
export type DealerLinkEvent = Told<Extract<LedgerEventType, `dealer_link.${string}`>>;
export type MigrationEvent = Told<Extract<LedgerEventType, `migration.${string}`>>;
