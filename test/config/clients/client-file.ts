// A valid client file of each kind, and the sentences about a file.
import { checkClientFiles } from '../../../src/config/clients/check-client-files.ts';
import type { ClientContext } from '../../../src/config/clients/check-client-files.ts';
import type { SecretFile } from '../../../src/config/settings/read-secret-file.ts';
import { formatProblem } from '../../../src/config/problems/problem.ts';

export const SECRET = '0123456789abcdef0123456789abcdef';
export const VARIABLES: Record<string, string> = {
  APP_URL: 'https://app.example.jp',
  APP_CLIENT_SECRET: SECRET,
  SHORT_SECRET: 'canary',
};
export const NOW = Date.parse('2026-10-01T00:00:00Z');
export const FILES: Record<string, SecretFile> = {
  'secrets/app': { text: `${SECRET}\n`, worldReadable: false, groupReadable: false },
  'secrets/open': { text: SECRET, worldReadable: true, groupReadable: false },
};
export const CONTEXT: ClientContext = {
  mode: 'development',
  lookup: (name) => VARIABLES[name],
  known: Object.keys(VARIABLES),
  now: NOW,
  readSecretFile: (path) => FILES[path] ?? { unreadable: 'no such file' },
};
export const NAME = 'config/clients/app.json';

export const web = {
  client_id: 'app',
  client_name: 'App',
  redirect_uris: ['https://app.example.jp/callback'],
  token_endpoint_auth_method: 'private_key_jwt',
  jwks_uri: 'https://app.example.jp/jwks.json',
  common_id: { contact: 'app@example.jp' },
};
export const secretWeb = { ...web, token_endpoint_auth_method: 'client_secret_basic', jwks_uri: undefined };
export const inBrowser = {
  ...web,
  token_endpoint_auth_method: 'none',
  jwks_uri: undefined,
  common_id: { contact: 'x', web_origins: ['https://app.example.jp'] },
};
export const mendSecret = 'make one with: npm run admin -- secrets generate';
export const native = {
  client_id: 'app',
  client_name: 'App',
  application_type: 'native',
  redirect_uris: [
    'http://127.0.0.1/callback',
    'http://[::1]/callback',
    'jp.example.app:/callback',
    'https://app.example.jp/callback',
  ],
  token_endpoint_auth_method: 'none',
  common_id: { contact: 'app@example.jp' },
};

export const device = {
  ...native,
  redirect_uris: [],
  dpop_bound_access_tokens: true,
  grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
  scope: 'openid offline_access',
};

export function sentences(file: object, mode: ClientContext['mode'] = 'development'): string[] {
  const { problems } = checkClientFiles([{ name: NAME, text: JSON.stringify(file) }], { ...CONTEXT, mode });
  return problems.map(formatProblem);
}

/** The expected redirect URI, as the sentences say it. */
export const kinds = 'an https URL (or http on loopback in development or for a native client)';
export const nativeKinds = 'an https URL, http on loopback, or a private scheme that is a domain name backwards';
