// Sets a cookie that a browser gets with its first request and keeps. A browser may open several tabs at once: each response then sets
// another value, and the last one wins. So each value also stands in a cookie of its own, which says that this browser got it.
import { createHash } from 'node:crypto';
import type { ParameterizedContext } from 'koa';

type CookieContext = Pick<ParameterizedContext, 'cookies'>;
type CookieOptions = NonNullable<Parameters<CookieContext['cookies']['set']>[2]>;

/** How long the extra cookie is kept: as long as a page that was opened with it may wait for a press. */
const EXTRA_LIFETIME_MS = 24 * 60 * 60 * 1000;
const NAME_LENGTH = 8;

/** Returns a digest of a value, which names the value's own cookie. */
export const firstValueDigest = (value: string): string => createHash('sha256').update(value).digest('base64url');

/** Sets the cookie, and the value's own one. */
export function setFirstCookie(ctx: CookieContext, name: string, value: string, options: CookieOptions): void {
  ctx.cookies.set(name, value, options);
  ctx.cookies.set(extraName(name, firstValueDigest(value)), value, { ...options, maxAge: EXTRA_LIFETIME_MS });
}

/** Whether this browser got a value with the given digest. */
export function hasFirstCookie(ctx: CookieContext, name: string, digest: string, signed: boolean): boolean {
  return [name, extraName(name, digest)].some((one) => {
    const value = ctx.cookies.get(one, { signed });
    return value !== undefined && firstValueDigest(value) === digest;
  });
}

/** Returns the values in the browser's extra cookies. */
export function extraValues(ctx: CookieContext & Pick<ParameterizedContext, 'get'>, name: string): string[] {
  const names = ctx
    .get('Cookie')
    .split('; ')
    .map((pair) => pair.slice(0, pair.indexOf('=')));
  const extra = names.filter((one) => one.startsWith(`${name}.`) && one.length === name.length + 1 + NAME_LENGTH);
  return extra.flatMap((one) => ctx.cookies.get(one, { signed: false }) ?? []);
}

const extraName = (name: string, digest: string): string => `${name}.${digest.slice(0, NAME_LENGTH)}`;
