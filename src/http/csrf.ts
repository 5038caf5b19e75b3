// Prevents cross-site request forgery: every POST needs a token that only our own pages in this browser contain.
import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Middleware, ParameterizedContext } from 'koa';
import { extraValues, setFirstCookie } from './first-cookie.ts';
import type { PageState } from './page-context.ts';
import { PageError } from './page-error.ts';
import { fieldsOf } from './read-form.ts';

/** The name of the hidden field. */
export const CSRF_FIELD = 'csrf_token';

/**
 * Creates middleware that sets a secret cookie, derives each page's token from it, and refuses POSTs without the token or from
 * another site. The form must already be parsed into `ctx.request.body`.
 * @param cookieName differs between apps, because browsers share cookies between ports
 * @param keys the cookie keys: the first one makes tokens, all verify them, so that a key change does not break open pages
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
      setFirstCookie(ctx, cookieName, secret, {
        signed: false,
        httpOnly: true,
        sameSite: 'lax',
        secure,
        path: '/',
      });
    }
    const tokens = tokensOf(secret);
    [ctx.state.csrfToken = ''] = tokens;

    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
      const foreign = isFromAnotherSite(ctx, origin);
      const sent = fieldsOf(ctx)[CSRF_FIELD];
      // A page that was opened in parallel with others has the token of the secret that it came with.
      const isOwn = (): boolean =>
        [secret, ...extraValues(ctx, cookieName)].flatMap(tokensOf).some((token) => isSame(token, sent));
      if (foreign || !isOwn()) {
        throw new PageError('csrf', {
          detail: foreign ? 'the post came from another site' : 'the token is wrong',
        });
      }
      ctx.state.isOwnForm = true;
    }
    await next();
  };
}

function isSame(token: string, sent: unknown): boolean {
  const [expected, given] = [Buffer.from(token), Buffer.from(typeof sent === 'string' ? sent : '')];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Whether the browser reports another site as the origin of the request. Our own pages send `Origin: null`, because they send no referrer. */
export function isFromAnotherSite(ctx: Pick<ParameterizedContext, 'get'>, origin: string): boolean {
  const sentOrigin = ctx.get('Origin');
  return ctx.get('Sec-Fetch-Site') === 'cross-site' || (sentOrigin !== '' && sentOrigin !== 'null' && sentOrigin !== origin);
}
