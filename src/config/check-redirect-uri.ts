// Which redirect URIs a client app may have (RFC 9700, section 4.1.3; RFC 8252, sections 7 and 8).
import { isLoopback, isWebUrl } from './web-url.ts';
import type { Mode } from './web-url.ts';

export type RedirectProblem = { expected: string; mend?: string };

/** What is wrong with a redirect URI; `undefined` where nothing is. */
export function checkRedirectUri(uri: string, applicationType: 'web' | 'native', mode: Mode): RedirectProblem | undefined {
  const kinds = expectedKinds(applicationType, mode);
  if (uri.includes('*'))
    return {
      expected: 'a URL without a wildcard',
      mend: 'list every redirect URL by itself: they are compared letter by letter',
    };
  const url = URL.parse(uri);
  if (!url) return { expected: kinds };
  if (uri.includes('#')) return { expected: 'a URL without a fragment', mend: `use ${uri.slice(0, uri.indexOf('#'))}` };
  if (url.username !== '' || url.password !== '') return { expected: 'a URL without a user name' };
  return applicationType === 'native' ? checkNative(url, uri, kinds) : checkWeb(url, uri, mode, kinds);
}

function expectedKinds(applicationType: 'web' | 'native', mode: Mode): string {
  if (applicationType === 'native')
    return 'an https URL, http on loopback (http://127.0.0.1/…), or a private scheme such as jp.example.app:/callback';
  return mode === 'production'
    ? 'an https URL (or http on loopback for a native client)'
    : 'an https URL (or http on localhost in development, or http on loopback for a native client)';
}

function checkWeb(url: URL, uri: string, mode: Mode, expected: string): RedirectProblem | undefined {
  if (isWebUrl(uri, mode)) return undefined;
  if (url.protocol === 'http:' && !isLoopback(url)) return { expected, mend: `use ${uri.replace(/^http:/i, 'https:')}` };
  if (url.protocol === 'http:' || url.protocol === 'https:')
    return { expected, mend: 'a web client is not on the customer’s machine: use its public URL' };
  return { expected, mend: 'private schemes are for "application_type": "native"' };
}

function checkNative(url: URL, uri: string, expected: string): RedirectProblem | undefined {
  if (url.protocol === 'https:')
    return isLoopback(url) ? { expected, mend: 'no certificate is valid there: use http' } : undefined;
  if (url.protocol === 'http:') {
    // RFC 8252, section 8.3: what `localhost` means is up to the machine's name service.
    if (url.hostname === 'localhost') return { expected, mend: 'use 127.0.0.1 instead of localhost' };
    return isLoopback(url) ? undefined : { expected, mend: `use ${uri.replace(/^http:/i, 'https:')}` };
  }
  // RFC 8252, section 7.1: a scheme without a dot is anybody's.
  if (url.protocol.includes('.')) return undefined;
  return { expected: 'a private scheme that is a domain name backwards, such as jp.example.app:/callback' };
}
