// The `claims` parameter of an authorization request (OpenID Connect Core 1.0, section 5.5): single claims, beside those of the
// scopes.
import { isDeepStrictEqual } from 'node:util';
import {
  errors,
  type AccountClaims,
  type ClaimsParameter,
  type ClaimsParameterMember,
  type Client as ProviderClient,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import type { Client } from '../config/config.ts';
import type { ClientRegistry } from '../config/clients/client-registry.ts';
import { REACHABLE_ACR, type Acr } from '../domain/authentication-methods.ts';
import { propertyOf } from '../property-of.ts';
import { scopeOfClaim } from './claims.ts';

/** What a request says about a claim. `null` requests the claim as it is. */
type Wish = ClaimsParameterMember | null;
/** What a request says about each claim. */
export type Wishes = Record<string, Wish>;

/** Claims about the login. They need no consent. */
const ABOUT_LOGIN: readonly string[] = ['sub', 'sid', 'auth_time', 'acr', 'amr', 'iss'];
const PLACES = ['userinfo', 'id_token'] as const;

/** Whether the client's file allows a claim: its scope is among those of the file. */
function isAllowed(name: string, client: Client): boolean {
  if (ABOUT_LOGIN.includes(name)) return true;
  const scope = scopeOfClaim(name);
  return (
    scope !== undefined &&
    String(client.metadata.scope ?? '')
      .split(' ')
      .includes(scope)
  );
}

/**
 * Makes the check of the parameter. It removes the claims that the client's file does not allow, as unknown ones are ignored. It throws
 * `invalid_request` if what is said about a claim is malformed.
 */
export function createClaimsCheck(clients: ClientRegistry) {
  return function checkClaims(ctx: KoaContextWithOIDC, claims: ClaimsParameter, { clientId }: ProviderClient): void {
    const client = clients.find(clientId);
    if (!client) return;
    const kept = PLACES.filter((place) => claims[place] !== undefined).map((place) => {
      const wishes = Object.entries(claims[place] ?? {}).filter(([name]) => isAllowed(name, client));
      for (const [name, wish] of wishes) checkWish(`claims.${place}.${name}`, wish);
      checkAcr(wishes.find(([name]) => name === 'acr')?.[1]);
      return [place, Object.fromEntries(wishes)];
    });
    ctx.oidc.params!.claims = JSON.stringify(Object.fromEntries(kept));
  };
}

function checkWish(path: string, wish: Wish): void {
  const refuse = (expected: string): never => {
    throw new errors.InvalidRequest(`${path} should be ${expected}`);
  };
  if (wish === null) return;
  // The types of oidc-provider promise more than it checks.
  if (typeof wish !== 'object' || Array.isArray(wish)) refuse('null or an object');
  const { essential, values } = wish;
  if (essential !== undefined && typeof essential !== 'boolean') refuse('an object whose "essential" is true or false');
  if (values !== undefined && !Array.isArray(values)) refuse('an object whose "values" is a list');
}

/** An authentication class that is essential and that no login reaches is a failed login (section 5.5.1.1). */
function checkAcr(wish: Wish | undefined): void {
  if (wish?.essential === true && wantedValues(wish) && weakestAcr(wish) === undefined)
    throw new errors.UnmetAuthenticationRequirements('none of the requested authentication classes (acr) is supported');
}

function weakestAcr(wish: Wish | undefined): Acr | undefined {
  return REACHABLE_ACR.find((acr) => wantedValues(wish)?.includes(acr));
}

/**
 * Returns the class that the sign-in must reach: the weakest one that satisfies an essential `acr` of the `claims` parameter, and the weakest of
 * `acr_values` (RFC 9470, section 5). The stronger of the two counts. `undefined` if the request demands none.
 */
export function essentialAcr({ claims, acr_values: values }: { claims?: unknown; acr_values?: unknown }): Acr | undefined {
  const wish = wishOfIdToken(claims, 'acr');
  const essential = wish?.essential === true ? weakestAcr(wish) : undefined;
  const listed = typeof values === 'string' ? weakestAcr({ values: values.split(' ') }) : undefined;
  return REACHABLE_ACR.findLast((acr) => acr === essential || acr === listed);
}

/** Returns the single claims about the person that a request asks for, without those of the requested scopes. */
export function requestedClaims({ claims, scope }: { claims?: unknown; scope?: unknown }): string[] {
  if (typeof claims !== 'string') return [];
  const asked: unknown = JSON.parse(claims);
  const names = PLACES.flatMap((place) => Object.keys(propertyOf(asked, place) ?? {}));
  return withoutThoseOf(String(scope ?? '').split(' '), names);
}

/** Leaves out the claims about the login, those of these scopes, and unknown ones. */
export function withoutThoseOf(scopes: readonly string[], names: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => {
    const scope = ABOUT_LOGIN.includes(name) ? undefined : scopeOfClaim(name);
    return scope !== undefined && !scopes.includes(scope);
  });
}

/** Returns the subjects that a request accepts (`sub` with `value` or `values`); `undefined` if it names none. */
export const requestedSubjects = (claims: unknown): readonly unknown[] | undefined => wantedValues(wishOfIdToken(claims, 'sub'));

function wishOfIdToken(claims: unknown, name: string): Wish | undefined {
  if (typeof claims !== 'string') return undefined;
  const { id_token: wishes }: ClaimsParameter = JSON.parse(claims);
  return wishes?.[name];
}

/** Returns the values that a request accepts; `undefined` if it names none. */
export function wantedValues(wish: Wish | undefined): readonly unknown[] | undefined {
  if (wish?.value !== undefined) return [wish.value];
  return Array.isArray(wish?.values) ? wish.values : undefined;
}

/**
 * Returns the available claims of these scopes, and the single ones that were requested by name: those that the client's file still
 * allows, with the value that the request wants.
 */
export function grantedClaims(
  available: AccountClaims,
  { wishes, scope, client }: { wishes: Wishes; scope: string; client: Client },
): AccountClaims {
  const scopes = scope.split(' ');
  const kept = Object.entries(available).filter(([name, value]) => {
    if (scopes.includes(String(scopeOfClaim(name)))) return true;
    const wish = wishes[name];
    if (wish === undefined || !isAllowed(name, client)) return false;
    return wantedValues(wish)?.some((wanted) => isDeepStrictEqual(wanted, value)) ?? true;
  });
  return { ...Object.fromEntries(kept), sub: available.sub };
}
