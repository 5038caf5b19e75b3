// Remembers in a browser which accounts have signed in there. That signs nobody in; it only gives the browser its own failure
// counter.
import { createHash, randomBytes } from 'node:crypto';
import type { ParameterizedContext } from 'koa';

type CookieContext = Pick<ParameterizedContext, 'cookies'>;

export type KnownDevices = {
  /** Returns the browser's id if this account has signed in there before. */
  read(ctx: CookieContext, accountId: string): string | undefined;
  /** Records that this account has just signed in here. */
  remember(ctx: CookieContext, accountId: string): void;
};

const KEPT_MS = 365 * 24 * 60 * 60 * 1000;
/** Enough for a family's computer. */
const MOST_ACCOUNTS = 5;
/** Does not occur in base64url. */
const SEPARATOR = '~';

/** Makes the store of known devices, a signed cookie. @param secure whether the app is reached by https */
export function createKnownDevices(secure: boolean): KnownDevices {
  const name = `${secure ? '__Host-' : ''}common-id.device`;
  const marksOf = (ctx: CookieContext): [id: string | undefined, ...marks: string[]] => {
    const [id, ...marks] = ctx.cookies.get(name, { signed: true })?.split(SEPARATOR) ?? [];
    return [id, ...marks];
  };
  // Hashed with the random id, so that the cookie does not reveal whose browser this is.
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
