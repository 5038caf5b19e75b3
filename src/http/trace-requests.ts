// Makes a span of each request. A customer's journey has many requests; `common_id.journey` is the same in all of them.
import type Koa from 'koa';
import { propertyOf } from '../property-of.ts';
import type { Traces } from '../telemetry/traces.ts';
import type { PageState } from './page-context.ts';
import { routeOf } from './report-answers.ts';

/** Makes the middleware. It goes in front of the one that names the request, so that the log names our span. */
export function traceRequests(traces: Traces, forPrograms: ReadonlyMap<string, unknown> = new Map()): Koa.Middleware<PageState> {
  return async function traceRequest(ctx, next) {
    const { method, path } = ctx;
    await traces.begin('server', method, ctx.get('traceparent'), async ({ isRecorded, traceparent, end }) => {
      ctx.req.headers.traceparent = traceparent;
      const tell = (): void => {
        const route = forPrograms.has(path) ? path : routeOf(ctx);
        const { statusCode: status } = ctx.res;
        const journey = journeyOf(ctx);
        const http = { 'http.request.method': method, 'http.route': route, 'http.response.status_code': status };
        end(`${method} ${route}`, { ...http, ...(journey !== undefined && { 'common_id.journey': journey }) }, status >= 500);
      };
      if (isRecorded) ctx.res.once('close', tell);
      await next();
    });
  };
}

/** Returns the `cid` of the interaction, which stays the same from the authorization request to its end: it is random, and opens nothing. */
function journeyOf(ctx: Koa.ParameterizedContext<PageState>): string | undefined {
  const ofProvider = propertyOf(propertyOf(propertyOf(Reflect.get(ctx, 'oidc'), 'entities'), 'Interaction'), 'cid');
  const ofPage = propertyOf(propertyOf(ctx.state, 'interaction'), 'cid');
  const cid = ofProvider ?? ofPage;
  return typeof cid === 'string' ? cid : undefined;
}
