// Limits the size of authorization requests and the number of unfinished ones from a network, because each is stored for an hour or longer.
import type { Middleware } from 'koa';
import { errors, type Client as ProviderClient, type KoaContextWithOIDC } from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import { networkOf } from '../../http/network.ts';
import type { PageState } from '../../http/page-context.ts';
import { countRequest } from '../count-request.ts';
import { createRateLimit } from '../../authentication/limits/rate-limit.ts';

/** The limit for the stored parameters of a request. A hand-over has its own limit, see legacy-hand-over.ts. */
export const MAX_REQUEST_BYTES = 4096;
/** The limit for `state` and for `nonce`. */
export const MAX_STATE_BYTES = 2048;

/** Per network. docs/limits.md derives the figures of both limits. */
export const UNFINISHED = { points: 30_000, windowSeconds: 900 };
/** The redirect of oidc-provider if the request needs one of our pages. */
const PAGE_OF_OURS = /^(?:https?:\/\/[^/]+)?\/interaction\//;
/** Per network, for public clients: they do not authenticate, so anybody can push a request in their name, or begin a device flow. */
export const PUSHED = { points: 30_000, windowSeconds: 900 };
/** Endpoints that store a request before a person sees it. */
const STORED_AT_ONCE = ['pushed_authorization_request', 'device_authorization'];

/**
 * Makes the check of an authorization request, which runs before the request is stored.
 * The check throws `invalid_request` if the request is too large (RFC 6749 section 4.1.2.1). It throws 429
 * `temporarily_unavailable` and sets Retry-After if a network has pushed too many requests of public clients.
 */
export function createRequestBounds({ storage, clock, emit }: Pick<Deps, 'storage' | 'clock' | 'emit'>) {
  const pushed = createRateLimit('pushed-request', PUSHED, storage.counters, clock);
  return async function boundRequest(ctx: KoaContextWithOIDC, client: ProviderClient): Promise<void> {
    const { client_assertion: _assertion, legacy_profile: _handOver, ...kept } = ctx.oidc.params ?? {};
    for (const name of ['state', 'nonce']) {
      if (bytesOf(kept[name]) <= MAX_STATE_BYTES) continue;
      // Do not return a value that is too long to store.
      ctx.oidc.params![name] = undefined;
      throw new errors.InvalidRequest(`${name}: at most ${MAX_STATE_BYTES} bytes`);
    }
    const bytes = Object.values(kept).reduce((sum: number, value) => sum + bytesOf(value), 0);
    if (bytes > MAX_REQUEST_BYTES) throw new errors.InvalidRequest(`the request: at most ${MAX_REQUEST_BYTES} bytes`);
    if (STORED_AT_ONCE.includes(ctx.oidc.route) && client.clientAuthMethod === 'none')
      await countRequest(ctx, emit, pushed, networkOf(ctx.ip), 'too many requests from this network');
  };
}

const bytesOf = (value: unknown): number => (value === undefined ? 0 : Buffer.byteLength(String(value)));

/**
 * Makes the middleware that counts a network's unfinished authorization requests: those that stopped at one of our pages. It goes
 * in front of oidc-provider, and throws `too_many_requests`, 429, above the limit.
 */
export function createUnfinishedLimit({ storage, clock }: Pick<Deps, 'storage' | 'clock'>): Middleware<PageState> {
  const limit = createRateLimit('unfinished-request', UNFINISHED, storage.counters, clock);
  return async function countUnfinished(ctx, next) {
    const begins = ctx.path === '/auth' && ctx.method === 'GET';
    const resumes = ctx.path.startsWith('/auth/') && ctx.method === 'GET';
    if (!begins && !resumes) return next();
    const network = networkOf(ctx.ip);
    if (begins) await limit.count(network);
    const stops = (): boolean => ctx.status === 303 && PAGE_OF_OURS.test(ctx.response.get('Location'));
    let answered = false;
    try {
      await next();
      answered = ctx.status < 400;
    } finally {
      // A new request that does not stop is finished at once. A resumed request that does not stop again returns to the client.
      if (!stops() && (begins || answered)) await limit.takeBack(network);
    }
  };
}
