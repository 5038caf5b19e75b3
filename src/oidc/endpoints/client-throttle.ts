// Limits failed client authentications.
import type { Middleware } from 'koa';
import type { Deps } from '../../deps.ts';
import { propertyOf } from '../../property-of.ts';
import type { PageState } from '../../http/page-context.ts';
import { askAgainLater } from '../../http/error-page.ts';
import { PageError } from '../../http/page-error.ts';
import { sourceOf } from '../../http/network.ts';
import { createRateLimit } from '../../authentication/limits/rate-limit.ts';

/** The limit for one client id from one address. */
export const FAILED_AUTHENTICATIONS = { points: 20, windowSeconds: 60 };

/**
 * Makes the middleware that counts failed client authentications and responds with 429 and Retry-After above the limit. It goes
 * in front of oidc-provider. A correct secret always passes, so that nobody in the client's network can lock it out. That is
 * safe: secrets have at least 32 characters and cannot be guessed, and the limit only reduces noise.
 */
export function createClientThrottle({ storage, clock, emit }: Pick<Deps, 'storage' | 'clock' | 'emit'>): Middleware<PageState> {
  const limit = createRateLimit('client-authentication', FAILED_AUTHENTICATIONS, storage.counters, clock);
  return async function throttleClientAuthentication(ctx, next) {
    const clientId = ctx.method === 'POST' ? claimedClient(ctx.get('Authorization')) : undefined;
    // Only secrets can be guessed. A client that signs an assertion has none.
    if (clientId === undefined) return next();
    await next();
    if (ctx.status !== 401 || propertyOf(ctx.body, 'error') !== 'invalid_client') return undefined;
    try {
      await limit.count(`${clientId}:${sourceOf(ctx.ip)}`);
    } catch (over) {
      if (!(over instanceof PageError)) throw over;
      emit('limit.reached', { limit: 'client-authentication' });
      ctx.status = over.status;
      askAgainLater(ctx, over);
      ctx.set('Cache-Control', 'no-store');
      ctx.body = {
        error: 'temporarily_unavailable',
        error_description: 'client authentication failed too often; try again later',
      };
    }
    return undefined;
  };
}

/** Reads the client id from HTTP Basic (RFC 6749 2.3.1), without decoding it further. */
function claimedClient(authorization: string): string | undefined {
  const credentials = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(authorization)?.[1];
  return credentials && Buffer.from(credentials, 'base64').toString().split(':')[0]?.slice(0, 100);
}
