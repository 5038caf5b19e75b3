// Logs why a client's request was refused, and marks temporary failures as such in the response.
import type { EventEmitter } from 'node:events';
import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import { asPageError, askAgainLater } from '../../http/error-page.ts';
import { asPage } from '../provider-context.ts';
import type { Log } from '../../telemetry/log.ts';

/** The events of refused requests. The client gets a short error; the log has the full reason. */
const REFUSALS = [
  'authorization.error',
  'grant.error',
  'pushed_authorization_request.error',
  'introspection.error',
  'revocation.error',
  'userinfo.error',
  'end_session.error',
  'backchannel.error',
];

/**
 * Logs the provider's refusals and its internal errors. Responds with 503 and Retry-After to programs if the failure is
 * temporary.
 */
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
  // The types of the provider list each event by itself.
  const emitter: EventEmitter = provider;
  for (const event of REFUSALS) {
    emitter.on(event, (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError) => {
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

/** The X-Request-Id of the response, which the client's developer can quote. */
const requestIdOf = (ctx: KoaContextWithOIDC): string => asPage(ctx).state.requestId;

/** Joins the messages of the whole chain of causes. The root cause, such as an unreachable `jwks_uri`, comes last. */
function reasonOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const own = cause instanceof errors.OIDCProviderError ? cause.error_description : undefined;
  return [own ?? cause.message, reasonOf(cause.cause)].filter(Boolean).join(': ');
}
