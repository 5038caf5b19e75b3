// Remembers the latest authorization requests of a browser in cookies, so that the back button leads to the current page, an expired page
// starts the same request again, and an error page links to the service. A person may have several requests open, each in a tab.
import type { ParameterizedContext } from 'koa';

export type RecentRequest = {
  clientId: string;
  /** The id that all interactions of a request share. */
  cid: string;
  /** The request's interactions in this browser, the newest last. */
  uids: string[];
  /** The query that starts the same request again. Absent after the request's end, and if the query is long. */
  query?: string;
  /** The answer that ended the request has reached this browser. */
  isOver?: true;
};

type CookieContext = Pick<ParameterizedContext, 'cookies'>;

/** A character that does not occur in oidc-provider's ids. */
const SEPARATOR = '~';
/** Begins the query among the interactions, and stands alone if the request is over. It does not occur in their ids either. */
const QUERY = '.';
/** A request has eight prompts, and some come up twice. */
const MOST_UIDS = 12;
/** Browsers keep cookies of up to 4 KB, and send them with every request. */
const LONGEST_QUERY = 1200;
/** The prefix of the reference to a pushed request (RFC 9126); its id follows. */
export const REQUEST_URI = 'urn:ietf:params:oauth:request_uri:';

/** Stands between two earlier requests. It does not occur in a request either. */
const REQUESTS = '!';
/** The length of the earlier requests together. Proxies refuse cookies of more than 8 KB in all. */
const LONGEST_EARLIER = 2500;

const nameOf = (secure: boolean): string => `${secure ? '__Host-' : ''}common-id.request`;
const nameOfEarlier = (secure: boolean): string => `${secure ? '__Host-' : ''}common-id.earlier`;

/** Encodes a client id. `encodeURIComponent` leaves the separators as they are. */
const encoded = (clientId: string): string =>
  encodeURIComponent(clientId).replaceAll(SEPARATOR, '%7E').replaceAll(REQUESTS, '%21');

/** Reads the newest request. */
export function readRecentRequest(ctx: CookieContext, secure: boolean): RecentRequest | undefined {
  return parse(ctx.cookies.get(nameOf(secure), { signed: true }));
}

/** Reads the request of an interaction, whichever tab it is in; the newest one if no request has it. */
export function readRequestOf(ctx: CookieContext, secure: boolean, uid: string): RecentRequest | undefined {
  return readAll(ctx, secure).find(({ uids }) => uids.includes(uid)) ?? readRecentRequest(ctx, secure);
}

/** Reads all requests, the newest first. */
function readAll(ctx: CookieContext, secure: boolean): RecentRequest[] {
  const earlier = ctx.cookies.get(nameOfEarlier(secure), { signed: true })?.split(REQUESTS) ?? [];
  const newest = readRecentRequest(ctx, secure);
  return [newest, ...earlier.map(parse)].filter((request) => request !== undefined);
}

function parse(text: string | undefined): RecentRequest | undefined {
  const [clientId, cid, ...rest] = text?.split(SEPARATOR) ?? [];
  if (!clientId || !cid) return undefined;
  const query = rest.find((part) => part.startsWith(QUERY));
  return {
    clientId: decodeURIComponent(clientId),
    cid,
    uids: rest.filter((part) => part !== query),
    ...(query === QUERY && { isOver: true }),
    ...(query !== undefined && query !== QUERY && { query: Buffer.from(query.slice(QUERY.length), 'base64url').toString() }),
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

/** Adds an interaction to its request, which becomes the newest one. A request that starts again is the same one. */
export function rememberRequest(
  ctx: CookieContext,
  secure: boolean,
  request: { clientId: string; cid: string; uid: string; query?: string | undefined },
): void {
  const { clientId, cid, uid, query } = request;
  const all = readAll(ctx, secure);
  const same = all.find((each) => each.cid === cid || (query !== undefined && each.query === query));
  const before = same?.uids ?? [];
  if (same !== undefined && same === all[0] && before.at(-1) === uid) return;
  const uids = [...before.filter((known) => known !== uid), uid].slice(-MOST_UIDS);
  if (same === undefined || same !== all[0])
    writeEarlier(
      ctx,
      secure,
      all.filter((each) => each !== same),
    );
  write(ctx, secure, { clientId, cid, uids, ...(query !== undefined && { query }) });
}

/**
 * Notes that an interaction's request is over: its pages lead to the service from now on, and never start it again. The request is the
 * newest one, because the page that was pressed made it so.
 */
export function requestIsOver(ctx: CookieContext, secure: boolean, uid: string): void {
  const recent = readRecentRequest(ctx, secure);
  if (!recent?.uids.includes(uid)) return;
  const { query: _query, ...over } = recent;
  write(ctx, secure, { ...over, isOver: true });
}

function write(ctx: CookieContext, secure: boolean, request: RecentRequest): void {
  ctx.cookies.set(nameOf(secure), format(request), { signed: true, httpOnly: true, sameSite: 'lax', secure, path: '/' });
}

/** Keeps the newest of them, as many as there is room for. */
function writeEarlier(ctx: CookieContext, secure: boolean, requests: RecentRequest[]): void {
  let value = '';
  for (const request of requests) {
    const longer = [...(value === '' ? [] : [value]), format(request)].join(REQUESTS);
    if (longer.length > LONGEST_EARLIER) break;
    value = longer;
  }
  if (value === '') return;
  ctx.cookies.set(nameOfEarlier(secure), value, { signed: true, httpOnly: true, sameSite: 'lax', secure, path: '/' });
}

function format({ clientId, cid, uids, query, isOver }: RecentRequest): string {
  const again = isOver ? [QUERY] : query === undefined ? [] : [QUERY + Buffer.from(query).toString('base64url')];
  return [encoded(clientId), cid, ...uids, ...again].join(SEPARATOR);
}
