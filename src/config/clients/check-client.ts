// Checks the keys of a client's file against each other.
import { checkRedirectUri } from './check-redirect-uri.ts';
import { DEVICE_GRANT, SCOPES, SECRET_METHODS } from './client-schema.ts';
import type { ClientFile } from './client-schema.ts';
import { describeValue } from '../problems/describe-value.ts';
import { nearestName } from '../problems/nearest-name.ts';
import { expectedWebUrl, isWebOrigin, isWebUrl } from '../problems/web-url.ts';
import type { Mode } from '../problems/web-url.ts';

const SHORTEST_RSA_BITS = 2048;

/** Reports one mistake: the key, the expected value, the value found, and how to correct it. */
export type Say = (key: string, expected: string, found: string, hint?: string) => void;

const WEB_URLS = [
  'client_uri',
  'logo_uri',
  'policy_uri',
  'tos_uri',
  'jwks_uri',
  'backchannel_logout_uri',
  'initiate_login_uri',
] as const;
/** oidc-provider accepts only https for it, in development too. */
const HTTPS_URLS = ['sector_identifier_uri'] as const;

/**
 * Checks the keys against each other. Invalid keys are reported already and absent from `file`.
 * @param present whether the file has a key, valid or not
 */
export function checkClient(
  file: Partial<ClientFile>,
  present: (key: keyof ClientFile) => boolean,
  { mode, isSandbox = false }: { mode: Mode; isSandbox?: boolean },
  say: Say,
): void {
  // Where the browsers of developers may be sent. What the common ID itself requests stays as in production.
  const browserMode = isSandbox ? 'development' : mode;
  checkRedirects(file, browserMode, say);
  checkUrls(file, mode, say);
  checkScope(file, say);
  checkGrants(file, present, say);
  checkWebOrigins(file, browserMode, say);
  checkAuthentication(file, present, say);
  checkKeys(file, say);
  checkSignedRequests(file, present, say);
  checkSubject(file, say);
  checkRequiredClaims(file, say);
}

function checkRedirects(file: Partial<ClientFile>, mode: Mode, say: Say): void {
  for (const list of ['redirect_uris', 'post_logout_redirect_uris'] as const) {
    file[list]?.forEach((uri, index) => {
      const problem = checkRedirectUri(uri, file.application_type ?? 'web', mode, list === 'redirect_uris');
      if (problem) say(`${list}[${index}]`, problem.expected, describeValue(uri), problem.hint);
    });
  }
}

function checkUrls(file: Partial<ClientFile>, mode: Mode, say: Say): void {
  for (const key of WEB_URLS) {
    const url = file[key];
    if (url !== undefined && !isWebUrl(url, mode)) say(key, expectedWebUrl(mode), describeValue(url), hintScheme(url, mode));
  }
  for (const key of HTTPS_URLS) {
    const url = file[key];
    if (url !== undefined && !isWebUrl(url, 'production'))
      say(key, 'an https URL', describeValue(url), hintScheme(url, 'production'));
  }
}

function hintScheme(url: string, mode: Mode): string | undefined {
  const secure = url.replace(/^http:/i, 'https:');
  return secure !== url && isWebUrl(secure, mode) ? `use ${secure}` : undefined;
}

function checkScope(file: Partial<ClientFile>, say: Say): void {
  const scopes = file.scope?.split(' ').filter((scope) => scope !== '') ?? [];
  for (const scope of scopes) {
    if (SCOPES.some((known) => known === scope)) continue;
    const nearest = nearestName(scope, SCOPES);
    say(
      'scope',
      `scopes out of ${SCOPES.join(' ')}`,
      describeValue(scope),
      nearest === undefined ? undefined : `did you mean ${nearest}?`,
    );
  }
  if (file.grant_types && scopes.includes('offline_access') && !file.grant_types.includes('refresh_token')) {
    say('grant_types', 'refresh_token, because scope has offline_access', describeValue(file.grant_types));
  }
}

function checkGrants(file: Partial<ClientFile>, present: (key: keyof ClientFile) => boolean, say: Say): void {
  const { grant_types: grants, redirect_uris: uris } = file;
  if (!grants) return;
  const found = describeValue(grants);
  if (grants.includes('authorization_code')) {
    if (uris?.length === 0) say('redirect_uris', 'at least one URL, because grant_types has authorization_code', 'none');
    return;
  }
  if (grants.includes('refresh_token') && !grants.includes(DEVICE_GRANT))
    say('grant_types', `authorization_code or ${DEVICE_GRANT} with refresh_token: no other grant issues refresh tokens`, found);
  if (uris && uris.length > 0) say('grant_types', 'authorization_code, because there are redirect_uris', found);
  if (present('response_types') && file.response_types?.length)
    say('grant_types', 'authorization_code, because there are response_types', found);
}

/** Checks the origins of browser apps. A client with a secret requests its tokens from a server and needs no origin. */
function checkWebOrigins(file: Partial<ClientFile>, mode: Mode, say: Say): void {
  const origins = file.common_id?.web_origins ?? [];
  origins.forEach((origin, index) => {
    if (isWebOrigin(origin, mode)) return;
    const hint = URL.parse(origin)?.origin;
    say(
      `common_id.web_origins[${index}]`,
      `the origin of ${expectedWebUrl(mode)}, without a slash at the end`,
      describeValue(origin),
      hint !== undefined && isWebOrigin(hint, mode) ? `use ${hint}` : undefined,
    );
  });
  if (origins.length > 0 && (file.application_type === 'native' || file.token_endpoint_auth_method !== 'none')) {
    say(
      'common_id.web_origins',
      'none, or "application_type": "web" with "token_endpoint_auth_method": "none": an app with a server requests its tokens from the server',
      describeValue(origins),
    );
  }
}

