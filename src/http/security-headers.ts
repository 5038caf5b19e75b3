// The headers that make a browser distrust everything but us (OWASP ASVS 3.4, RFC 9700 section 4.16).
import helmet from 'koa-helmet';
import type { Middleware } from 'koa';
import type { PageState } from './page-context.ts';

const POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
].join('; ');

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
      // Set before the answer is made: oidc-provider adds the hash of a script of its own to `script-src` where it needs one.
      ctx.set('Content-Security-Policy', POLICY);
      await next();
      // Chromium applies form-action to the redirects after a post too, so the way back to the client is named.
      const policy = ctx.response.get('Content-Security-Policy');
      ctx.set(
        'Content-Security-Policy',
        policy.replace("form-action 'self'", ["form-action 'self'", ...ctx.state.formActionOrigins].join(' ')),
      );
    },
  ];
}
