// The operations API: `/operations/v1` of the common ID, made from its endpoints. docs/operations-api.md describes it.
import compose from 'koa-compose';
import type { Middleware } from 'koa';
import Router from 'koa-router';
import type Provider from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import { idempotencyKey } from '../../http/idempotency-key.ts';
import type { PageContext, PageState } from '../../http/page-context.ts';
import { answerWithProblems, asProblem, Problem } from '../../http/problem.ts';
import { readJson } from '../../http/read-json.ts';
import { routesOf } from '../../http/routes-of.ts';
import { createAccountAccess } from '../../oidc/sessions/account-access.ts';
import { callerOf, type Caller } from './caller.ts';
import { readInputs } from './endpoint.ts';
import { ENDPOINTS } from './endpoints.ts';
import { once } from './once.ts';
import { createOpenApi } from './openapi.ts';

const BASE = '/operations/v1';
/** Koa's router writes `:id` for OpenAPI's `{id}`. */
const patternOf = (path: string): string => BASE + path.replaceAll(/\{(\w+)\}/g, ':$1');

/** Makes the middleware that answers everything below `/operations/` with JSON or problem details. */
export function createOperationsApi(provider: Provider, deps: Deps): Middleware<PageState> {
  const access = createAccountAccess(provider, deps);
  const router = new Router<PageState>();
  const callers = new WeakMap<object, Caller>();
  let document: object | undefined;
  router.get(`${BASE}/openapi.json`, (ctx) => {
    document ??= createOpenApi(deps.config.issuer, ENDPOINTS);
    ctx.body = document;
  });

  for (const one of ENDPOINTS) {
    const tell = (ctx: PageContext, outcome: 'done' | 'refused' | 'failed', status: number): void => {
      const account = callers.get(ctx)?.account.id;
      deps.emit('operations.called', { role: one.role ?? 'any', outcome, operation: one.name, status, account });
    };
    const findCaller: Router.IMiddleware<PageState> = async (ctx, next) => {
      try {
        callers.set(ctx, await callerOf(ctx, provider, deps, one.role));
        await next();
        tell(ctx, 'done', 200);
      } catch (error) {
        const { status } = asProblem(error);
        tell(ctx, status >= 500 ? 'failed' : 'refused', status);
        throw error;
      }
    };
    const answer: Router.IMiddleware<PageState> = async (ctx) => {
      const caller = callers.get(ctx);
      if (!caller) throw new Error('nobody calls');
      const sent: unknown = Reflect.get(ctx.request, 'body');
      const inputs = readInputs(one, { params: ctx.params, query: { ...ctx.query }, body: sent });
      const run = async (resumed: boolean): Promise<object> => one.run({ deps, access, caller, resumed, ...inputs });
      if (!one.isAction) {
        ctx.body = await run(false);
        return;
      }
      const key = idempotencyKey(ctx.get('Idempotency-Key'));
      const request = [one.method, ctx.path, inputs.body];
      const { body, isRepeated } = await once(deps, { accountId: caller.account.id, key, request }, run);
      if (isRepeated) ctx.set('Idempotency-Replayed', 'true');
      ctx.body = body;
    };
    const add = one.method === 'GET' ? router.get.bind(router) : router.post.bind(router);
    // Who may not call sends no body that is read.
    if (one.body) add(patternOf(one.path), findCaller, readJson(), answer);
    else add(patternOf(one.path), findCaller, answer);
  }

  return compose([
    answerWithProblems(deps.log, (code) => `urn:common-id:problem:${code}`),
    routesOf(router),
    async function refuseUnknownPath(ctx) {
      const methods = router.match(ctx.path, ctx.method).path.flatMap(({ methods: ofPath }) => ofPath);
      if (methods.length === 0) throw new Problem(404, 'not_found', 'There is no such path.');
      const allowed = [...new Set(methods)].join(', ');
      throw new Problem(405, 'method_not_allowed', `This path answers ${allowed}.`, { headers: { Allow: allowed } });
    },
  ]);
}
