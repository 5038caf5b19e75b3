// Remembers the current authorization request in a cookie, so that the back button leads to the current page and an error page
// links to the service.
import type { ParameterizedContext } from 'koa';

export type RecentRequest = {
  clientId: string;
  /** The id that all interactions of a request share. */
  cid: string;
  /** The request's interactions in this browser, the newest last. */
  uids: string[];
};

type CookieContext = Pick<ParameterizedContext, 'cookies'>;

/** A character that does not occur in oidc-provider's ids. */
const SEPARATOR = '~';
/** A request has eight prompts, and some come up twice. */
const MOST_UIDS = 12;

const nameOf = (secure: boolean): string => `${secure ? '__Host-' : ''}common-id.request`;

/** Encodes a client id. `encodeURIComponent` leaves the separator as it is. */
const encoded = (clientId: string): string => encodeURIComponent(clientId).replaceAll(SEPARATOR, '%7E');

/** Reads the cookie. */
export function readRecentRequest(ctx: CookieContext, secure: boolean): RecentRequest | undefined {
  const [clientId, cid, ...uids] = ctx.cookies.get(nameOf(secure), { signed: true })?.split(SEPARATOR) ?? [];
  return clientId && cid ? { clientId: decodeURIComponent(clientId), cid, uids } : undefined;
}

/** Adds an interaction to the cookie. A new request replaces the earlier one. */
export function rememberRequest(
  ctx: CookieContext,
  secure: boolean,
  request: { clientId: string; cid: string; uid: string },
): void {
  const recent = readRecentRequest(ctx, secure);
  const before = recent?.cid === request.cid ? recent.uids : [];
  if (before.at(-1) === request.uid) return;
  const uids = [...before.filter((uid) => uid !== request.uid), request.uid].slice(-MOST_UIDS);
  const value = [encoded(request.clientId), request.cid, ...uids].join(SEPARATOR);
  ctx.cookies.set(nameOf(secure), value, { signed: true, httpOnly: true, sameSite: 'lax', secure, path: '/' });
}
