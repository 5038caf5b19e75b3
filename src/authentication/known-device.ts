// Remembers, in a browser, which accounts have signed in there. It is no login; it only has a count of failures of its own.
import { createHash, randomBytes } from 'node:crypto';
import type { ParameterizedContext } from 'koa';

type CookieContext = Pick<ParameterizedContext, 'cookies'>;

export type KnownDevices = {
  /** The browser's id, where this account has signed in in it before. */
  read(ctx: CookieContext, accountId: string): string | undefined;
  /** This account has just signed in here. */
  remember(ctx: CookieContext, accountId: string): void;
};

const KEPT_MS = 365 * 24 * 60 * 60 * 1000;
/** A family's computer. */
const MOST_ACCOUNTS = 5;
/** No character of the parts. */
const SEPARATOR = '~';

/** @param secure whether the app is reached by https */
export function createKnownDevices(secure: boolean): KnownDevices {
  const name = `${secure ? '__Host-' : ''}common-id.device`;
  const marksOf = (ctx: CookieContext): [id: string | undefined, ...marks: string[]] => {
    const [id, ...marks] = ctx.cookies.get(name, { signed: true })?.split(SEPARATOR) ?? [];
    return [id, ...marks];
  };
  // Hashed with the random id, so that a look at the cookie does not tell whose browser this is. The cookie is signed.
  const markOf = (id: string, accountId: string): string =>
    createHash('sha256').update(`${id}:${accountId}`).digest('base64url').slice(0, 22);

  return {
    read(ctx, accountId) {
      const [id, ...marks] = marksOf(ctx);
      return id !== undefined && marks.includes(markOf(id, accountId)) ? id : undefined;
    },
    remember(ctx, accountId) {
      const [known, ...marks] = marksOf(ctx);
      const id = known ?? randomBytes(16).toString('base64url');
      const mark = markOf(id, accountId);
      const value = [id, mark, ...marks.filter((other) => other !== mark).slice(0, MOST_ACCOUNTS - 1)].join(SEPARATOR);
      ctx.cookies.set(name, value, { signed: true, httpOnly: true, sameSite: 'lax', secure, path: '/', maxAge: KEPT_MS });
    },
  };
}
