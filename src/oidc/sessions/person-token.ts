// Finds the sign-in behind an access token that a person's client app sends to one of our own resources.
import type Provider from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import { propertyOf } from '../../property-of.ts';
import { mayUse } from './sign-in-checks.ts';

/** A token that can be used. */
export type PersonToken = {
  account: Account;
  clientId: string;
  scopes: string[];
  /** The class of the sign-in (`acr`). */
  acr: string | undefined;
  /** When the person signed in, in seconds since 1970. */
  authTime: number;
  /** The thumbprint of the key that the token is bound to (DPoP). */
  boundTo: string | undefined;
};

/**
 * Finds a token of the authorization code grant for a resource. It is over with its client app, its grant, its sign-in and its session, also if
 * it was issued for longer.
 * @returns `undefined` for every token that cannot be used
 */
export async function findPersonToken(
  provider: Provider,
  { storage, clients }: Pick<Deps, 'storage' | 'clients'>,
  value: string,
  resource: string,
): Promise<PersonToken | undefined> {
  const token = await provider.AccessToken.find(value);
  if (!token || token.aud !== resource || token.isExpired) return undefined;
  const { accountId, clientId, grantId, sessionUid, scope = '', extra, jkt } = token;
  if (accountId === undefined || clientId === undefined || clients.find(clientId)?.enabled !== true) return undefined;
  const [account, session, grant] = await Promise.all([
    storage.accounts.find(accountId),
    sessionUid === undefined ? undefined : storage.artifacts.findByUid('Session', sessionUid),
    grantId === undefined ? undefined : storage.artifacts.find('Grant', grantId),
  ]);
  if (!account || !grant || propertyOf(session, 'accountId') !== accountId) return undefined;
  const authTime = propertyOf(extra, 'auth_time');
  const acr = propertyOf(extra, 'acr');
  // Every token of this version has it.
  if (typeof authTime !== 'number' || !mayUse(account, { ...token, extra: { auth_time: authTime } })) return undefined;
  return {
    account,
    clientId,
    scopes: scope.split(' ').filter(Boolean),
    acr: typeof acr === 'string' ? acr : undefined,
    authTime,
    boundTo: jkt,
  };
}
