// What a client asks for that was not granted yet, and the grant after the person agreed.
import type Provider from 'oidc-provider';
import type { Grant } from 'oidc-provider';
import { CLAIMS_BY_SCOPE } from '../../oidc/claims.ts';
import type { Interaction } from '../interaction-context.ts';

/** The scopes of the request, each with the claims that it opens. */
export function requestedScopes(interaction: Interaction): { name: string; claims: readonly string[] }[] {
  const claims: Record<string, readonly string[]> = CLAIMS_BY_SCOPE;
  return String(interaction.params.scope ?? '')
    .split(' ')
    .filter((scope) => scope !== '' && scope !== 'openid')
    .map((name) => ({ name, claims: claims[name] ?? [] }));
}

/** Makes or extends the grant; answers its id. */
export async function grantRequested(provider: Provider, interaction: Interaction): Promise<string> {
  const { client, accountId, grantId, details, params } = interaction;
  const found = grantId ? await provider.Grant.find(grantId) : undefined;
  const grant: Grant = found ?? new provider.Grant({ clientId: client.metadata.client_id, accountId: accountId as string });
  grant.addOIDCScope(String(params.scope ?? 'openid'));
  if (Array.isArray(details.missingOIDCClaims)) grant.addOIDCClaims(details.missingOIDCClaims as string[]);
  for (const [resource, scopes] of Object.entries((details.missingResourceScopes ?? {}) as Record<string, string[]>)) {
    grant.addResourceScope(resource, scopes.join(' '));
  }
  return grant.save();
}
