// A random id that a browser keeps: it ties what is half done to the browser in which it was done. It says nothing about the person.
import { randomUUID } from 'node:crypto';
import type { ParameterizedContext } from 'koa';

type CookieContext = Pick<ParameterizedContext, 'cookies'>;

export type BrowserIds = {
  /** The browser's id, if it has one. */
  read(ctx: CookieContext): string | undefined;
  /** The browser's id; gives it one where it has none. */
  ensure(ctx: CookieContext): string;
};

/** @param secure whether the app is reached by https */
export function createBrowserIds(secure: boolean): BrowserIds {
  const name = `${secure ? '__Host-' : ''}common-id.browser`;
  const read = (ctx: CookieContext): string | undefined => ctx.cookies.get(name, { signed: true });
  return {
    read,
    ensure(ctx) {
      const kept = read(ctx);
      if (kept) return kept;
      const id = randomUUID();
      ctx.cookies.set(name, id, { signed: true, httpOnly: true, sameSite: 'lax', secure, path: '/' });
      return id;
    },
  };
}
