// Slows down guessing of a client's secret.
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Next } from 'koa';
import type { Deps } from '../../deps.ts';
import { PageError } from '../../http/page-error.ts';
import { sourceOf } from '../../http/network.ts';
import { createRateLimit } from '../../authentication/limits/rate-limit.ts';

/** Failures of one client id from one address. */
const FAILURES = { points: 20, windowSeconds: 60 };

/**
 * Counts failed client authentications, and answers 429 with Retry-After where there were too many. A right secret passes all the same, so
 * that nobody in the client's own network can keep it out by failing in its name. Secrets have at least 32 characters: no number of tries
 * finds one, and the limit only keeps the noise down. Goes in front of oidc-provider.
 */
export function createClientThrottle({ storage, clock }: Pick<Deps, 'storage' | 'clock'>) {
  const limit = createRateLimit('client-authentication', FAILURES, storage.counters, clock);
  return async function throttleClientAuthentication(ctx: KoaContextWithOIDC, next: Next): Promise<void> {
    const clientId = ctx.method === 'POST' ? claimedClient(ctx.get('Authorization')) : undefined;
    // Only secrets can be guessed; a client that authenticates by a signature has none.
    if (clientId === undefined) return next();
    await next();
    const { error } = (ctx.body ?? {}) as { error?: unknown };
    if (ctx.status !== 401 || error !== 'invalid_client') return undefined;
    try {
      await limit.count(`${clientId}:${sourceOf(ctx.ip)}`);
    } catch (over) {
      if (!(over instanceof PageError)) throw over;
      ctx.status = over.status;
      ctx.set('Retry-After', String(Math.ceil(over.retryAfterSeconds ?? FAILURES.windowSeconds)));
      ctx.set('Cache-Control', 'no-store');
      ctx.body = {
        error: 'temporarily_unavailable',
        error_description: 'client authentication failed too often; try again later',
      };
    }
    return undefined;
  };
}

/** The client id of HTTP Basic (RFC 6749 2.3.1), as it was sent. */
function claimedClient(authorization: string): string | undefined {
  const credentials = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(authorization)?.[1];
  return credentials && Buffer.from(credentials, 'base64').toString().split(':')[0]?.slice(0, 100);
}
