// Reports client files that are valid but unsafe.
import { DEVICE_GRANT, SECRET_METHODS, type ClientFile } from '../clients/client-schema.ts';
import type { Problem } from '../problems/problem.ts';
import type { Mode } from '../problems/web-url.ts';
import { hostOf, isAddress, isInside, isThisMachine } from './inside.ts';

export type SayOfClient = (severity: Problem['severity'], key: string, expected: string, found: string, hint?: string) => void;

/** Names that are reserved for the common ID itself: a dealer trusts requests of `common-id`. */
const RESERVED = /^common-id(-|$)/;
/** The common ID calls these URLs, so they must not lead into the internal network. */
const ASKED = ['jwks_uri', 'backchannel_logout_uri', 'sector_identifier_uri'] as const;
const LONGEST_ACCESS_TOKEN_SECONDS = 60 * 60;

/**
 * Checks one client file.
 * @param issuer `undefined` if unknown
 */
export function checkUnsafeClient(file: Partial<ClientFile>, mode: Mode, issuer: string | undefined, say: SayOfClient): void {
  if (file.client_id !== undefined && RESERVED.test(file.client_id))
    say('error', 'client_id', 'a name that the common ID does not use itself', `'${file.client_id}'`);
  checkOrigins(file, issuer, say);
  checkOperations(file, say);
  if (mode !== 'production') return;
  checkRedirects(file, say);
  checkDevice(file, say);
  for (const key of ASKED) {
    const url = file[key];
    if (url !== undefined && isInside(hostOf(url)))
      say(
        'error',
        key,
        'an address on the Internet',
        `'${url}'`,
        'the common ID does not call internal addresses that a client’s file names',
      );
  }
  const seconds = file.common_id?.access_tokens?.lifetime_seconds;
  if (seconds !== undefined && seconds > LONGEST_ACCESS_TOKEN_SECONDS)
    say(
      'warning',
      'common_id.access_tokens.lifetime_seconds',
      `at most ${LONGEST_ACCESS_TOKEN_SECONDS}`,
      String(seconds),
      'a thief could use a stolen one for that long',
    );
  if (file.common_id?.legacy_import === true && !file.common_id.first_party)
    say(
      'warning',
      'common_id.legacy_import',
      'a service of our own ("first_party": true)',
      'a third party’s',
      'the common ID trusts the data that it hands over',
    );
  if (file.request_object_signing_alg !== undefined && file.require_signed_request_object !== true)
    say(
      'warning',
      'require_signed_request_object',
      'true, because request_object_signing_alg is there',
      'nothing',
      'an attacker can still send the unsigned request',
    );
  if (file.common_id?.pkce === 'optional')
    say(
      'warning',
      'common_id.pkce',
      'required',
      'optional',
      'a code that is stolen on its way can be injected into another login; take a library that sends PKCE as soon as you can',
    );
  if (file.common_id?.claims_in_id_token === true && (file.post_logout_redirect_uris?.length ?? 0) > 0)
    say(
      'warning',
      'common_id.claims_in_id_token',
      'false, because post_logout_redirect_uris is there',
      'true',
      'an ID token that is sent as id_token_hint shows names and addresses in URLs, which browsers and proxies keep; send client_id at logout instead',
    );
  if (
    file.grant_types?.includes('client_credentials') === true &&
    SECRET_METHODS.includes(file.token_endpoint_auth_method) &&
    file.scope?.includes('migration:read') === true
  )
    say(
      'warning',
      'token_endpoint_auth_method',
      'private_key_jwt, because scope has migration:read',
      String(file.token_endpoint_auth_method),
      'a leaked secret shows every customer’s migration',
    );
}

function checkOrigins(file: Partial<ClientFile>, issuer: string | undefined, say: SayOfClient): void {
  const all = [...(file.redirect_uris ?? []), ...(file.post_logout_redirect_uris ?? [])];
  const ours = all.find((uri) => issuer !== undefined && URL.parse(uri)?.origin === issuer);
  if (ours !== undefined)
    say(
      'error',
      'redirect_uris',
      'an origin that is not the ISSUER’s',
      `'${ours}'`,
      'codes would be sent to the common ID itself',
    );
  const origins = file.common_id?.web_origins ?? [];
  if (issuer !== undefined && origins.includes(issuer))
    say('error', 'common_id.web_origins', 'an origin that is not the ISSUER’s', `'${issuer}'`);
}

/** A token of the operations API opens every customer's data, so only our own client app that proves itself may ask for one. */
function checkOperations(file: Partial<ClientFile>, say: SayOfClient): void {
  if (!file.scope?.split(' ').some((scope) => scope.startsWith('operations:'))) return;
  const why = (expected: string): string => `${expected}, because scope has the operations API`;
  const mend = 'its tokens open every customer’s data; take the operations scopes away';
  if (file.common_id?.first_party !== true) say('error', 'common_id.first_party', why('true'), 'false', mend);
  if (file.token_endpoint_auth_method === 'none')
    say('error', 'token_endpoint_auth_method', why('private_key_jwt or a secret'), "'none'", mend);
  if (file.grant_types?.includes(DEVICE_GRANT)) say('error', 'grant_types', why('no device flow'), 'the device flow', mend);
  if (file.common_id?.pkce === 'optional') say('error', 'common_id.pkce', why('required'), 'optional', mend);
}

/** Anybody can begin a device flow in the name of a public client, and send the code to somebody else (RFC 8628, section 5.4). */
function checkDevice(file: Partial<ClientFile>, say: SayOfClient): void {
  if (!file.grant_types?.includes(DEVICE_GRANT)) return;
  if (file.token_endpoint_auth_method === 'none' && file.dpop_bound_access_tokens !== true)
    say(
      'warning',
      'dpop_bound_access_tokens',
      'true, because grant_types has the device flow',
      String(file.dpop_bound_access_tokens ?? 'nothing'),
      'tokens that are copied from a device could be used anywhere',
    );
  if (file.grant_types.includes('authorization_code'))
    say(
      'warning',
      'grant_types',
      'the device flow in a client app of its own',
      'both with authorization_code',
      'an attacker could send customers a code in the name of this app; they would believe its name',
    );
}

function checkRedirects(file: Partial<ClientFile>, say: SayOfClient): void {
  for (const list of ['redirect_uris', 'post_logout_redirect_uris'] as const) {
    (file[list] ?? []).forEach((uri, index) => {
      const host = hostOf(uri);
      // A native app listens on the customer's machine. Another check reports a web client on this machine.
      if (!uri.startsWith('https:') || host === '' || isThisMachine(host)) return;
      const key = `${list}[${index}]`;
      if (isInside(host)) {
        const severity = file.common_id?.first_party === true ? 'error' : 'warning';
        say(
          severity,
          key,
          'an address on the Internet',
          `'${uri}'`,
          'any machine of the network that answers to this name gets the codes',
        );
      } else if (isAddress(host)) say('warning', key, 'a name', `'${uri}'`, 'the next owner of the address would get the codes');
    });
  }
}
