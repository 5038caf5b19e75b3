// Checks the redirect URIs of a client (RFC 9700, section 4.1; RFC 8252, sections 7 and 8).
import { isLoopback, isWebUrl } from '../problems/web-url.ts';
import type { Mode } from '../problems/web-url.ts';

export type RedirectProblem = { expected: string; hint?: string };

/**
 * Returns the problem of a redirect URI; `undefined` if there is none.
 * @param carriesCode whether customers come back there with a code, and not after a logout
 */
export function checkRedirectUri(
  uri: string,
  applicationType: 'web' | 'native',
  mode: Mode,
  carriesCode = true,
): RedirectProblem | undefined {
  if (uri.includes('*')) {
    return { expected: 'a URL without a wildcard', hint: 'list each URL: URLs are compared exactly' };
  }
  const url = URL.parse(uri);
  const expected = expectedKinds(applicationType, mode);
  if (!url) return { expected };
  if (uri.includes('#')) return { expected: 'a URL without a fragment', hint: `use ${uri.slice(0, uri.indexOf('#'))}` };
  if (url.username !== '' || url.password !== '') return { expected: 'a URL without a user name or password' };
  const hint = applicationType === 'native' ? checkNative(url, uri, carriesCode) : checkWeb(url, uri, mode);
  return hint === undefined ? undefined : { expected, hint };
}

function expectedKinds(applicationType: 'web' | 'native', mode: Mode): string {
  if (applicationType === 'native') {
    return 'an https URL, http on loopback, or a private scheme that is a domain name backwards';
  }
  const http =
    mode === 'production' ? 'http on loopback for a native client' : 'http on loopback in development or for a native client';
  return `an https URL (or ${http})`;
}

/** How to correct the URI; `undefined` if nothing is wrong. */
function checkWeb(url: URL, uri: string, mode: Mode): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'private schemes are for "application_type": "native"';
  if (isLoopback(url)) {
    return mode === 'production' ? 'use the URL that customers reach: a web client does not run on their machines' : undefined;
  }
  return isWebUrl(uri, mode) ? undefined : `use ${withHttps(uri)}`;
}

/** How to correct the URI; `undefined` if nothing is wrong. */
function checkNative(url: URL, uri: string, carriesCode: boolean): string | undefined {
  if (url.protocol === 'http:') {
    // RFC 8252, section 8.3: `localhost` may resolve to another interface than the loopback one, and a code must not get there.
    if (url.hostname === 'localhost' && carriesCode) return `use ${uri.replace('localhost', '127.0.0.1')}`;
    return isLoopback(url) ? undefined : `use ${withHttps(uri)}`;
  }
  if (url.protocol === 'https:') return isLoopback(url) ? `use ${uri.replace(/^https:/i, 'http:')}` : undefined;
  // RFC 8252, section 7.1: any app can claim a scheme without a domain name.
  return url.protocol.includes('.') ? undefined : 'use a scheme such as jp.example.app:/callback';
}

function withHttps(uri: string): string {
  return uri.replace(/^http:/i, 'https:');
}
