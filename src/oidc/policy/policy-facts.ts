// The facts that the policy checks decide on.
import type { Client, Config } from '../../config/config.ts';
import type { Account, EpochMilliseconds } from '../../domain/account.ts';
import type { Acr } from '../../domain/authentication-methods.ts';
import type { DealerLink } from '../../domain/dealer-link.ts';
import type { Migration } from '../../domain/migration.ts';
import type { StoredLegacyProfile } from '../../storage/storage.ts';
import type { RequestFacts } from './request-facts.ts';

/** The facts of an authorization request and of its person. */
export type PolicyFacts = {
  now: EpochMilliseconds;
  config: Pick<Config, 'dealers' | 'lifetimes' | 'terms'>;
  /** The client's file; absent if the client was removed or disabled. */
  client: Client | undefined;

  /** Whether the client asks for a new ID by `prompt=create`, and the step has not answered yet. */
  asksForRegistration: boolean;
  /** Whether the client asks for the choice of an account by `prompt=select_account`, and nobody has chosen or signed in since. */
  asksForSelection: boolean;
  /** The dealer link that the client asks for. */
  asksForDealerLink: { dealer?: string } | undefined;
  /** Whether a device asks (RFC 8628), and the person has not agreed since. */
  deviceNeedsConsent: boolean;
  /** The PKCE challenge of the request (RFC 7636). */
  codeChallenge: string | undefined;
  /** The subject in `id_token_hint`, and the signed-in person's subject. Absent if there is no hint or nobody is signed in. */
  hint: { subject: string | undefined; signedIn: string } | undefined;
  /** The subjects that the `claims` parameter accepts, and the signed-in person's. Absent like `hint`. */
  wanted: { subjects: readonly unknown[]; signedIn: string } | undefined;

  /** The oldest sign-in that the client accepts, in seconds; `undefined` if it accepts any, and as soon as the person has signed in. */
  maxAge: number | undefined;

  /** The account of the session. */
  accountId: string | undefined;
  /** That account, unless it is disabled. */
  account: Account | undefined;
  sessionUid: string | undefined;
  /** When the person last gave the password in this session; seconds since 1970. */
  authTime: number | undefined;
  /** The class that the sign-in has to reach: `acr_values`, or an essential `acr` of the `claims` parameter. */
  essentialAcr: Acr | undefined;
  /** Whether the second factor of the account need not be asked for in this browser. */
  remembersSecondFactor: boolean;
  /** The class that the sign-in of this session has reached (`acr`). */
  acr: string | undefined;

  /** The decisions in this request so far. */
  decided: RequestFacts;
  /** The profile that the legacy site handed over. */
  legacy: StoredLegacyProfile | undefined;
  /** The migration of the legacy identity. */
  migration: Migration | undefined;
  /** Whether the legacy identity has registered a new ID. */
  legacyHasRegistered: boolean;
  /** The dealer links of the session's account; if nobody is signed in, of the legacy identity's account. */
  dealerLinks: readonly DealerLink[];
};

/**
 * Whether the legacy identity belongs to another ID than the signed-in one. If so, the step `finalize` says so and no other step
 * asks.
 */
export function belongsToAnother({ migration, accountId }: PolicyFacts): boolean {
  return accountId !== undefined && migration?.account_id !== undefined && migration.account_id !== accountId;
}
