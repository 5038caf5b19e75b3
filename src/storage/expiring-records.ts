// The port's records that expire, one entry for each. Both backends create their stores from this table; see storage.ts.
import type { EpochMilliseconds, Profile } from '../domain/account.ts';
import type { MailStop } from '../domain/campaign-mail.ts';
import type { ClientRefusals } from '../domain/client-refusal.ts';
import type { DealerLink } from '../domain/dealer-link.ts';
import type { LastUses } from '../domain/last-uses.ts';
import type { LegacyProfile } from '../domain/legacy-profile.ts';
import type { LostMailboxRequest } from '../domain/lost-mailbox.ts';
import type { OperationAnswer } from '../domain/operation-answer.ts';
import type { PasskeyChallenges, PasskeyOffer, PasskeyOwner } from '../domain/passkey.ts';
import type { PasswordReset } from '../domain/password-reset.ts';
import type { SecondFactorSetup } from '../domain/second-factor.ts';
import type { SignInHistory } from '../domain/sign-in-history.ts';
import type { Wave } from '../domain/wave.ts';
import type { RegistrationDraft } from '../domain/registration-draft.ts';

/** Records with an id, a version and an expiry. A record that stays has the expiry `NEVER`. */
export interface ExpiringStore<T extends { id: string; version: number; expires_at: EpochMilliseconds }> {
  find(id: string): Promise<T | undefined>;
  /**
   * Writes a new record (`version` 0, stored as 1) or the next version of a stored one (`version` is the one that was read;
   * stored as one more). Returns the stored record.
   * @throws {VersionConflict} another write came first, or the record has expired.
   */
  put(value: T): Promise<T>;
  remove(id: string): Promise<void>;
  /** Returns at most `limit` records in order of id, after the id `after` (empty: from the beginning). */
  listAfter(after: string, limit: number): Promise<T[]>;
}

/** The facts of one authorization request in one browser, kept between its pages. The id is the interaction's `cid`. */
export type InteractionFacts = {
  id: string;
  version: number;
  expires_at: EpochMilliseconds;
  /** The browser in which the request started; see `createBrowserIds`. */
  browser_id?: string;
  /** The current interaction of the request. */
  current_uid?: string;
  /** When that interaction expires. */
  current_until?: EpochMilliseconds;
  /** The person chose to get a new ID or to sign in. Overrides the client's request. */
  wants?: 'registration' | 'login';
  /** The account that was registered in this request (after ⑨). */
  registration?: { account_id: string; email: string };
  /** The choice at ⑩; `dealer` is null for 連携せずに進む. */
  dealer_choice?: { dealer: string | null; consent?: DealerLink['consent'] };
  /** 「このIDで続ける」 was pressed for this account, or it signed in during this request. */
  continue_as?: string;
  /** The account whose name or birth date differs from the hand-over, and whose owner confirmed that both are theirs. */
  same_person?: string;
  /** The signed-in account that the person does not want to continue with. */
  not_as?: string | undefined;
  /** The account that signed in with a password in this request, in a browser with passkeys, and is offered one. */
  offers_passkey?: string | undefined;
  /** Set when the person cancelled. After that, nothing can be chosen in this request. */
  cancelled?: true;
  /** The input at ⑪, until ⑫ writes it. */
  typed_profile?: Profile | undefined;
};

/** A handed-over legacy profile, checked and parsed; see `domain/legacy-profile.ts`. */
export type StoredLegacyProfile = {
  /** Random; replaces the hand-over's JWT in the authorization request. */
  id: string;
  version: number;
  client_id: string;
  profile: LegacyProfile;
  expires_at: EpochMilliseconds;
};

/** A page that answers a form, kept until the browser shows it; see `http/show-by-get.ts`. */
export type KeptPageRecord = {
  /** Made of the browser's secret and the page's path. */
  id: string;
  version: number;
  expires_at: EpochMilliseconds;
  /** JSON. */
  page: string;
};

/** The consent of an erased dealer link, kept as a proof until its date of erasure. The id is the link's. */
export type KeptConsentRecord = {
  id: string;
  version: number;
  expires_at: EpochMilliseconds;
  /** A `KeptConsent`, encrypted. */
  sealed: string;
};

/** A text that somebody has agreed to. The id is its SHA-256, hexadecimal, so each text is stored once. */
export type AgreedTextRecord = {
  id: string;
  version: number;
  expires_at: EpochMilliseconds;
  text: string;
};

/** The type of each record. */
export type ExpiringRecords = {
  registrationDrafts: RegistrationDraft;
  interactionFacts: InteractionFacts;
  legacyProfiles: StoredLegacyProfile;
  passwordResets: PasswordReset;
  keptPages: KeptPageRecord;
  clientRefusals: ClientRefusals;
  passkeyChallenges: PasskeyChallenges;
  passkeyOwners: PasskeyOwner;
  passkeyOffers: PasskeyOffer;
  keptConsents: KeptConsentRecord;
  agreedTexts: AgreedTextRecord;
  signInHistories: SignInHistory;
  lastUses: LastUses;
  secondFactorSetups: SecondFactorSetup;
  lostMailboxRequests: LostMailboxRequest;
  mailStops: MailStop;
  waves: Wave;
  operationAnswers: OperationAnswer;
};

type Entry = {
  /** The kind in the database. Never change it. */
  kind: string;
  /** `recreatable`: a power cut may lose it, because another login recreates it. */
  durability: 'durable' | 'recreatable';
  /** The files and folders below src/ that change it. */
  changedBy: readonly string[];
  /** What holds after every change. */
  holds: string;
};

