// Remembers, in the browser, which authorization request it is in: so that the back button finds the page that is on, and an error
// page knows the way back to the service.
import type { ParameterizedContext } from 'koa';

export type RecentRequest = {
  clientId: string;
  /** The same for all interactions of a request. */
  cid: string;
  /** The request's interactions in this browser, the newest last. */
  uids: string[];
};

type CookieContext = Pick<ParameterizedContext, 'cookies'>;

/** No character of an id of oidc-provider's. */
const SEPARATOR = '~';
/** A request has seven prompts; some are asked twice. */
const MOST_UIDS = 12;

const nameOf = (secure: boolean): string => `${secure ? '__Host-' : ''}common-id.request`;

export function readRecentRequest(ctx: CookieContext, secure: boolean): RecentRequest | undefined {
  const [clientId, cid, ...uids] = ctx.cookies.get(nameOf(secure), { signed: true })?.split(SEPARATOR) ?? [];
  return clientId && cid ? { clientId: decodeURIComponent(clientId), cid, uids } : undefined;
}

/** Adds an interaction to what the browser remembers; another request takes the place of the one before. */
export function rememberRequest(
  ctx: CookieContext,
  secure: boolean,
  request: { clientId: string; cid: string; uid: string },
): void {
  const recent = readRecentRequest(ctx, secure);
  const before = recent?.cid === request.cid ? recent.uids : [];
  if (before.at(-1) === request.uid) return;
  const uids = [...before.filter((uid) => uid !== request.uid), request.uid].slice(-MOST_UIDS);
  const value = [encodeURIComponent(request.clientId), request.cid, ...uids].join(SEPARATOR);
  ctx.cookies.set(nameOf(secure), value, { signed: true, httpOnly: true, sameSite: 'lax', secure, path: '/' });
}
