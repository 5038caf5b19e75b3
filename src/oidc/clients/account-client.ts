// The customer's own pages as a client of the ID: nobody is signed in but by an authorization request, and so are they.
import { randomBytes } from 'node:crypto';
import type { Client } from '../../config/config.ts';

/** The `client_id` of the customer's own pages. */
export const ACCOUNT_CLIENT_ID = 'common-id-account';

/** Where the answer of the authorization request comes back. */
export const ACCOUNT_CALLBACK_PATH = '/account/callback';

/** Stands beside the clients of config/clients; in code, because it is part of the program and nobody's to configure. */
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
    brand: 'toyota',
    firstParty: true,
    requiredClaims: [],
    legacyImport: false,
    webOrigins: [],
    enabled: true,
    contact: '',
  };
}

/**
 * The authorization request that makes a session at the ID, by the same steps as for every client.
 * Its code is never redeemed: the session's own cookie says who is there, and a code could add nothing to that. It dies after a minute;
 * the challenge is random and has no verifier, so nobody can redeem it before.
 * @param state comes back with the answer
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