/** To add one, see "How to add a record" in ARCHITECTURE.md. */
export const EXPIRING_RECORDS = {
  registrationDrafts: {
    kind: 'registration_draft',
    durability: 'durable',
    changedBy: ['interaction/create/', 'jobs/follow-migration.ts', 'account/withdrawal/'],
    holds:
      "one browser's, or one of a legacy identity, which has one account; a proof names the draft's address; the password was typed for it; from 登録 on only the outcome changes",
  },
  interactionFacts: {
    kind: 'interaction_facts',
    durability: 'recreatable',
    changedBy: ['oidc/policy/request-facts.ts'],
    holds: "one browser's; no dealer is chosen in a cancelled request, nor for a person who signed in after another one",
  },
  legacyProfiles: {
    kind: 'legacy_profile',
    durability: 'recreatable',
    changedBy: ['oidc/migration/legacy-hand-over.ts'],
    holds: 'never changes; it is only kept longer',
  },
  passwordResets: {
    kind: 'password_reset',
    durability: 'durable',
    changedBy: ['account/forgotten/flow.ts'],
    holds: 'names the account only after the right code; one new password',
  },
  keptPages: {
    kind: 'kept_page',
    durability: 'recreatable',
    changedBy: ['storage/keep-pages.ts'],
    holds: "one browser's, for one view and two minutes; no password, code or token is in it",
  },
  clientRefusals: {
    kind: 'client_refusals',
    durability: 'recreatable',
    changedBy: ['oidc/clients/refusal-book.ts'],
    holds: 'bounded for each endpoint and error; no secret, code, token or personal data is in it',
  },
  passkeyChallenges: {
    kind: 'passkey_challenges',
    durability: 'durable',
    changedBy: ['authentication/passkey/challenges.ts'],
    holds: "one browser's, for one purpose; each is taken out once",
  },
  passkeyOwners: {
    kind: 'passkey_owner',
    durability: 'durable',
    changedBy: ['authentication/passkey/passkeys-of-account.ts', 'authentication/passkey/settle-user-handle.ts'],
    holds: 'one account for one handle; the account names the handle, too, or has no passkey with it',
  },
  passkeyOffers: {
    kind: 'passkey_offer',
    durability: 'durable',
    changedBy: ['authentication/passkey/offer.ts', 'authentication/passkey/passkeys-of-account.ts'],
    holds: 'stands while the offer rests',
  },
  keptConsents: {
    kind: 'kept_consent',
    durability: 'durable',
    changedBy: ['account/withdrawal/erase.ts'],
    holds: 'never changes; written before its link is erased',
  },
  agreedTexts: {
    kind: 'agreed_text',
    durability: 'durable',
    changedBy: ['storage/agreed-texts.ts'],
    holds: 'never changes; written before the agreement that names it',
  },
  signInHistories: {
    kind: 'sign_in_history',
    durability: 'recreatable',
    changedBy: [
      'interaction/login/routes.ts',
      'interaction/second-factor/prove.ts',
      'authentication/failed-sign-ins.ts',
      'account/withdrawal/erase.ts',
    ],
    holds: "one account's, of 90 days; failures push out no sign-in",
  },
  lastUses: {
    kind: 'last_uses',
    durability: 'recreatable',
    changedBy: ['oidc/sessions/last-uses.ts', 'account/withdrawal/erase.ts'],
    holds: "one account's; at most one write an hour for each service and browser",
  },
  secondFactorSetups: {
    kind: 'second_factor_setup',
    durability: 'durable',
    changedBy: ['authentication/totp/second-factor-of-account.ts'],
    holds: "one browser's, for one account; the secret and the new codes are encrypted, and shown to this browser alone",
  },
  lostMailboxRequests: {
    kind: 'lost_mailbox_request',
    durability: 'durable',
    changedBy: ['account/lost-mailbox/', 'account/withdrawal/erase.ts'],
    holds: "one browser's until its new address is proven; its state in the account changes only while it is open",
  },
  mailStops: {
    kind: 'mail_stop',
    durability: 'durable',
    changedBy: ['account/campaign-mails/stop.ts'],
    holds: 'never changes; the id is an HMAC of the address',
  },
  waves: {
    kind: 'wave',
    durability: 'durable',
    changedBy: ['operations/migration/waves.ts', 'operations/migration/send-wave.ts'],
    holds: 'the plan never changes; a stopped wave stays stopped; everybody before `after` was decided on',
  },
  operationAnswers: {
    kind: 'operation_answer',
    durability: 'durable',
    changedBy: ['operations/api/once.ts'],
    holds: 'one request; one call at a time does it, and its answer never changes; no personal data is in it',
  },
} as const satisfies Record<keyof ExpiringRecords, Entry>;

export type ExpiringName = keyof ExpiringRecords;
export type ExpiringStores = { [Name in ExpiringName]: ExpiringStore<ExpiringRecords[Name]> };

type AnyRecord = { id: string; version: number; expires_at: EpochMilliseconds };

/** Creates the store of each record. */
export function makeExpiringStores(make: (entry: Entry) => ExpiringStore<AnyRecord>): ExpiringStores {
  const stores = Object.entries(EXPIRING_RECORDS).map(([name, entry]) => [name, make(entry)] as const);
  return Object.fromEntries(stores) as unknown as ExpiringStores;
}

/** The names of the records. */
export function expiringNames(): ExpiringName[] {
  return Object.keys(EXPIRING_RECORDS) as ExpiringName[];
}
