// Where a login leads that another site has started (OpenID Connect Core 1.0, section 4).

/**
 * Returns the path and query of one of our own URLs; `undefined` for any other, because the login must lead nowhere else.
 * @param target the parameter `target_link_uri`, unchecked
 */
export function pathOfOurs(target: unknown, origin: string): string | undefined {
  const url = typeof target === 'string' ? URL.parse(target) : null;
  // `//host` at the start of a path would be another site.
  return url?.origin === origin && !url.pathname.startsWith('//') ? `${url.pathname}${url.search}` : undefined;
}
