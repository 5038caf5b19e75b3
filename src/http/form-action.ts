// Where the forms of a page may lead besides to us, as the content security policy says it.

/** The source for `form-action` that lets a form, or the redirect after it, arrive at an address. */
export function formActionOf(target: string): string {
  const { origin, protocol, hostname } = new URL(target);
  // A private scheme has no origin, and the policy has no word for an IPv6 address: browsers ignore `http://[::1]:50000`. It takes
  // the scheme itself.
  return origin === 'null' || hostname.startsWith('[') ? protocol : origin;
}
