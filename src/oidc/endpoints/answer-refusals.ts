// Says why a client's request was refused: in the log, in the list that `npm run admin -- clients why` shows, and in
// `error_description`. Marks temporary failures as such in the response.
import type { EventEmitter } from 'node:events';
import type { FieldsOf } from '../../telemetry/events.ts';
import Provider, { type errors, type KoaContextWithOIDC } from 'oidc-provider';
import { asPageError, askAgainLater } from '../../http/error-page.ts';
import { asPage } from '../provider-context.ts';
import type { Deps } from '../../deps.ts';
import { explainRefusal, reasonOf, type Explanation } from './explain-refusal.ts';
import { asDescription } from './show-sent.ts';

type Endpoint = FieldsOf<'client.refused'>['endpoint'];
/** The events of refused requests, and the endpoint of each. */
const REFUSALS: Record<string, Endpoint> = {
  'authorization.error': 'authorization',
  'grant.error': 'token',
  'pushed_authorization_request.error': 'pushed_authorization_request',
  'device_authorization.error': 'device_authorization',
  'device_resume.error': 'device_resume',
  'introspection.error': 'introspection',
  'revocation.error': 'revocation',
  'userinfo.error': 'userinfo',
  'end_session.error': 'end_session',
  'backchannel.error': 'backchannel',
};

/** Answers that are no mistake of the client: what a person decided, has to do first or did too late, and a step of DPoP (RFC 9449, section 8). */
const NO_MISTAKES = [
  'access_denied',
  'login_required',
  'consent_required',
  'interaction_required',
  'expired_token',
  'use_dpop_nonce',
];

type RefusalDeps = Pick<Deps, 'config' | 'clients' | 'refusals' | 'clock' | 'log' | 'emit'>;

/** What `error_description` says of the refusal of this request. */
const described = new WeakMap<object, { error: string; description: string }>();

/**
 * Logs the provider's refusals and its internal errors, and notes the refusals of each client. Responds with 503 and Retry-After to
 * programs if the failure is temporary.
 */
export function answerRefusals(provider: Provider, deps: RefusalDeps): void {
  const { emit, log } = deps;
  provider.on('server_error', (ctx, error) => {
    log.error({ detail: error.message, stack: error.stack }, 'oidc-provider failed');
    const failure = asPageError(error);
    // A browser gets a page instead, see renderError.
    if (failure.status !== 503 || typeof ctx.body === 'string') return;
    ctx.status = failure.status;
    ctx.body = { error: 'temporarily_unavailable', error_description: 'try again later' };
    askAgainLater(ctx, failure);
  });
  // The types of the provider list each event by itself.
  const emitter: EventEmitter = provider;
  for (const [event, endpoint] of Object.entries(REFUSALS)) {
    emitter.on(event, (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError) => {
      // The ordinary answer to a device that waits for its person (RFC 8628, section 3.5).
      if (error.message === 'authorization_pending') return;
      emit('client.refused', {
        endpoint,
        client_id: ctx.oidc.client?.clientId,
        error: error.message,
        description: error.error_description,
        detail: error.error_detail,
        cause: reasonOf(error.cause),
      });
      if (!NO_MISTAKES.includes(error.message)) answerRefusal(ctx, error, deps);
    });
  }
}

function answerRefusal(ctx: KoaContextWithOIDC, error: errors.OIDCProviderError, deps: RefusalDeps): void {
  const { clientId, ...explained } = explainRefusal(ctx, error, deps.clients);
  const description = describe(error, explained, requestIdOf(ctx), deps.config);
  described.set(ctx.oidc, { error: error.message, description });
  const { body } = ctx;
  if (typeof body === 'object' && body !== null && 'error' in body) ctx.body = { ...body, error_description: description };
  if (clientId === undefined) return;
  deps.refusals.note(clientId, {
    at: deps.clock(),
    times: 1,
    endpoint: ctx.oidc.route,
    error: error.message,
    request_id: requestIdOf(ctx),
    ...explained,
  });
}

/** Whether clients are told everything. */
const isForDevelopers = ({ mode, sandbox }: Pick<Deps['config'], 'mode' | 'sandbox'>): boolean =>
  sandbox || mode === 'development';

/**
 * Describes a refusal in `error_description`: outright in development and in a sandbox. In production the library's short text and the id of the
 * request, with which the operator finds the rest.
 */
function describe(
  error: errors.OIDCProviderError,
  { why }: Pick<Explanation, 'why'>,
  requestId: string,
  config: Pick<Deps['config'], 'mode' | 'sandbox'>,
): string {
  if (isForDevelopers(config)) return asDescription(why);
  return asDescription(`${error.error_description ?? error.message} (request ${requestId})`);
}

/** Returns the text of the error page for the client's developer. The page has the id of the request anyway. */
export function detailOf(
  ctx: KoaContextWithOIDC,
  error: errors.OIDCProviderError,
  { config, clients }: Pick<Deps, 'config' | 'clients'>,
): string {
  const text = isForDevelopers(config) ? explainRefusal(ctx, error, clients).why : error.error_description;
  return [error.message, text].filter(Boolean).join(': ');
}

/** oidc-provider, which also says in the redirect to a client why the request was refused. */
export class DescribingProvider extends Provider {
  override registerResponseMode(...[name, handler]: Parameters<Provider['registerResponseMode']>): void {
    super.registerResponseMode(name, function answer(this: Provider, ctx, redirectUri, payload) {
      const refusal = described.get(ctx.oidc);
      const isRefusal = refusal !== undefined && payload.error === refusal.error;
      return handler.call(this, ctx, redirectUri, isRefusal ? { ...payload, error_description: refusal.description } : payload);
    });
  }
}

/** The X-Request-Id of the response, which the client's developer can quote. */
const requestIdOf = (ctx: KoaContextWithOIDC): string => asPage(ctx).state.requestId;
