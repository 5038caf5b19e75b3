// How much an authorization request may hold, and how many of them one network may leave unfinished: each is kept for an hour.
import type { Next } from 'koa';
import { errors, type Client as ProviderClient, type KoaContextWithOIDC } from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import { networkOf } from '../../http/network.ts';
import { PageError } from '../../http/page-error.ts';
import { createRateLimit, type RateLimit } from '../../authentication/limits/rate-limit.ts';

/** Of what is kept of a request; a hand-over beside it has a bound of its own, see legacy-hand-over.ts. */
const MAX_REQUEST_BYTES = 4096;
const MAX_STATE_BYTES = 2048;

/** Of a network; docs/limits.md derives the figures of both limits. */
const UNFINISHED = { points: 30_000, windowSeconds: 900 };
/** Where oidc-provider sends a browser whose request needs a page. */
const PAGE_OF_OURS = /^(?:https?:\/\/[^/]+)?\/interaction\//;
/** Anybody can push a request for a public client, which does not authenticate. */
const PUSHED = { points: 30_000, windowSeconds: 900 };

/**
 * Makes the check of every authorization request, before anything of it is stored.
 * The check throws `invalid_request` for one that is too large (RFC 6749 section 4.1.2.1), and 429 `temporarily_unavailable` with
 * Retry-After for pushed requests of a public client beyond the limit of their network.
 */
export function createRequestBounds({ storage, clock }: Pick<Deps, 'storage' | 'clock'>) {
  const pushed = createRateLimit('pushed-request', PUSHED, storage.counters, clock);
  return async function boundRequest(ctx: KoaContextWithOIDC, client: ProviderClient): Promise<void> {
    const { client_assertion: _assertion, legacy_profile: _handOver, ...kept } = ctx.oidc.params ?? {};
    for (const name of ['state', 'nonce']) {
      if (bytesOf(kept[name]) <= MAX_STATE_BYTES) continue;
      // A value that is too long to store is not sent back either.
      ctx.oidc.params![name] = undefined;
      throw new errors.InvalidRequest(`${name}: at most ${MAX_STATE_BYTES} bytes`);
    }
    const bytes = Object.values(kept).reduce((sum: number, value) => sum + bytesOf(value), 0);
    if (bytes > MAX_REQUEST_BYTES) throw new errors.InvalidRequest(`the request: at most ${MAX_REQUEST_BYTES} bytes`);
    if (ctx.oidc.route === 'pushed_authorization_request' && client.clientAuthMethod === 'none') await countPushed(ctx, pushed);
  };
}

async function countPushed(ctx: KoaContextWithOIDC, limit: RateLimit): Promise<void> {
  await limit.count(networkOf(ctx.ip)).catch((error: unknown) => {
    if (!(error instanceof PageError)) throw error;
    ctx.set('Retry-After', String(Math.ceil(error.retryAfterSeconds ?? PUSHED.windowSeconds)));
    throw Object.assign(new errors.OIDCProviderError(429, 'temporarily_unavailable'), {
      error_description: 'too many pushed requests from this network',
    });
  });
}

const bytesOf = (value: unknown): number => (value === undefined ? 0 : Buffer.byteLength(String(value)));

/**
 * Counts the authorization requests of a network that stop at a page of ours, until they are finished. Goes in front of oidc-provider.
 * @throws {PageError} `too_many_requests`, 429
 */
export function createUnfinishedLimit({ storage, clock }: Pick<Deps, 'storage' | 'clock'>) {
  const limit = createRateLimit('unfinished-request', UNFINISHED, storage.counters, clock);
  return async function countUnfinished(ctx: KoaContextWithOIDC, next: Next): Promise<void> {
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
      // One that begins and does not stop is over at once; one that goes on and does not stop again is answered to the client.
      if (!stops() && (begins || answered)) await limit.takeBack(network);
    }
  };
}
