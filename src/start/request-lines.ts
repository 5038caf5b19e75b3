// The lines of the queue in front of the application. A flood in one line leaves the others their turns.
import type { IncomingMessage } from 'node:http';
import type { RequestLine } from '../telemetry/events.ts';

/** A load balancer must not take a busy process for a dead one. Style sheets and scripts belong to pages that were answered. */
const AT_ONCE = ['/health/', '/assets/'];

/** By path. Everything else is a page of somebody who has begun. */
const LINES: Record<string, RequestLine> = {
  '/auth': 'beginning',
  '/request': 'beginning',
  '/device/auth': 'beginning',
  // The end of each login.
  '/token': 'token',
  '/token/introspection': 'program',
  '/token/revocation': 'program',
  '/me': 'program',
  '/jwks': 'program',
  '/.well-known/openid-configuration': 'program',
  '/.well-known/oauth-authorization-server': 'program',
};

/** Returns the line of a request; `undefined` if it does not wait. */
export function lineOfRequest({ url = '/' }: Pick<IncomingMessage, 'url'>): RequestLine | undefined {
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  if (AT_ONCE.some((start) => path.startsWith(start))) return undefined;
  return Object.hasOwn(LINES, path) ? LINES[path] : 'page';
}
