// The headers that make a browser distrust everything but us (OWASP ASVS 3.4, RFC 9700 section 4.16).
import helmet from 'koa-helmet';
import type { Middleware } from 'koa';
import type { PageState } from './page-context.ts';

/**
 * Sets the content security policy without inline script or style, and what else helmet sets.
 * `ctx.state.formActionOrigins` may be filled by whoever handles the request.
 */
export function securityHeaders(secure: boolean): Middleware<PageState>[] {
  return [
    helmet({
      contentSecurityPolicy: false,
      referrerPolicy: { policy: 'no-referrer' },
      strictTransportSecurity: secure ? { maxAge: 63_072_000, includeSubDomains: true } : false,
      // Popups and cross-origin readers have no business here, and isolation breaks nothing of ours.
      crossOriginOpenerPolicy: { policy: 'same-origin' },
    }) as unknown as Middleware<PageState>,
    async function contentSecurityPolicy(ctx, next) {
      ctx.state.formActionOrigins = [];
      await next();
      // A route that answers with something other than our own pages sets its own, tighter policy.
      if (ctx.response.headers['content-security-policy']) return;
      ctx.set(
        'Content-Security-Policy',
        [
          "default-src 'self'",
          "img-src 'self' data:",
          "object-src 'none'",
          "base-uri 'none'",
          "frame-ancestors 'none'",
          `form-action ${["'self'", ...ctx.state.formActionOrigins].join(' ')}`,
        ].join('; '),
      );
    },
  ];
}
