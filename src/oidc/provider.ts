// The OpenID Provider: oidc-provider with our storage, clients, policy and pages.
import Provider, { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Deps } from '../deps.ts';
import { isFromAnotherSite } from '../http/csrf.ts';
import { PageError } from '../http/page-error.ts';
import { createClientThrottle } from './client-throttle.ts';
import { compareSecretDigests } from './client-secrets.ts';
import { createDiscovery } from './discovery.ts';
import { logRefusals } from './log-refusals.ts';
import { allowFormPost, createLogoutSource } from './pages.ts';
import { createProviderConfiguration } from './provider-configuration.ts';
import { makeModelsStricter } from './stricter-models.ts';

/**
 * Makes the provider and checks every client of the registry as oidc-provider will see it, because it would tell a mistake only
 * at the first use.
 * @throws where the metadata of a client is refused
 */
export async function createProvider(deps: Deps): Promise<Provider> {
  const provider = new Provider(deps.config.issuer, createProviderConfiguration(deps));
  provider.proxy = deps.config.trustProxy;
  compareSecretDigests(provider, deps);
  makeModelsStricter(provider);
  provider.use(createClientThrottle(deps) as Parameters<Provider['use']>[0]);
  provider.use(async function refuseLogoutFromElsewhere(ctx, next) {
    // The one form of oidc-provider's own. It has a token; this is the second line, as at every form of ours.
    if (ctx.path === '/session/end/confirm' && isFromAnotherSite(ctx, deps.config.issuer)) {
      throw new PageError('csrf', 403, { detail: 'the post came from another site' });
    }
    await next();
  });
  const logoutSource = createLogoutSource(deps.clients);
  provider.use(async function showLogoutToNobody(ctx, next) {
    await next();
    // Where nobody is signed in oidc-provider answers with a bare page that posts itself by script.
    const { oidc, body } = ctx as KoaContextWithOIDC;
    if (oidc?.route === 'end_session' && typeof body === 'string' && !oidc.session?.accountId && ctx.status === 200)
      logoutSource(ctx as KoaContextWithOIDC, body);
  });
  provider.use(createDiscovery() as Parameters<Provider['use']>[0]);
  provider.use(async function letFormPostLeave(ctx, next) {
    await next();
    allowFormPost(ctx as KoaContextWithOIDC);
  });
  logRefusals(provider, deps.log);
  for (const { metadata } of deps.clients.all()) await checkClient(provider, metadata.client_id);
  return provider;
}

async function checkClient(provider: Provider, clientId: string): Promise<void> {
  try {
    await provider.Client.find(clientId);
  } catch (error) {
    const why = error instanceof errors.OIDCProviderError ? error.error_description : String(error);
    throw new Error(`client ${clientId}: ${why}`, { cause: error });
  }
}
