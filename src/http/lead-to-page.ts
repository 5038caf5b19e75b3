// Leads a GET of a form's address to the page of the form. Somebody may reload, bookmark or go back to the address of a POST.
import type { Middleware } from 'koa';
import type Router from 'koa-router';
import type { PageState } from './page-context.ts';
import { redirect } from './redirect.ts';

/** Creates the middleware for a router. A path that answers POST only redirects to the nearest path above it that has a page. */
export function leadToPage<State>(router: Router<State>): Middleware<PageState> {
  const answers = (path: string, method: string): boolean => router.match(path, method).route;
  return async function leadGetToPage(ctx, next) {
    if (ctx.method !== 'GET' || answers(ctx.path, 'GET') || !answers(ctx.path, 'POST')) return next();
    let path = ctx.path;
    do {
      path = above(path);
      if (answers(path, 'GET')) return redirect(ctx, path);
    } while (path !== '/');
    return next();
  };
}

const above = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';
