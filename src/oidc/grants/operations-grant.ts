// The scopes of the operations API: an account gets those of its roles (config/operators.json), and no others.
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Config } from '../../config/config.ts';
import { operationsResource, operatorOf, scopesOf, type Operator } from '../../domain/operator.ts';
import { propertyOf } from '../../property-of.ts';

/**
 * Returns those of the scopes that the account of a request has roles for; all of them while nobody has signed in yet.
 * @param scopes separated by spaces
 */
export function forOperator(ctx: KoaContextWithOIDC, scopes: string, operators: readonly Operator[]): string {
  const { account } = ctx.oidc;
  // A client app by itself is nobody with a role.
  if (!account) return ctx.oidc.route === 'token' ? '' : scopes;
  const theirs: readonly string[] = scopesOf(operatorOf(operators, { email_canonical: emailOf(account) }));
  return scopes
    .split(' ')
    .filter((scope) => theirs.includes(scope))
    .join(' ');
}

/** The address of an account as `findAccount` of the provider's configuration returns it. */
const emailOf = (account: object): string => String(propertyOf(propertyOf(account, 'stored'), 'email_canonical'));

/** Takes the scopes out of an authorization request that the signed-in account has no role for, so that the grant never has them. */
export function limitToOperator(ctx: KoaContextWithOIDC, { issuer, operators }: Pick<Config, 'issuer' | 'operators'>): void {
  const server = ctx.oidc.resourceServers?.[operationsResource(issuer)];
  if (server) server.scope = forOperator(ctx, server.scope ?? '', operators);
}
