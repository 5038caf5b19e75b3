// Checks the host name of a request in development, where no certificate protects it. Otherwise a website opened on this machine could point
// its own name to this machine (DNS rebinding) and read the codes in the mailbox or the dealer's customers.
import type { IncomingMessage } from 'node:http';

/**
 * Whether a request names the app's own host, or this machine by a name that does not depend on DNS. The port is ignored, because
 * browsers take it from the URL.
 * @param origin the app's origin
 */
export function asksForOwnHost({ headers, url = '' }: IncomingMessage, origin: string): boolean {
  const own = new URL(origin).hostname;
  const isOwn = (name: string | undefined): boolean => name !== undefined && (name === own || THIS_MACHINE.test(name));
  // The request target may be a whole URL, which then overrides the header (RFC 9112, section 3.2.2).
  return isOwn(hostnameOf(headers.host ?? '')) && (url.startsWith('/') || url === '*' || isOwn(URL.parse(url)?.hostname));
}

const THIS_MACHINE = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

function hostnameOf(header: string): string | undefined {
  // Only a host and a port.
  return /^[^\s/?#@\\]+$/.test(header) ? URL.parse(`http://${header}`)?.hostname : undefined;
}
