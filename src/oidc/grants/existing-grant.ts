// Finds or makes the grant of a person and a client before the policy checks run.
import type { Grant, KoaContextWithOIDC } from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import { isVisibleTo } from '../../domain/dealer-link.ts';
import { scopeOfClaim } from '../claims.ts';
import { limitToOperator } from './operations-grant.ts';
import { DEALER_LINK, isConsented, requestedDealerLink, setDealerLinks } from './dealer-link-grant.ts';

/**
 * Makes oidc-provider's `loadExistingGrant`. A first-party client is granted the requested scopes without asking. The grant holds
 * the dealer links that the person consented to: all of them for a first-party client, else those from the client's own flow.
 */
export function createLoadExistingGrant({ config, clients, storage }: Pick<Deps, 'config' | 'clients' | 'storage'>) {
  return async function loadExistingGrant(ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
    const { oidc } = ctx;
    const provider = oidc.provider;
    const clientId = oidc.client!.clientId;
    const { accountId } = oidc.account!;
    const client = clients.find(clientId);
    if (!client) return undefined;
    limitToOperator(ctx, config);

    const grantId = oidc.result?.consent?.grantId ?? oidc.session!.grantIdFor(clientId);
    const found = grantId ? await provider.Grant.find(grantId) : undefined;
    const own = found?.accountId === accountId ? found : undefined;
    // Another app can impersonate a native app (RFC 8252 8.6), so its requests go to the consent page each time.
    const grantedUnasked = client.firstParty && oidc.client!.applicationType !== 'native';
    if (!own && !grantedUnasked) return undefined;
    const grant = own ?? new provider.Grant({ clientId, accountId });
    const before = JSON.stringify([grant.openid, grant.resources]);

    if (grantedUnasked) {
      grant.addOIDCScope([...oidc.requestParamOIDCScopes].join(' '));
      grant.addOIDCClaims([...oidc.requestParamClaims]);
      for (const [resource, server] of Object.entries(oidc.resourceServers ?? {})) {
        const scopes = [...oidc.requestParamScopes].filter((scope) => server.scopes.has(scope));
        if (scopes.length) grant.addResourceScope(resource, scopes.join(' '));
      }
    }
    // A scope that was granted covers its single claims (the `claims` parameter).
    const covered = grant.getOIDCScope().split(' ');
    const single = [...oidc.requestParamClaims].filter((name) => covered.includes(scopeOfClaim(name) ?? ''));
    if (single.length > 0) grant.addOIDCClaims(single);
    // Keep dealer links from clients whose file does not allow them.
    const mayKnow = client.metadata.authorization_details_types?.includes(DEALER_LINK);
    const asked =
      client.firstParty || requestedDealerLink(oidc.params!.authorization_details) !== undefined || (grant.rar?.length ?? 0) > 0;
    const links = mayKnow && asked ? (await storage.dealerLinks.listByAccount(accountId)).filter(isConsented) : [];
    const ofThisClient = links.filter((link) => isVisibleTo(link, client));
    const changed = setDealerLinks(grant, ofThisClient) || before !== JSON.stringify([grant.openid, grant.resources]);
    if (changed || !grant.jti) await grant.save();
    return grant;
  };
}
