// The headers that make a browser distrust everything but us (OWASP ASVS 3.4, RFC 9700 section 4.16).
import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet, { type HelmetOptions } from 'helmet';
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

/** Of an answer that is no page: should a browser take it for one, nothing of it runs or is framed. */
const POLICY_FOR_PROGRAMS = "default-src 'none'; frame-ancestors 'none'";

/**
 * Sets the content security policy without inline script or style, and what else helmet sets.
 * `ctx.state.formActionOrigins` may be filled by whoever handles the request.
 */
export function securityHeaders(secure: boolean): Middleware<PageState> {
  const headers = headersOf({
    ...common(secure),
    // Popups and cross-origin readers have no business here, and isolation breaks nothing of ours.
    crossOriginOpenerPolicy: { policy: 'same-origin' },
  });
  return async function setSecurityHeaders(ctx, next) {
    for (const [name, value] of headers) ctx.res.setHeader(name, value);
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
  };
}

/** Sets those that mean something to programs (OWASP REST Security, “Security Headers”). What says how to treat a page is left out. */
export function securityHeadersForPrograms(secure: boolean): Middleware<PageState> {
  const headers = headersOf({
    ...common(secure),
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  });
  headers.push(['Content-Security-Policy', POLICY_FOR_PROGRAMS]);
  return async function setSecurityHeadersForPrograms(ctx, next) {
    for (const [name, value] of headers) ctx.res.setHeader(name, value);
    return next();
  };
}

function common(secure: boolean) {
  return {
    contentSecurityPolicy: false,
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: secure && { maxAge: 63_072_000, includeSubDomains: true },
  } satisfies HelmetOptions;
}

/** What helmet sets, which is the same at every answer: asked for once. */
function headersOf(options: HelmetOptions): [name: string, value: string][] {
  const headers: [string, string][] = [];
  const answer = { setHeader: (name: string, value: string) => headers.push([name, value]), removeHeader: () => undefined };
  helmet(options)({} as IncomingMessage, answer as unknown as ServerResponse, (error) => {
    if (error) throw error as Error;
  });
  return headers;
}
