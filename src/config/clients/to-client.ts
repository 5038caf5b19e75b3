// Makes a client from a checked file.
import { FAPI2_METADATA } from './check-fapi2.ts';
import type { ClientFile } from './client-schema.ts';
import type { Client, ClientSecret } from './client.ts';

/** Makes the client: separates the standard metadata from our own keys, and adds the digests of the secrets. */
export function toClient(file: ClientFile, secrets: ClientSecret[] | undefined): Client {
  const {
    $schema: _schema,
    common_id: ours,
    client_secret: _references,
    'client_name#ja': japaneseName,
    'client_name#en': englishName,
    ...metadata
  } = file;
  const scopes = metadata.scope?.split(' ') ?? [];
  const name = { ja: japaneseName ?? metadata.client_name, en: englishName ?? metadata.client_name };
  return {
    metadata: {
      ...metadata,
      ...(ours.profile === 'fapi2' && FAPI2_METADATA),
      // oidc-provider's default is `code`, which it then refuses for a client without the authorization code grant.
      response_types: metadata.grant_types.includes('authorization_code') ? ['code'] : [],
      authorization_details_types: metadata.authorization_details_types ?? scopes.filter((scope) => scope === 'dealer_link'),
    },
    ...(secrets && { secrets }),
    name,
    destination: ours.leads_to ?? name,
    brand: ours.brand,
    firstParty: ours.first_party,
    requiredClaims: ours.required_claims.map(({ max_age_days: days, ...claim }) => ({
      ...claim,
      ...(days !== undefined && { max_age_days: days }),
    })),
    legacyImport: ours.legacy_import,
    webOrigins: ours.web_origins,
    ...(ours.access_tokens && { accessTokenLifetimeSeconds: ours.access_tokens.lifetime_seconds }),
    pkceRequired: ours.pkce === 'required',
    claimsInIdToken: ours.claims_in_id_token,
    ...(ours.profile && { profile: ours.profile }),
    refreshRotation: ours.refresh_rotation === true,
    ...(ours.required_acr && { requiredAcr: ours.required_acr }),
    enabled: ours.enabled,
    contact: ours.contact,
  };
}
