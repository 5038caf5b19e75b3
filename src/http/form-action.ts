// Sources for the content security policy's `form-action`.

/** Returns the `form-action` source that allows a form, or the redirect after it, to reach a URL. */
export function formActionOf(target: string): string {
  const { origin, protocol, hostname } = new URL(target);
  // Private schemes have no origin, and CSP cannot express IPv6 addresses: browsers ignore `http://[::1]:50000`. In both cases
  // the scheme alone works.
  return origin === 'null' || hostname.startsWith('[') ? protocol : origin;
}
