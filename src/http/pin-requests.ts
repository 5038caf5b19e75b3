// Takes a request's scheme and host from the configured origin alone. The connection, Host and X-Forwarded-* do not count. Links,
// redirects, cookies and mails depend on it. This prevents host header injection and cache poisoning, and works behind any proxy.
import type { IncomingMessage } from 'node:http';
import type { BaseRequest, Request } from 'koa';

/**
 * Changes the requests of one Koa application.
 * @param requests the application's `request`, the prototype of its requests
 * @param addressOf returns the visitor's address of a request. It is called at most once for each request, and only if the address is read
 */
export function pinRequests(requests: BaseRequest, origin: string, addressOf: (request: IncomingMessage) => string): void {
  const { host, protocol } = new URL(origin);
  const addresses = new WeakMap<IncomingMessage, string>();
  Object.defineProperties(requests, {
    // Koa derives `secure`, `origin` and whether cookies may be `Secure` from it.
    protocol: { get: () => protocol.slice(0, -1) },
    host: { get: () => host },
    href: {
      get(this: Request) {
        return origin + pathOf(this.originalUrl);
      },
    },
    ip: {
      get(this: Request) {
        const address = addresses.get(this.req) ?? addressOf(this.req);
        addresses.set(this.req, address);
        return address;
      },
    },
    // Nobody reads the addresses of the proxies.
    ips: { get: () => [] },
  });
}

/** Returns path and query. A request target may be a whole URL (RFC 9112, section 3.2.2), whose origin Koa would take. */
function pathOf(target: string): string {
  if (target.startsWith('/')) return target;
  const url = URL.parse(target);
  return url ? url.pathname + url.search : '/';
}
