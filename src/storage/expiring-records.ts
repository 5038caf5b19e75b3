// The port's records with an end: one entry each. Both backends make their stores from this table; see storage.ts.
import type { EpochMilliseconds, Profile } from '../domain/account.ts';
import type { DealerLink } from '../domain/dealer-link.ts';
import type { LegacyProfile } from '../domain/legacy-profile.ts';
import type { PasswordReset } from '../domain/password-reset.ts';
import type { RegistrationDraft } from '../domain/registration-draft.ts';

/** Things with an id, a version and an end. */
export interface ExpiringStore<T extends { id: string; version: number; expires_at: EpochMilliseconds }> {
  find(id: string): Promise<T | undefined>;
  /**
   * Writes a new one (`version` 0 → stored as 1) or the next version of one that stands (`version` is the one that was read;
   * stored as one more). Answers what is stored now.
   * @throws {VersionConflict} somebody else wrote in between, or what was read has expired.
   */
  put(value: T): Promise<T>;
  remove(id: string): Promise<void>;
}

/** The facts of one authorization request in one browser, kept between its pages; id = the interaction's `cid`. */
export type InteractionFacts = {
  id: string;
  version: number;
  expires_at: EpochMilliseconds;
  /** The browser in which the request began; see `createBrowserIds`. */
  browser_id?: string;
  /** The interaction that the request is at. */
  current_uid?: string;
  /** The person chose a way: a new ID, or signing in with one. Stands above what the client asked for. */
  wants?: 'registration' | 'login';
  /** ⑨ was passed: the account that was made in this request. */
  registration?: { account_id: string; email: string };
  /** What was pressed at ⑩; `dealer` is null for 連携せずに進む. */
  dealer_choice?: { dealer: string | null; consent?: DealerLink['consent'] };
  /** 「このIDで続ける」 was pressed for this account, or it signed in during this request. */
  continue_as?: string;
  /** The account of somebody whose name or birth date is not that of the hand-over, and who said all the same that it is theirs. */
  same_person?: string;
  /** The account that is signed in and is not to be gone on with: the person wants to use another ID. */
  not_as?: string | undefined;
  /** Set when the person cancelled: nothing can be chosen in this request after that. */
  cancelled?: true;
  /** What was typed at ⑪, until ⑫ writes it. */
  typed_profile?: Profile | undefined;
};

/** A legacy profile that was handed over, as checked and read; see `domain/legacy-profile.ts`. */
export type StoredLegacyProfile = {
  /** Random; stands in the authorization request where the hand-over's JWT stood. */
  id: string;
  version: number;
  client_id: string;
  profile: LegacyProfile;
  expires_at: EpochMilliseconds;
};

/** The type of each record. */
export type ExpiringRecords = {
  registrationDrafts: RegistrationDraft;
  interactionFacts: InteractionFacts;
  legacyProfiles: StoredLegacyProfile;
  passwordResets: PasswordReset;
};

type Entry = {
  /** Its name in the database. It never changes. */
  kind: string;
  /** `recreatable`: a power cut may lose it, because another login makes it again. */
  durability: 'durable' | 'recreatable';
  /** `function`: the program changes it by a function of the record that stands; see records.ts. `nobody`: it is written once. */
  changedBy: 'function' | 'nobody';
};

/** To add one, see "How to add a record" in ARCHITECTURE.md. */
export const EXPIRING_RECORDS = {
  registrationDrafts: { kind: 'registration_draft', durability: 'durable', changedBy: 'function' },
  interactionFacts: { kind: 'interaction_facts', durability: 'recreatable', changedBy: 'function' },
  legacyProfiles: { kind: 'legacy_profile', durability: 'recreatable', changedBy: 'nobody' },
  passwordResets: { kind: 'password_reset', durability: 'durable', changedBy: 'function' },
} as const satisfies Record<keyof ExpiringRecords, Entry>;

export type ExpiringName = keyof ExpiringRecords;
/** The records that are changed by a function. */
export type ChangedName = {
  [Name in ExpiringName]: (typeof EXPIRING_RECORDS)[Name]['changedBy'] extends 'function' ? Name : never;
}[ExpiringName];

export type ExpiringStores = { [Name in ExpiringName]: ExpiringStore<ExpiringRecords[Name]> };

type AnyRecord = { id: string; version: number; expires_at: EpochMilliseconds };

/** Makes the store of each record. */
export function makeExpiringStores(make: (entry: Entry) => ExpiringStore<AnyRecord>): ExpiringStores {
  const stores = Object.entries(EXPIRING_RECORDS).map(([name, entry]) => [name, make(entry)] as const);
  return Object.fromEntries(stores) as unknown as ExpiringStores;
}

/** The names of the records that are changed by a function. */
export function changedNames(): ChangedName[] {
  const names = Object.keys(EXPIRING_RECORDS) as ExpiringName[];
  return names.filter((name): name is ChangedName => EXPIRING_RECORDS[name].changedBy === 'function');
}
