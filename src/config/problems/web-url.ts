// Checks the URLs of our apps and of clients: https, or http to this machine in development.

export type Mode = 'development' | 'production';

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether a URL leads to this machine. */
export function isLoopback(url: URL): boolean {
  return LOOPBACK_NAMES.has(url.hostname);
}

/** Describes the URLs that `isWebUrl` accepts, for a message. */
export function expectedWebUrl(mode: Mode): string {
  return mode === 'production' ? 'an https URL' : 'an https URL (or http on localhost in development)';
}

/** Whether a text is an acceptable URL of a server, without user name, password and fragment. */
export function isWebUrl(text: string, mode: Mode): boolean {
  const url = URL.parse(text);
  if (!url || url.username !== '' || url.password !== '' || text.includes('#')) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && mode === 'development' && isLoopback(url));
}

/** Whether a text is such a URL with only scheme, host and port: `https://id.example.jp`, without a slash at the end. */
export function isWebOrigin(text: string, mode: Mode): boolean {
  return isWebUrl(text, mode) && URL.parse(text)?.origin === text;
}
