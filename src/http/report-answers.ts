// Reports each answered request, with the pattern of its path. Paths have ids in them, so there are too many of them to count.
import type Koa from 'koa';
import type { Answered } from '../telemetry/traffic-metrics.ts';
import type { PageState } from './page-context.ts';

/**
 * Makes the middleware. It goes in front of all others.
 * @param forPrograms the handlers that need no router, by path
 */
export function reportAnswers(
  report: (answered: Answered) => void,
  forPrograms: ReadonlyMap<string, unknown> = new Map(),
): Koa.Middleware<PageState> {
  return async function reportAnswer(ctx, next) {
    const began = performance.now();
    const { method, path } = ctx;
    ctx.res.once('close', () => {
      const route = forPrograms.has(path) ? path : routeOf(ctx);
      report({ method, route, status: ctx.res.statusCode, seconds: (performance.now() - began) / 1000 });
    });
    await next();
  };
}

/** Returns the pattern that a router matched, or the name of oidc-provider's endpoint; both are left at the context. */
function routeOf(ctx: Koa.ParameterizedContext<PageState>): string {
  const matched: unknown = Reflect.get(ctx, '_matchedRoute');
  if (matched !== undefined) return String(matched);
  const provided: unknown = Reflect.get(ctx, 'oidc');
  if (typeof provided === 'object' && provided !== null && 'route' in provided) return String(provided.route);
  return ctx.path.startsWith('/assets/') ? '/assets' : 'other';
}
