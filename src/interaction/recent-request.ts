// Remembers the current authorization request in a cookie, so that the back button leads to the current page, an expired page starts
// the same request again, and an error page links to the service.
import type { ParameterizedContext } from 'koa';

export type RecentRequest = {
  clientId: string;
  /** The id that all interactions of a request share. */
  cid: string;
  /** The request's interactions in this browser, the newest last. */
  uids: string[];
  /** The query that starts the same request again. Absent after the request's end, and if the query is long. */
  query?: string;
};

type CookieContext = Pick<ParameterizedContext, 'cookies'>;

/** A character that does not occur in oidc-provider's ids. */
const SEPARATOR = '~';
/** Begins the query among the interactions. It does not occur in their ids either. */
const QUERY = '.';
/** A request has eight prompts, and some come up twice. */
const MOST_UIDS = 12;
/** Browsers keep cookies of up to 4 KB, and send them with every request. */
const LONGEST_QUERY = 1200;
const REQUEST_URI = 'urn:ietf:params:oauth:request_uri:';

const nameOf = (secure: boolean): string => `${secure ? '__Host-' : ''}common-id.request`;

/** Encodes a client id. `encodeURIComponent` leaves the separator as it is. */
const encoded = (clientId: string): string => encodeURIComponent(clientId).replaceAll(SEPARATOR, '%7E');

/** Reads the cookie. */
export function readRecentRequest(ctx: CookieContext, secure: boolean): RecentRequest | undefined {
  const parts = ctx.cookies.get(nameOf(secure), { signed: true })?.split(SEPARATOR) ?? [];
  const [clientId, cid, ...rest] = parts;
  if (!clientId || !cid) return undefined;
  const query = rest.find((part) => part.startsWith(QUERY));
  return {
    clientId: decodeURIComponent(clientId),
    cid,
    uids: rest.filter((part) => part !== query),
    ...(query !== undefined && { query: Buffer.from(query.slice(QUERY.length), 'base64url').toString() }),
  };
}

/**
 * Returns the query of an authorization request that starts an interaction's request again.
 * @returns `undefined` if it is long, names a person by a token, or came from a device
 */
export function queryOf({
  params,
  parJti,
  deviceCode,
}: {
  params: Record<string, unknown>;
  parJti?: string | undefined;
  deviceCode?: string | undefined;
}): string | undefined {
  if (deviceCode !== undefined) return undefined;
  const { client_id: clientId, id_token_hint: hint } = params;
  if (parJti !== undefined)
    return new URLSearchParams({ client_id: String(clientId), request_uri: REQUEST_URI + parJti }).toString();
  const given = Object.entries(params).flatMap(([name, value]) =>
    [value].flat().flatMap((each) => (each === undefined ? [] : [[name, String(each)] as [string, string]])),
  );
  const query = new URLSearchParams(given).toString();
  return hint === undefined && query.length <= LONGEST_QUERY ? query : undefined;
}

/** Adds an interaction to the cookie. A new request replaces the earlier one, unless it is the same request, started again. */
export function rememberRequest(
  ctx: CookieContext,
  secure: boolean,
  request: { clientId: string; cid: string; uid: string; query?: string | undefined },
): void {
  const recent = readRecentRequest(ctx, secure);
  const { clientId, cid, uid, query } = request;
  const isSame = recent?.cid === cid || (query !== undefined && recent?.query === query);
  const before = isSame && recent ? recent.uids : [];
  if (before.at(-1) === uid) return;
  const uids = [...before.filter((earlier) => earlier !== uid), uid].slice(-MOST_UIDS);
  write(ctx, secure, { clientId, cid, uids, ...(query !== undefined && { query }) });
}

/** Notes that the request is over: its pages lead to the service from now on, and never start it again. */
export function requestIsOver(ctx: CookieContext, secure: boolean): void {
  const recent = readRecentRequest(ctx, secure);
  if (recent?.query === undefined) return;
  const { query: _query, ...over } = recent;
  write(ctx, secure, over);
}

function write(ctx: CookieContext, secure: boolean, { clientId, cid, uids, query }: RecentRequest): void {
  const again = query === undefined ? [] : [QUERY + Buffer.from(query).toString('base64url')];
  const value = [encoded(clientId), cid, ...uids, ...again].join(SEPARATOR);
  ctx.cookies.set(nameOf(secure), value, { signed: true, httpOnly: true, sameSite: 'lax', secure, path: '/' });
}
