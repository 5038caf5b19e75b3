// Registers the account pages as a client of the ID, because every sign-in is an authorization request.
import { randomBytes } from 'node:crypto';
import type { Client } from '../../config/config.ts';

/** The `client_id` of the account pages. */
export const ACCOUNT_CLIENT_ID = 'common-id-account';

/** The path of the account pages' redirect URI. */
export const ACCOUNT_CALLBACK_PATH = '/account/callback';

/** Makes the client of the account pages. It is in code and not in config/clients because nobody may configure it. */
export function accountClient(issuer: string): Client {
  return {
    metadata: {
      client_id: ACCOUNT_CLIENT_ID,
      client_name: 'TOYOTA/LEXUS common ID',
      application_type: 'web',
      token_endpoint_auth_method: 'none',
      redirect_uris: [`${issuer}${ACCOUNT_CALLBACK_PATH}`],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      scope: 'openid',
      authorization_details_types: [],
    },
    name: { ja: 'マイページ', en: 'My page' },
    destination: { ja: 'マイページ', en: 'My page' },
    brand: 'toyota',
    firstParty: true,
    requiredClaims: [],
    legacyImport: false,
    webOrigins: [],
    pkceRequired: true,
    claimsInIdToken: false,
    refreshRotation: false,
    enabled: true,
    contact: '',
  };
}

/**
 * Returns the URL of the authorization request that creates a session for the account pages. It goes through the same steps as
 * every client's. The account pages never redeem the code, because the session cookie identifies the person. The code expires
 * after a minute, and nobody can redeem it earlier: its challenge is random and has no verifier.
 * @param state returned with the authorization response
 */
export function accountLoginUrl(issuer: string, language: string, state: string): string {
  const parameters = new URLSearchParams({
    client_id: ACCOUNT_CLIENT_ID,
    response_type: 'code',
    scope: 'openid',
    redirect_uri: `${issuer}${ACCOUNT_CALLBACK_PATH}`,
    code_challenge: randomBytes(32).toString('base64url'),
    code_challenge_method: 'S256',
    ui_locales: language,
    state,
  });
  return `${issuer}/auth?${parameters.toString()}`;
}
