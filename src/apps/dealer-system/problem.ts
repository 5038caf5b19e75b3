// API errors as problem details (RFC 9457).
import type { Middleware } from 'koa';
import type { PageState } from '../../http/page-context.ts';
import type { Log } from '../../telemetry/log.ts';

/** An error answer: `code` is stable, for programs; `detail` is for the client's developer. */
export class Problem extends Error {
  override name = 'Problem';
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;
  /** One sentence for each invalid member of the body, keyed by its path. */
  readonly errors: Record<string, string> | undefined;

  constructor(
    status: number,
    code: string,
    detail: string,
    more: { headers?: Record<string, string>; errors?: Record<string, string> } = {},
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.headers = more.headers ?? {};
    this.errors = more.errors;
  }
}

/** Creates middleware that turns errors thrown by the routes after it into `application/problem+json`. */
export function answerWithProblems(log: Log): Middleware<PageState> {
  return async function answerWithProblem(ctx, next) {
    ctx.set('Cache-Control', 'no-store');
    try {
      await next();
    } catch (error) {
      const problem =
        error instanceof Problem
          ? error
          : new Problem(500, 'unexpected', 'An unexpected error occurred; the log has it under the request id.');
      const fields = { request_id: ctx.state.requestId, code: problem.code, status: problem.status, detail: problem.message };
      if (problem === error) log.info(fields, 'API request refused');
      else log.error({ ...fields, stack: error instanceof Error ? error.stack : String(error) }, 'API request failed');
      ctx.status = problem.status;
      ctx.set(problem.headers);
      ctx.body = {
        title: problem.code.replaceAll('_', ' '),
        status: problem.status,
        code: problem.code,
        detail: problem.message,
        request_id: ctx.state.requestId,
        ...(problem.errors && { errors: problem.errors }),
      };
      ctx.type = 'application/problem+json';
    }
  };
}
