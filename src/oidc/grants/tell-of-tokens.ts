// Emits an event for each answer of the token endpoint with tokens.
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import type { FieldsOf } from '../../telemetry/events.ts';

type GrantType = FieldsOf<'token.issued'>['grant_type'];
const GRANT_TYPES: readonly GrantType[] = ['authorization_code', 'refresh_token', 'client_credentials'];
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** Registers the listener. */
export function tellOfTokens(provider: Provider, { emit }: Pick<Deps, 'emit'>): void {
  provider.on('grant.success', ({ oidc }: KoaContextWithOIDC) => {
    const asked = oidc.params?.grant_type;
    emit('token.issued', {
      grant_type: GRANT_TYPES.find((type) => type === asked) ?? (asked === DEVICE_GRANT ? 'device_code' : 'other'),
      client_id: oidc.client?.clientId,
      account: oidc.entities.Account?.accountId,
    });
  });
}
