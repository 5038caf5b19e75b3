// Reports each answered request, with the pattern of its path. Paths have ids in them, so there are too many of them to count. Writes
// the access line, if it is wanted.
import type Koa from 'koa';
import type { Answered } from '../telemetry/traffic-metrics.ts';
import { propertyOf } from '../property-of.ts';
import { inRequest, requestContext } from '../request-context.ts';
import type { Emit } from '../telemetry/emit.ts';
import type { PageState } from './page-context.ts';

export type AnswerReports = {
  /** Called when the answer has ended, or the browser has closed the connection. */
  onAnswered?: ((answered: Answered) => void) | undefined;
  /** Writes a line for each request. */
  accessLine?: Emit | undefined;
};

/**
 * Makes the middleware. It goes behind the one that names the request, in front of all others.
 * @param forPrograms the handlers that need no router, by path
 */
export function reportAnswers(
  { onAnswered, accessLine }: AnswerReports,
  forPrograms: ReadonlyMap<string, unknown> = new Map(),
): Koa.Middleware<PageState> {
  return async function reportAnswer(ctx, next) {
    const began = performance.now();
    const { method, path } = ctx;
    const request = requestContext();
    ctx.res.once('close', () => {
      const answered = {
        method,
        route: forPrograms.has(path) ? path : routeOf(ctx),
        status: ctx.res.statusCode,
        seconds: (performance.now() - began) / 1000,
      };
      onAnswered?.(answered);
      // The connection tells of its end outside of the request.
      if (accessLine && request) inRequest(request, () => writeLine(accessLine, answered, clientIdOf(ctx)));
    });
    await next();
  };
}

function writeLine(emit: Emit, { method, route, status, seconds }: Answered, clientId: string | undefined): void {
  const ms = Math.round(seconds * 10_000) / 10;
  emit('request.answered', { method, route, status, ms, client_id: clientId });
}

/** Returns the client app of the request: oidc-provider's, or that of the interaction. */
function clientIdOf(ctx: Koa.ParameterizedContext<PageState>): string | undefined {
  const oidc: unknown = Reflect.get(ctx, 'oidc');
  const client = propertyOf(oidc, 'client') ?? propertyOf(propertyOf(propertyOf(ctx.state, 'interaction'), 'client'), 'metadata');
  const id = propertyOf(client, 'clientId') ?? propertyOf(client, 'client_id');
  return typeof id === 'string' ? id : undefined;
}

/** Returns the pattern that a router matched, or the name of oidc-provider's endpoint; both are left at the context. */
export function routeOf(ctx: Koa.ParameterizedContext<PageState>): string {
  const matched: unknown = Reflect.get(ctx, '_matchedRoute');
  if (matched !== undefined) return String(matched);
  const provided: unknown = Reflect.get(ctx, 'oidc');
  if (typeof provided === 'object' && provided !== null && 'route' in provided) return String(provided.route);
  return ctx.path.startsWith('/assets/') ? '/assets' : 'other';
}
