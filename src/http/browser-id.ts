// A random id in a cookie. It binds unfinished work to the browser in which it was done, and contains nothing about the person.
import { randomUUID } from 'node:crypto';
import type { ParameterizedContext } from 'koa';
import { firstValueDigest, hasFirstCookie, setFirstCookie } from './first-cookie.ts';

type CookieContext = Pick<ParameterizedContext, 'cookies'>;

export type BrowserIds = {
  /** Returns the browser's id, if it has one. */
  read(ctx: CookieContext): string | undefined;
  /** Returns the browser's id, and sets one if it has none. */
  ensure(ctx: CookieContext): string;
  /** Whether the id is this browser's, or one of those that it got when it opened its first pages in parallel. */
  isOwn(ctx: CookieContext, id: string | undefined): boolean;
  /** The same for the digest of an id, see `firstValueDigest`. */
  isOwnDigest(ctx: CookieContext, digest: string | undefined): boolean;
};

/**
 * Creates the functions that read and set the id.
 * @param secure whether the app uses https
 */
export function createBrowserIds(secure: boolean): BrowserIds {
  const name = `${secure ? '__Host-' : ''}common-id.browser`;
  const read = (ctx: CookieContext): string | undefined => ctx.cookies.get(name, { signed: true });
  return {
    read,
    ensure(ctx) {
      const kept = read(ctx);
      if (kept) return kept;
      const id = randomUUID();
      setFirstCookie(ctx, name, id, { signed: true, httpOnly: true, sameSite: 'lax', secure, path: '/' });
      return id;
    },
    isOwn: (ctx, id) => id !== undefined && hasFirstCookie(ctx, name, firstValueDigest(id), true),
    isOwnDigest: (ctx, digest) => digest !== undefined && hasFirstCookie(ctx, name, digest, true),
  };
}
