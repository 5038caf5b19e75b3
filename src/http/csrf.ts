// Cross-site request forgery: every post carries a token that only a page of ours, in this browser, could know.
import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Middleware, ParameterizedContext } from 'koa';
import type { PageState } from './page-context.ts';
import { PageError } from './page-error.ts';

/** The name of the hidden field. */
const CSRF_FIELD = 'csrf_token';

/**
 * Gives each browser a secret in a cookie and each page the token made from it, and refuses posts without it or from another
 * site. The form must have been read into `ctx.request.body` before.
 * @param cookieName the app's own: cookies are not separated by port
 * @param keys the cookie keys: tokens are made with the first and taken with any, so that a change of keys breaks no open page
 * @throws {PageError} `csrf`, 403
 */
export function csrf(cookieName: string, keys: readonly string[], origin: string, secure: boolean): Middleware<PageState> {
  const secrets = keys.map((key) => createSecretKey(Buffer.from(key)));
  const tokensOf = (secret: string): string[] =>
    secrets.map((key) => createHmac('sha256', key).update(`csrf:${secret}`).digest('base64url'));

  return async function checkCsrf(ctx, next) {
    const kept = ctx.cookies.get(cookieName, { signed: false });
    const secret = kept && /^[\w-]{43}$/.test(kept) ? kept : randomBytes(32).toString('base64url');
    if (secret !== kept) {
      ctx.cookies.set(cookieName, secret, {
        signed: false,
        httpOnly: true,
        sameSite: 'lax',
        secure,
        path: '/',
      });
    }
    const tokens = tokensOf(secret);
    ctx.state.csrfToken = tokens[0] as string;

    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
      const foreign = isFromAnotherSite(ctx, origin);
      const body = ctx.request.body as Record<string, unknown> | undefined;
      const sent = body?.[CSRF_FIELD];
      if (foreign || !tokens.some((token) => isSame(token, sent))) {
        throw new PageError('csrf', {
          detail: foreign ? 'the post came from another site' : 'the token is wrong',
        });
      }
    }
    await next();
  };
}

function isSame(token: string, sent: unknown): boolean {
  const [expected, given] = [Buffer.from(token), Buffer.from(typeof sent === 'string' ? sent : '')];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Whether a browser says that another site made it send this. `Origin: null` comes from our own pages too, because they send no referrer. */
export function isFromAnotherSite(ctx: Pick<ParameterizedContext, 'get'>, origin: string): boolean {
  const sentOrigin = ctx.get('Origin');
  return ctx.get('Sec-Fetch-Site') === 'cross-site' || (sentOrigin !== '' && sentOrigin !== 'null' && sentOrigin !== origin);
}
