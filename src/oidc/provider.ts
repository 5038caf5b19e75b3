// The OpenID Provider: oidc-provider with our storage, clients, policy and pages.
import { errors, type Provider } from 'oidc-provider';
import type { Deps } from '../deps.ts';
import { tellLogoutsByJob } from './clients/backchannel-logout.ts';
import { refuseLongAssertions } from './clients/client-assertion.ts';
import { acceptRequestObjectsIfAsked } from './clients/request-object.ts';
import { compareSecretDigests } from './clients/client-secrets.ts';
import { prepareDeviceCodes } from './device/device-codes.ts';
import { keepBrowserOfSession } from './sessions/browser-of-session.ts';
import { keepEndedEnded } from './sessions/ended-stays-ended.ts';
import { giveRefreshGrace } from './grants/refresh-grace.ts';
import { tellOfTokens } from './grants/tell-of-tokens.ts';
import { answerRefusals, DescribingProvider } from './endpoints/answer-refusals.ts';
import { tellRequestedAcr } from './requested-acr.ts';
import { createProviderConfiguration } from './provider-configuration.ts';
import { makeModelsStricter } from './stricter-models.ts';

/**
 * Makes the provider and validates every client of the registry. oidc-provider would report a mistake only at the client's first
 * use.
 * @throws {Error} if oidc-provider refuses the metadata of a client
 */
export async function createProvider(deps: Deps): Promise<Provider> {
  const provider = new DescribingProvider(deps.config.issuer, createProviderConfiguration(deps));
  compareSecretDigests(provider, deps);
  makeModelsStricter(provider);
  refuseLongAssertions(provider);
  acceptRequestObjectsIfAsked(provider, deps);
  giveRefreshGrace(provider, deps);
  prepareDeviceCodes(provider, deps);
  tellLogoutsByJob(provider, deps);
  keepBrowserOfSession(provider, deps.clock);
  keepEndedEnded(provider, { artifacts: deps.storage.artifacts, clock: deps.clock });
  tellRequestedAcr(provider);
  answerRefusals(provider, deps);
  tellOfTokens(provider, deps);
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
