// API errors as problem details (RFC 9457).
import type { Middleware } from 'koa';
import { asPageError } from './error-page.ts';
import type { PageState } from './page-context.ts';
import type { Log } from '../telemetry/log.ts';

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

/** Returns the problem of any error. An overload of ours is told as such, with the time to wait; other errors tell nothing of themselves. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { status, code, retryAfterSeconds = 1 } = asPageError(error);
  if (status !== 429 && status !== 503)
    return new Problem(500, 'unexpected', 'An unexpected error occurred; the log has it under the request id.');
  const sentence = status === 429 ? 'There were too many requests.' : 'The service is busy.';
  const headers = { 'Retry-After': String(Math.ceil(retryAfterSeconds)) };
  return new Problem(status, code, `${sentence} Try again after the time that Retry-After says, in seconds.`, { headers });
}

/**
 * Creates middleware that turns errors thrown by the routes after it into `application/problem+json`.
 * @param typeOf makes the problem's `type` from its code; without it there is none (RFC 9457, section 3.1.1)
 */
export function answerWithProblems(log: Log, typeOf?: (code: string) => string): Middleware<PageState> {
  return async function answerWithProblem(ctx, next) {
    ctx.set('Cache-Control', 'no-store');
    try {
      await next();
    } catch (error) {
      const problem = asProblem(error);
      const fields = { request_id: ctx.state.requestId, code: problem.code, status: problem.status, detail: problem.message };
      if (problem === error || problem.status < 500) log.info(fields, 'API request refused');
      else log.error({ ...fields, stack: error instanceof Error ? error.stack : String(error) }, 'API request failed');
      ctx.status = problem.status;
      ctx.set(problem.headers);
      ctx.body = {
        ...(typeOf && { type: typeOf(problem.code) }),
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
