// Sends the browser on, always with 303: it asks with GET and carries nothing of a form along (RFC 9700 section 4.12).
import type { ParameterizedContext } from 'koa';

/** @param target a path of ours, or an address that a registered client or the configuration names */
export function redirect(ctx: Pick<ParameterizedContext, 'redirect' | 'status'>, target: string): void {
  ctx.redirect(target);
  ctx.status = 303;
}
