// Writes down why a request of a client app was refused, and tells it where that will pass.
import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import { asPageError, askAgainLater } from '../../http/error-page.ts';
import type { Log } from '../../telemetry/log.ts';

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
  provider.on('server_error', (ctx, error) => {
    log.error({ request_id: requestIdOf(ctx), detail: error.message, stack: error.stack }, 'oidc-provider failed');
    const failure = asPageError(error);
    // A browser gets a page instead, see renderError.
    if (failure.status !== 503 || typeof ctx.body === 'string') return;
    ctx.status = failure.status;
    ctx.body = { error: 'temporarily_unavailable', error_description: 'try again later' };
    askAgainLater(ctx, failure);
  });
  for (const event of REFUSALS) {
    provider.on(event as 'grant.error', (ctx: KoaContextWithOIDC, error) => {
      log.info(
        {
          event,
          request_id: requestIdOf(ctx),
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

/** The answer's X-Request-Id, by which the client's developer can ask. */
const requestIdOf = ({ state }: KoaContextWithOIDC) => (state as { requestId?: string }).requestId;

/** What lies behind a refusal, to the first cause: that an address of keys could not be reached stands at the very end. */
function reasonOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const own = cause instanceof errors.OIDCProviderError ? cause.error_description : undefined;
  return [own ?? cause.message, reasonOf(cause.cause)].filter(Boolean).join(': ');
}
