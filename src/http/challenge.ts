// The challenge of an endpoint that takes access tokens.

/** Returns the header WWW-Authenticate (RFC 6750, section 3; RFC 9449, section 7.1). Quotes in values become single ones. */
export function challenge(parameters: Record<string, string>, scheme = 'Bearer'): Record<string, string> {
  const list = Object.entries(parameters).map(([name, value]) => `${name}="${value.replaceAll(/["\\]/g, "'")}"`);
  return { 'WWW-Authenticate': `${scheme} ${list.join(', ')}` };
}
