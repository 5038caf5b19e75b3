// Grants what the person agreed to on the consent page.
import type Provider from 'oidc-provider';
import type { Grant } from 'oidc-provider';

type Asked = {
  clientId: string;
  accountId: string;
  /** The grant to extend, if there is one. */
  grantId: string | undefined;
  params: Record<string, unknown>;
  /** The details of the failed consent checks: `missingOIDCClaims`, `missingResourceScopes`. */
  details: Record<string, unknown>;
};

/** Makes or extends the grant. @returns its id */
export async function grantRequested(
  provider: Provider,
  { clientId, accountId, grantId, params, details }: Asked,
): Promise<string> {
  const found = grantId ? await provider.Grant.find(grantId) : undefined;
  const grant: Grant = found?.accountId === accountId ? found : new provider.Grant({ clientId, accountId });
  grant.addOIDCScope(String(params.scope ?? 'openid'));
  if (Array.isArray(details.missingOIDCClaims)) grant.addOIDCClaims(details.missingOIDCClaims.map(String));
  for (const [resource, scopes] of Object.entries(details.missingResourceScopes ?? {})) {
    if (Array.isArray(scopes)) grant.addResourceScope(resource, scopes.join(' '));
  }
  return grant.save();
}
