// The security headers of responses (OWASP ASVS 3.4, RFC 9700 section 4.16).
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet, { type HelmetOptions } from 'helmet';
import type { Middleware } from 'koa';
import type { FormTargets, PageState } from './page-context.ts';

const POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
].join('; ');

/** For responses that are not pages: if a browser renders one anyway, nothing in it runs and it cannot be framed. */
const POLICY_FOR_PROGRAMS = "default-src 'none'; frame-ancestors 'none'";

/**
 * Creates middleware that sets a content security policy without inline scripts or styles, and helmet's other headers.
 * Request handlers may change `ctx.state.formTargets`.
 *
 * A page whose forms lead to a client (`any`) has no `form-action`. Only injected markup could use that, to send what a person types to
 * another site: the directive is a second line of defense against it. The first line is that views escape every value (S53 tries to
 * inject markup), and scripts stay limited to our own. A CSRF token that leaks in such a form is useless: it is bound to the cookie of
 * this browser, and posts from another site are refused (csrf.ts).
 */
export function securityHeaders(secure: boolean): Middleware<PageState> {
  const headers = headersOf({
    ...common(secure),
    // No popup or other origin needs access to our pages, so isolation breaks nothing.
    crossOriginOpenerPolicy: { policy: 'same-origin' },
  });
  return async function setSecurityHeaders(ctx, next) {
    for (const [name, value] of headers) ctx.res.setHeader(name, value);
    ctx.state.formTargets = [] as FormTargets;
    // Set before the response is rendered, because oidc-provider adds the hash of its own script to `script-src`.
    ctx.set('Content-Security-Policy', POLICY);
    await next();
    const policy = ctx.response.get('Content-Security-Policy');
    const { formTargets } = ctx.state;
    const formAction = formTargets === 'any' ? '' : [";form-action 'self'", ...formTargets].join(' ');
    ctx.set('Content-Security-Policy', policy.replace(/; *form-action 'self'/, formAction));
  };
}

/** Creates middleware that sets the headers for programs (OWASP REST Security, “Security Headers”), without those for pages. */
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

/** A response that is never sent. It notes its headers with the names as helmet spells them. */
class HeaderList extends ServerResponse {
  readonly headers: [name: string, value: string][] = [];
  override setHeader(name: string, value: number | string | readonly string[]): this {
    this.headers.push([name, String(value)]);
    return this;
  }
}

/** Returns helmet's headers. They are the same for every response, so this runs once. */
function headersOf(options: HelmetOptions): [name: string, value: string][] {
  const request = new IncomingMessage(new Socket());
  const response = new HeaderList(request);
  helmet(options)(request, response, (error) => {
    if (error !== undefined) throw new Error('helmet made no headers', { cause: error });
  });
  return response.headers;
}
