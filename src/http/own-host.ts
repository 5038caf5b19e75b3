// Under which names an app answers in development. There is no certificate then: a page of anybody, opened in a browser of this machine, can let
// its own name point to this machine and read what it likes (DNS rebinding) – codes in the mailbox, customers at the dealer.
import type { IncomingMessage } from 'node:http';

/**
 * Whether a request asks for the app's own name, or for this machine by one of the names that no name server decides. The port does not count: a
 * browser has it from the address that it opened.
 * @param origin of the app
 */
export function asksForOwnHost({ headers, url = '' }: IncomingMessage, origin: string): boolean {
  const own = new URL(origin).hostname;
  const isOwn = (name: string | undefined): boolean => name !== undefined && (name === own || THIS_MACHINE.test(name));
  // The target of a request may be a whole URL, which then counts before the header (RFC 9112, section 3.2.2).
  return isOwn(hostnameOf(headers.host ?? '')) && (url.startsWith('/') || url === '*' || isOwn(URL.parse(url)?.hostname));
}

const THIS_MACHINE = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

function hostnameOf(header: string): string | undefined {
  // Nothing but a host and a port.
  return /^[^\s/?#@\\]+$/.test(header) ? URL.parse(`http://${header}`)?.hostname : undefined;
}
