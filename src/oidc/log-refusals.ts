// Writes down why a request of a client app was refused.
import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import type { Log } from '../telemetry/log.ts';

/** What a client's developer is told in a word or two stands in our log with its reason. */
const REFUSALS = [
  'authorization.error',
  'grant.error',
  'pushed_authorization_request.error',
  'introspection.error',
  'revocation.error',
  'userinfo.error',
  'end_session.error',
  'backchannel.error',
] as const;

/** Listens to every refusal of the provider, and to what failed in it. */
export function logRefusals(provider: Provider, log: Log): void {
  provider.on('server_error', (_ctx, error) => log.error({ detail: error.message, stack: error.stack }, 'oidc-provider failed'));
  for (const event of REFUSALS) {
    provider.on(event as 'grant.error', (ctx: KoaContextWithOIDC, error) => {
      log.info(
        {
          event,
          // The answer's X-Request-Id, by which the client's developer can ask.
          request_id: (ctx.state as { requestId?: string }).requestId,
          client_id: ctx.oidc.client?.clientId,
          error: error.message,
          description: error.error_description,
          detail: error.error_detail,
          cause: reasonOf(error.cause),
        },
        'request of a client refused',
      );
    });
  }
}

/** What lies behind a refusal, to the first cause: that an address of keys could not be reached stands at the very end. */
function reasonOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const own = cause instanceof errors.OIDCProviderError ? cause.error_description : undefined;
  return [own ?? cause.message, reasonOf(cause.cause)].filter(Boolean).join(': ');
}
