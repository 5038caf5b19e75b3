// Reads a posted form: text fields only, each at most once, nothing nested.
import type { Middleware } from 'koa';
import { PageError } from './page-error.ts';
import type { PageContext, PageState } from './page-context.ts';

/** More than any page of ours posts; less than what could burden the server. */
const FORM_LIMIT = '16kb';

/** What fields of our forms are called; `email[$ne]`, `__proto__` and `constructor.prototype` come from somebody who tries things. */
const FIELD_NAME = /^[a-z][a-z0-9_]*$/;

let parser: Middleware | undefined;

/** Loads what parses forms; otherwise the first form does. */
export async function loadFormParser(): Promise<Middleware> {
  const { bodyParser } = await import('@koa/bodyparser');
  return (parser ??= bodyParser({
    enableTypes: ['form'],
    formLimit: FORM_LIMIT,
    // Flat names only: `email[$ne]=` stays a field of that name, which is refused below.
    qs: { depth: 0, parameterLimit: 100, allowPrototypes: false },
    onError: (error) => {
      const status = 'status' in error && error.status === 413 ? 413 : 400;
      throw new PageError('form_unreadable', { status, detail: error.message });
    },
  } as Parameters<typeof bodyParser>[0]));
}

/**
 * Parses `application/x-www-form-urlencoded` posts; everything else is refused, because no page sends it.
 * @throws {PageError} `form_unreadable`, 400, 413 or 415
 */
export function readForm(): Middleware<PageState> {
  return async function readPostedForm(ctx, next) {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
      if (!ctx.is('application/x-www-form-urlencoded')) {
        throw new PageError('form_unreadable', {
          status: 415,
          detail: `content type ${ctx.get('Content-Type') || 'missing'}`,
        });
      }
      const parse = parser ?? (await loadFormParser());
      let parsed = false;
      await parse(ctx as never, async () => {
        parsed = true;
      });
      if (!parsed) throw new PageError('form_unreadable');
      // As they were sent: the parser leaves names of prototypes out without a word.
      const names = [...new URLSearchParams(ctx.request.rawBody ?? '').keys()];
      const strange = names.find((name) => !FIELD_NAME.test(name));
      if (strange !== undefined)
        throw new PageError('form_unreadable', { detail: 'a field has a name that no form of ours has' });
    }
    await next();
  };
}

/**
 * The text of a posted field as it was typed; an empty string where it is missing.
 * @throws {PageError} `form_unreadable`, 400, where the field was sent twice or is no text
 */
export function formField(ctx: PageContext, name: string): string {
  const body = (ctx.request.body ?? {}) as Record<string, unknown>;
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  if (value === undefined) return '';
  if (typeof value !== 'string')
    throw new PageError('form_unreadable', {
      detail: `field ${name} is no single text`,
    });
  return value;
}
