// Which URLs of our own apps and of client apps may be used: https, or plain http to this machine in development.

export type Mode = 'development' | 'production';

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether a URL stays on this machine. */
export function isLoopback(url: URL): boolean {
  return LOOPBACK_NAMES.has(url.hostname);
}

/** What `isWebUrl` accepts, for a sentence. */
export function expectedWebUrl(mode: Mode): string {
  return mode === 'production' ? 'an https URL' : 'an https URL (or http on localhost in development)';
}

/** Whether a text is a URL that a server may be reached under. No user name, no password, no fragment. */
export function isWebUrl(text: string, mode: Mode): boolean {
  const url = URL.parse(text);
  if (!url || url.username !== '' || url.password !== '' || text.includes('#')) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && mode === 'development' && isLoopback(url));
}

/** Whether a text is such a URL and nothing but scheme, host and port: `https://id.example.jp`, no slash at the end. */
export function isWebOrigin(text: string, mode: Mode): boolean {
  return isWebUrl(text, mode) && URL.parse(text)?.origin === text;
}