function checkAuthentication(file: Partial<ClientFile>, present: (key: keyof ClientFile) => boolean, say: Say): void {
  const { token_endpoint_auth_method: method } = file;
  if (!method) return;
  const inBrowser = (file.common_id?.web_origins.length ?? 0) > 0;
  if (file.application_type && !inBrowser && (file.application_type === 'native') !== (method === 'none')) {
    if (method === 'none')
      say(
        'token_endpoint_auth_method',
        'private_key_jwt or a secret for a web client with a server (or common_id.web_origins for one without)',
        describeValue(method),
      );
    else
      say(
        'token_endpoint_auth_method',
        'none for a native client: a secret that is shipped in an app is no secret',
        describeValue(method),
      );
  }
  const keys = (['jwks', 'jwks_uri'] as const).filter(present);
  if (keys.length === 2) say('jwks_uri', 'one of jwks and jwks_uri', 'both');
  if (method === 'private_key_jwt' && keys.length === 0) {
    say(
      'jwks_uri',
      'the URL of the public keys (or jwks with the keys), because token_endpoint_auth_method is private_key_jwt',
      'nothing',
    );
  }
  if (SECRET_METHODS.includes(method) && !present('client_secret')) {
    say(
      'client_secret',
      `a reference to the secret, because token_endpoint_auth_method is ${method}`,
      'nothing',
      'write {"$env": "MY_APP_CLIENT_SECRET"}, or use private_key_jwt',
    );
  }
  if (!SECRET_METHODS.includes(method) && present('client_secret')) {
    say('client_secret', `no secret, because token_endpoint_auth_method is ${method}`, 'one', 'remove it');
  }
  if (method !== 'private_key_jwt') {
    if (file.common_id?.legacy_import) {
      say(
        'common_id.legacy_import',
        'token_endpoint_auth_method private_key_jwt, because the same keys sign the legacy profiles',
        describeValue(method),
      );
    }
    if (present('token_endpoint_auth_signing_alg'))
      say('token_endpoint_auth_signing_alg', 'it only with private_key_jwt', describeValue(method), 'remove it');
  }
  if (method === 'none' && file.common_id?.pkce === 'optional') {
    // A public client has nothing but PKCE to prove that a code is its own (RFC 9700, section 2.1.1).
    say('common_id.pkce', 'required, because the client has no credentials', describeValue('optional'), 'remove it');
  }
  if (method === 'none' && file.common_id?.refresh_rotation === false && file.dpop_bound_access_tokens !== true) {
    // Nothing else would show that one was stolen (RFC 9700, section 4.14.2).
    const expected = 'true or nothing, because nothing but rotation protects refresh tokens without credentials and without DPoP';
    say('common_id.refresh_rotation', expected, 'false', 'remove it, or set dpop_bound_access_tokens to true');
  }
  if (method === 'none' && file.grant_types?.includes('client_credentials')) {
    say('grant_types', 'no client_credentials for a client without credentials', describeValue(file.grant_types));
  }
}

/** Reports keys that are too weak or cannot verify our signature algorithms (RFC 7518, sections 3.3 and 3.4). */
function checkKeys(file: Partial<ClientFile>, say: Say): void {
  file.jwks?.keys.forEach((key, index) => {
    const { kty, n, crv } = key;
    const bits = typeof n === 'string' ? Buffer.from(n, 'base64url').length * 8 : 0;
    if (kty === 'RSA' && bits < SHORTEST_RSA_BITS)
      say(`jwks.keys[${index}].n`, `an RSA key of at least ${SHORTEST_RSA_BITS} bits`, `one of ${bits}`);
    if (kty === 'EC' && crv !== 'P-256') say(`jwks.keys[${index}].crv`, 'P-256, the curve of ES256', describeValue(crv));
  });
}

function checkSignedRequests(file: Partial<ClientFile>, present: (key: keyof ClientFile) => boolean, say: Say): void {
  const isSigned = present('request_object_signing_alg');
  if (isSigned && !present('jwks') && !present('jwks_uri'))
    say('jwks_uri', 'the URL of the public keys (or jwks with the keys), because request_object_signing_alg is there', 'nothing');
  if (file.require_signed_request_object === true && !isSigned)
    say('request_object_signing_alg', 'ES256 or PS256, because require_signed_request_object is true', 'nothing');
}

function checkSubject(file: Partial<ClientFile>, say: Say): void {
  const { token_endpoint_auth_method: method, grant_types: grants } = file;
  // oidc-provider derives the sector of a client without redirect URIs from `jwks_uri`.
  if (file.subject_type === 'pairwise' && grants?.includes(DEVICE_GRANT) && method !== 'private_key_jwt')
    say('subject_type', `public with ${DEVICE_GRANT}, or private_key_jwt with jwks_uri`, describeValue('pairwise'));
  if (file.subject_type !== 'pairwise' || file.sector_identifier_uri !== undefined) return;
  const hosts = new Set((file.redirect_uris ?? []).map((uri) => URL.parse(uri)?.host));
  if (hosts.size > 1) {
    // OpenID Connect Core 1.0, section 8.1.
    say('sector_identifier_uri', 'a URL, because redirect_uris have more than one host and subject_type is pairwise', 'nothing');
  }
}

function checkRequiredClaims(file: Partial<ClientFile>, say: Say): void {
  const claims = file.common_id?.required_claims.map(({ claim }) => claim) ?? [];
  claims.forEach((claim, index) => {
    if (claims.indexOf(claim) === index) return;
    say(`common_id.required_claims[${index}].claim`, 'a claim that is not listed before', describeValue(claim), 'remove it');
  });
}
