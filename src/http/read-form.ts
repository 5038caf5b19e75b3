// Reads a posted form. Fields are strings, appear at most once and are not nested.
import type { Middleware } from 'koa';
import { PageError } from './page-error.ts';
import type { PageContext, PageState } from './page-context.ts';

/** More than any of our pages sends, and too little to overload the server. */
const FORM_LIMIT = '16kb';

/** The names of our form fields. Names such as `email[$ne]`, `__proto__` and `constructor.prototype` are attacks. */
const FIELD_NAME = /^[a-z][a-z0-9_]*$/;

let parser: Middleware | undefined;

/** Loads the form parser in advance; otherwise the first form loads it. */
export async function loadFormParser(): Promise<Middleware> {
  const { bodyParser } = await import('@koa/bodyparser');
  const options: Parameters<typeof bodyParser>[0] & { qs: object } = {
    enableTypes: ['form'],
    formLimit: FORM_LIMIT,
    // No nesting: `email[$ne]=` stays a field of that name, which is refused below.
    qs: { depth: 0, parameterLimit: 100, allowPrototypes: false },
    onError: (error) => {
      const status = 'status' in error && error.status === 413 ? 413 : 400;
      // Its message repeats what the header says of charset and encoding.
      throw new PageError('form_unreadable', { status, detail: `the parser refuses it: ${error.name}` });
    },
  };
  return (parser ??= bodyParser(options));
}

/**
 * Creates middleware that parses `application/x-www-form-urlencoded` POSTs and refuses other types, which no page sends.
 * @throws {PageError} `form_unreadable`, 400, 413 or 415
 */
export function readForm(): Middleware<PageState> {
  return async function readPostedForm(ctx, next) {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
      if (!ctx.is('application/x-www-form-urlencoded')) {
        throw new PageError('form_unreadable', {
          status: 415,
          // The header may hold anything, so it is not logged.
          detail: 'the content type is not that of a form',
        });
      }
      const parse = parser ?? (await loadFormParser());
      let parsed = false;
      await parse(ctx, async () => {
        parsed = true;
      });
      if (!parsed) throw new PageError('form_unreadable');
      // Checks the raw names, because the parser silently drops prototype names.
      const names = [...new URLSearchParams(ctx.request.rawBody ?? '').keys()];
      const strange = names.find((name) => !FIELD_NAME.test(name));
      if (strange !== undefined) throw new PageError('form_unreadable', { detail: 'a field name is not one of our forms' });
    }
    await next();
  };
}

/** The fields of the form that was read; none where no form was read. */
export function fieldsOf(ctx: PageContext): Record<string, unknown> {
  const { body } = ctx.request;
  return typeof body === 'object' && body !== null ? { ...body } : {};
}

/**
 * Returns the text of a posted field as typed, or an empty string if it is missing.
 * @throws {PageError} `form_unreadable`, 400, if the field was sent twice or is not a string
 */
export function formField(ctx: PageContext, name: string): string {
  const fields = fieldsOf(ctx);
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (value === undefined) return '';
  if (typeof value !== 'string')
    throw new PageError('form_unreadable', {
      detail: `field ${name} is not a single string`,
    });
  return value;
}
