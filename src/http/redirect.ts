// Redirects the browser, always with 303, so that it uses GET and does not send the form again (RFC 9700 section 4.12).
import type { ParameterizedContext } from 'koa';

/**
 * Redirects to a target.
 * @param target one of our paths, or a URL from a registered client or the configuration
 */
export function redirect(ctx: Pick<ParameterizedContext, 'redirect' | 'status' | 'set'>, target: string): void {
  ctx.redirect(target);
  ctx.status = 303;
  // The redirect depends on the person's progress. A cached one would skip pages that must be requested again.
  ctx.set('Cache-Control', 'no-store');
}
