// Maps an account to claims (OpenID Connect Core 1.0, section 5).
import type { AccountClaims } from 'oidc-provider';
import type { Client, Config, Dealer } from '../config/config.ts';
import type { Account } from '../domain/account.ts';
import { addrSpec } from '../domain/canonical-email.ts';
import { isoIfAny } from '../domain/iso-time.ts';
import { clientLinkId, isVisibleTo, type DealerLink } from '../domain/dealer-link.ts';
import { vehiclesOf, type Migration } from '../domain/migration.ts';
import { claimsOfScope, profileClaims, type ProfileScope } from '../domain/profile-fields.ts';
import type { Records } from '../storage/records.ts';

/** The claims of each scope. The profile scopes take theirs from the table of profile fields. */
export const CLAIMS_BY_SCOPE = {
  openid: ['sub'],
  profile: [...claimsOfScope('profile'), 'locale', 'updated_at'],
  email: ['email', 'email_verified'],
  phone: claimsOfScope('phone'),
  address: claimsOfScope('address'),
  migration: ['migration'],
  dealer_link: ['dealer_links'],
} satisfies Record<ProfileScope, string[]> & Record<string, string[]>;

/** The claims of an ID token that tell about the sign-in. They are in each one. */
export const SIGN_IN_CLAIMS = ['auth_time', 'acr', 'amr'];

const SCOPE_OF_CLAIM = new Map(Object.entries(CLAIMS_BY_SCOPE).flatMap(([scope, names]) => names.map((name) => [name, scope])));

/** Returns the scope that a claim belongs to; `undefined` for an unknown one. */
export const scopeOfClaim = (name: string): string | undefined => SCOPE_OF_CLAIM.get(name);

/** Sorts claims by their scope, in the order of the scopes. Unknown ones are left out. */
export function claimsByScope(names: readonly string[]): [scope: string, names: string[]][] {
  return Object.entries(CLAIMS_BY_SCOPE)
    .map(([scope, all]): [string, string[]] => [scope, all.filter((name) => names.includes(name))])
    .filter(([, found]) => found.length > 0);
}

/** Every scope that does not belong to a resource. */
export const OIDC_SCOPES: readonly string[] = ['offline_access', ...Object.keys(CLAIMS_BY_SCOPE)];

/** Maps a link to an entry of the `dealer_links` claim. */
function dealerLinkClaim(link: DealerLink, sector: string, { dealers, keys }: Config): Record<string, unknown> {
  const dealer = dealers.find(({ code }) => code === link.dealer);
  return {
    dealer: link.dealer,
    dealer_name: dealer?.name.ja ?? link.dealer,
    'dealer_name#en': dealer?.name.en ?? link.dealer,
    link_id: clientLinkId(keys.linkId, sector, link.id),
    status: link.status,
    linked_at: isoIfAny(link.linked_at),
    resource: dealer?.resource,
  };
}

function migrationClaim(
  migrations: readonly Migration[],
  accountId: string,
  dealers: readonly Dealer[],
): Record<string, unknown> {
  const completed = migrations.filter((migration) => migration.account_id === accountId);
  const code = completed.find((migration) => migration.dealer)?.dealer?.code;
  const dealer = dealers.find((candidate) => candidate.code === code);
  return {
    completed: completed.map(({ client_id, legacy_id, completed_at }) => ({
      client_id,
      legacy_id,
      completed_at: isoIfAny(completed_at),
    })),
    vehicles: vehiclesOf(completed),
    ...(dealer
      ? { dealer: { code: dealer.code, name: dealer.name.ja, 'name#en': dealer.name.en, resource: dealer.resource } }
      : {}),
  };
}

/** Returns the claims that need only the account. */
function claimsOf({ id, email, profile, language, updated_at }: Account): AccountClaims {
  return {
    sub: id,
    ...profileClaims(profile),
    email: addrSpec(email),
    email_verified: true,
    locale: language,
    updated_at: Math.floor(updated_at / 1000),
  };
}

/**
 * Returns the claims of an account. oidc-provider removes those that neither the scope nor the `claims` parameter allows.
 * @param asked.scope the granted scope; links and migrations are read only if it includes them, or `single` names them
 * @param asked.single the claims that were requested by name
 * @param asked.client the client that gets the claims
 * @param asked.sector the client's sector, see `sectorOf`
 */
export async function accountClaims(
  account: Account,
  { scope, single = [], client, sector }: { scope: string; single?: readonly string[]; client: Client; sector: string },
  config: Config,
  storage: Pick<Records, 'dealerLinks' | 'migrations'>,
): Promise<AccountClaims> {
  const scopes = [...scope.split(' '), ...single.map(scopeOfClaim)];
  const claims = claimsOf(account);
  if (scopes.includes('dealer_link')) {
    const links = await storage.dealerLinks.listByAccount(account.id);
    claims.dealer_links = links.filter((link) => isVisibleTo(link, client)).map((link) => dealerLinkClaim(link, sector, config));
  }
  if (scopes.includes('migration')) {
    claims.migration = migrationClaim(await storage.migrations.listByAccount(account.id), account.id, config.dealers);
  }
  return claims;
}
