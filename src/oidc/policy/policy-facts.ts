// What the checks of the policy decide by.
import type { Client, Config } from '../../config/config.ts';
import type { Account, EpochMilliseconds } from '../../domain/account.ts';
import type { DealerLink } from '../../domain/dealer-link.ts';
import type { Migration } from '../../domain/migration.ts';
import type { StoredLegacyProfile } from '../../storage/storage.ts';
import type { RequestFacts } from './request-facts.ts';

/** An authorization request, the person behind it, and what is stored about both. */
export type PolicyFacts = {
  now: EpochMilliseconds;
  config: Pick<Config, 'dealers' | 'lifetimes' | 'terms'>;
  /** The client's file; absent where the client was removed or disabled. */
  client: Client | undefined;

  /** The client asks for a new ID by `prompt=create`, and the step has not answered yet. */
  asksForRegistration: boolean;
  /** The dealer link that the client asks for. */
  asksForDealerLink: { dealer?: string } | undefined;
  /** The PKCE challenge of the request (RFC 7636). */
  codeChallenge: string | undefined;
  /** The subject in `id_token_hint`, and the signed-in person's subject. Absent without a hint, and where nobody is signed in. */
  hint: { subject: string | undefined; signedIn: string } | undefined;

  /** The account of the session. */
  accountId: string | undefined;
  /** That account, unless it is disabled. */
  account: Account | undefined;
  sessionUid: string | undefined;
  /** When the person of the session gave the password; seconds since 1970. */
  authTime: number | undefined;

  /** What was decided in this request so far. */
  decided: RequestFacts;
  /** What the legacy site handed over. */
  legacy: StoredLegacyProfile | undefined;
  /** The migration of the legacy identity. */
  migration: Migration | undefined;
  /** The legacy identity has registered a new ID. */
  legacyHasRegistered: boolean;
  /** The dealer links of the person: of the session's account, else of the one that the legacy identity belongs to. */
  dealerLinks: readonly DealerLink[];
};

/** Whether the legacy identity belongs to another ID than the signed-in one. The step `finalize` says so; no other question matters then. */
export function belongsToAnother({ migration, accountId }: PolicyFacts): boolean {
  return accountId !== undefined && migration?.account_id !== undefined && migration.account_id !== accountId;
}
