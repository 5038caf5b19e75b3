// Sends the browser on, always with 303: it asks with GET and carries nothing of a form along (RFC 9700 section 4.12).
import type { ParameterizedContext } from 'koa';

/** @param target a path of ours, or an address that a registered client or the configuration names */
export function redirect(ctx: Pick<ParameterizedContext, 'redirect' | 'status' | 'set'>, target: string): void {
  ctx.redirect(target);
  ctx.status = 303;
  // It tells how far somebody got; a browser that kept it would skip a page that is to be asked for again.
  ctx.set('Cache-Control', 'no-store');
}
