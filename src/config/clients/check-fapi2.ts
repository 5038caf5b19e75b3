// Checks the file of a client of the FAPI 2.0 Security Profile (`common_id.profile`), sections 5.3.2 to 5.4. What the profile demands of every
// client and the common ID does for all of them (codes of a minute, S256, `iss`, redirects by 303) needs no check here.
import { describeValue } from '../problems/describe-value.ts';
import type { ClientFile } from './client-schema.ts';
import type { Say } from './check-client.ts';

/** Signature algorithms that the profile allows (section 5.4), of those that the common ID has. */
export const FAPI2_ALGORITHMS: readonly string[] = ['ES256', 'PS256', 'EdDSA', 'Ed25519'];

/** What the profile sets in a client's metadata. */
export const FAPI2_METADATA = { require_pushed_authorization_requests: true, dpop_bound_access_tokens: true } as const;

const GRANTS: readonly string[] = ['authorization_code', 'refresh_token', 'client_credentials'];
const WHY = 'because common_id.profile is fapi2';

/** Reports every setting that the profile forbids. Invalid keys are reported already and absent from `file`. */
export function checkFapi2(file: Partial<ClientFile>, say: Say): void {
  if (file.common_id?.profile !== 'fapi2') return;
  const { token_endpoint_auth_method: method, common_id: ours } = file;
  if (method !== undefined && method !== 'private_key_jwt')
    say('token_endpoint_auth_method', `private_key_jwt, ${WHY}`, describeValue(method));
  for (const key of [
    'token_endpoint_auth_signing_alg',
    'id_token_signed_response_alg',
    'authorization_signed_response_alg',
  ] as const) {
    const alg = file[key];
    if (alg !== undefined && !FAPI2_ALGORITHMS.includes(alg))
      say(key, `${key === 'token_endpoint_auth_signing_alg' ? 'ES256 or PS256' : 'ES256'}, ${WHY}`, describeValue(alg));
  }
  file.jwks?.keys.forEach(({ alg }, index) => {
    if (alg !== undefined && !FAPI2_ALGORITHMS.includes(String(alg)))
      say(`jwks.keys[${index}].alg`, `ES256 or PS256, ${WHY}`, describeValue(alg));
  });
  for (const key of Object.keys(FAPI2_METADATA) as (keyof typeof FAPI2_METADATA)[]) {
    if (file[key] === false) say(key, `true, ${WHY}`, 'false', 'remove it: the profile sets it');
  }
  file.redirect_uris?.forEach((uri, index) => {
    if (!uri.startsWith('https:')) say(`redirect_uris[${index}]`, `an https URL, ${WHY}`, describeValue(uri));
  });
  const grants = file.grant_types?.filter((grant) => !GRANTS.includes(grant)) ?? [];
  if (grants.length > 0) say('grant_types', `only ${GRANTS.join(', ')}, ${WHY}`, describeValue(grants));
  if (ours.pkce === 'optional') say('common_id.pkce', `required, ${WHY}`, describeValue('optional'), 'remove it');
  if (ours.refresh_rotation) say('common_id.refresh_rotation', `false, ${WHY}`, 'true', 'remove it');
}
