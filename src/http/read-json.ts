// Reads a JSON body and checks it against a schema.
import { bodyParser } from '@koa/bodyparser';
import type { Middleware, ParameterizedContext } from 'koa';
import type { z } from 'zod';
import type { PageState } from './page-context.ts';
import { Problem } from './problem.ts';

/** Creates middleware that parses `application/json` of up to 64 KB. It throws {Problem} 400, 413 or 415. */
export function readJson(): Middleware<PageState> {
  const parse = bodyParser({
    enableTypes: ['json'],
    jsonLimit: '64kb',
    onError: (error) => {
      if ('status' in error && error.status === 413) throw new Problem(413, 'body_too_large', 'The body is larger than 64 KB.');
      throw new Problem(400, 'body_unreadable', `The body is not a JSON object: ${error.message}`);
    },
  });
  return async function readJsonBody(ctx, next) {
    if (!ctx.is('application/json')) throw new Problem(415, 'media_type', 'Send the body as application/json.');
    await parse(ctx, async () => {});
    await next();
  };
}

/**
 * Returns the parsed body, without members that the schema does not name.
 * @throws {Problem} 400 with a sentence for each invalid member
 */
export function bodyAs<T>(schema: z.ZodType<T>, ctx: ParameterizedContext<PageState>): T {
  const result = schema.safeParse(ctx.request.body);
  if (result.success) return result.data;
  const errors = Object.fromEntries(result.error.issues.map((issue) => [issue.path.join('.') || 'body', issue.message]));
  throw new Problem(400, 'body_invalid', 'The body is invalid; see errors.', { errors });
}
