// The contents of a new client app's file, by kind of app.
import { DEVICE_GRANT } from '../../../src/config/clients/client-schema.ts';
import type { Values } from '../topic.ts';

export type Template = {
  does: string;
  /** The required options, each with the question that asks for it. */
  needs: Record<string, string>;
  /** @param secretHash set if it uses a client secret instead of its own key */
  make(values: Values, secretHash: string | undefined): Record<string, unknown>;
};

const QUESTIONS = {
  id: 'Client id (lower-case letters, digits, hyphens; never changes)',
  name: 'Name, as shown to customers',
  contact: 'Person or team responsible for it (a mail address or a name)',
  'redirect-uri': 'Redirect URI (where customers return with a code)',
};
const { id, name, contact } = QUESTIONS;

export const TEMPLATES: Record<string, Template> = {
  web: {
    does: 'a website with a server, where customers sign in',
    needs: QUESTIONS,
    make: (values, secretHash) => ({
      ...begin(values),
      application_type: 'web',
      ...authentication(values, secretHash),
      redirect_uris: [values['redirect-uri']],
      post_logout_redirect_uris: [`${originOf(values['redirect-uri'])}/`],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: values.scope ?? 'openid profile email offline_access',
      id_token_signed_response_alg: 'ES256',
      common_id: end(values),
    }),
  },
  fapi2: {
    does: 'a website with a server that keeps to the FAPI 2.0 Security Profile',
    needs: QUESTIONS,
    make: (values) => ({
      ...begin(values),
      application_type: 'web',
      ...authentication(values, undefined),
      redirect_uris: [values['redirect-uri']],
      post_logout_redirect_uris: [`${originOf(values['redirect-uri'])}/`],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: values.scope ?? 'openid profile email offline_access',
      common_id: { ...end(values), profile: 'fapi2' },
    }),
  },
  browser: {
    does: 'an app in the browser without a server: it cannot keep a secret',
    needs: QUESTIONS,
    make: (values) => ({
      ...begin(values),
      application_type: 'web',
      token_endpoint_auth_method: 'none',
      redirect_uris: [values['redirect-uri']],
      post_logout_redirect_uris: [`${originOf(values['redirect-uri'])}/`],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: values.scope ?? 'openid profile email offline_access',
      id_token_signed_response_alg: 'ES256',
      common_id: { ...end(values), web_origins: [originOf(values['redirect-uri'])] },
    }),
  },
  native: {
    does: 'an app on the customer’s phone or computer: it cannot keep a secret',
    needs: {
      ...QUESTIONS,
      'redirect-uri': 'Redirect URI (http://127.0.0.1/callback, or a private scheme as jp.example.app:/callback)',
    },
    make: (values) => ({
      ...begin(values),
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: [values['redirect-uri']],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: values.scope ?? 'openid profile email offline_access',
      id_token_signed_response_alg: 'ES256',
      common_id: end(values),
    }),
  },
  device: {
    does: 'a device without a keyboard, such as a car’s screen: customers enter its code on their phone',
    needs: { id, name, contact },
    make: (values) => ({
      ...begin(values),
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      dpop_bound_access_tokens: true,
      grant_types: [DEVICE_GRANT, 'refresh_token'],
      scope: values.scope ?? 'openid profile offline_access',
      id_token_signed_response_alg: 'ES256',
      common_id: end(values),
    }),
  },
  service: {
    does: 'a program that calls APIs without a customer',
    needs: { id, name, contact },
    make: (values, secretHash) => ({
      ...begin(values),
      application_type: 'web',
      ...authentication(values, secretHash),
      grant_types: ['client_credentials'],
      scope: values.scope ?? 'migration:read',
      common_id: end(values),
    }),
  },
  'legacy-import': {
    does: 'a legacy site that hands its users over to the common ID',
    needs: QUESTIONS,
    make: (values) => ({
      ...begin(values),
      application_type: 'web',
      ...authentication(values, undefined),
      redirect_uris: [values['redirect-uri']],
      post_logout_redirect_uris: [`${originOf(values['redirect-uri'])}/`],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      scope: values.scope ?? 'openid profile email phone address offline_access migration dealer_link migration:read',
      id_token_signed_response_alg: 'ES256',
      require_pushed_authorization_requests: true,
      common_id: { ...end(values), legacy_import: true },
    }),
  },
};

function begin(values: Values): Record<string, unknown> {
  return {
    $schema: '../clients.schema.json',
    client_id: values.id,
    client_name: values.name,
    ...(values['name-ja'] !== undefined && { 'client_name#ja': values['name-ja'] }),
  };
}

function authentication(values: Values, secretHash: string | undefined): Record<string, unknown> {
  if (secretHash !== undefined) return { token_endpoint_auth_method: 'client_secret_basic', client_secret: { hash: secretHash } };
  return {
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks_uri: values['jwks-uri'] ?? `${originOf(values['redirect-uri'])}/jwks.json`,
  };
}

function end(values: Values): Record<string, unknown> {
  return { brand: values.brand ?? 'toyota', first_party: false, required_claims: [], enabled: true, contact: values.contact };
}

/** Returns the origin. An invalid URL is reported later, by the check of the file. */
export function originOf(url: string | undefined): string {
  const origin = URL.parse(url ?? '')?.origin;
  return origin === undefined || origin === 'null' ? 'https://app.example.jp' : origin;
}
