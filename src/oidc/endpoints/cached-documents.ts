// Lets clients and proxies cache the published keys and the discovery document.
import { createHash } from 'node:crypto';
import type { Middleware } from 'koa';
import type { PageState } from '../../http/page-context.ts';

/**
 * How long the keys may be cached. `keys rotate` publishes a new key a day before it signs, so no cache is without a key that signs. A key that
 * was stolen and retired disappears as fast.
 */
export const KEYS_CACHED_SECONDS = 60;
export const DISCOVERY_CACHED_SECONDS = 60 * 60;

/** Makes the middleware that adds Cache-Control and ETag, and answers 304 to a request that names the current ETag (RFC 9110 13.1.2). */
export function createCachedDocuments(maxAgeSeconds: number): Middleware<PageState> {
  return async function cacheDocument(ctx, next) {
    await next();
    if (ctx.status !== 200 || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return;
    const text = typeof ctx.body === 'string' ? ctx.body : JSON.stringify(ctx.body);
    ctx.set('Cache-Control', `public, max-age=${maxAgeSeconds}`);
    ctx.set('ETag', `"${createHash('sha256').update(text).digest('base64url')}"`);
    if (ctx.fresh) ctx.status = 304;
  };
}
