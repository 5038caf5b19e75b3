// The cookies of the notebook: one names the session of who is signed in, one the browser that started an authorization request.
import type { PageContext } from '../../http/page-context.ts';
import type { Login } from './identity-provider.ts';
import { randomId, type Session, type SessionStore } from './session-store.ts';

export type CurrentSession = {
  find(ctx: PageContext): Session | undefined;
  /**
   * Signs the browser in under a new id, and ends what it had before (session fixation). Answers whether it is: not where the common ID has told of its
   * logout meanwhile.
   */
  start(ctx: PageContext, login: Login): boolean;
  /** Ends the session and takes the cookie back. */
  end(ctx: PageContext): void;
  /** The random id of this browser, which an authorization response must come back to. */
  browser(ctx: PageContext): string;
};

export function createCurrentSession(
  sessions: SessionStore,
  cookieName: (name: string) => string,
  secure: boolean,
): CurrentSession {
  const names = { session: cookieName('session'), browser: cookieName('browser') };
  const options = { signed: false, httpOnly: true, sameSite: 'lax', secure, path: '/', overwrite: true } as const;
  const read = (ctx: PageContext, name: string): string | undefined => {
    const id = ctx.cookies.get(name, { signed: false });
    return id && /^[\w-]{43}$/.test(id) ? id : undefined;
  };

  function find(ctx: PageContext): Session | undefined {
    const id = read(ctx, names.session);
    return id === undefined ? undefined : sessions.findById(id);
  }

  function end(ctx: PageContext): void {
    const session = find(ctx);
    if (session) sessions.remove(session.key);
    ctx.cookies.set(names.session, null, options);
  }

  return {
    find,
    end,
    start(ctx, login) {
      end(ctx);
      const id = sessions.create(login);
      if (id === undefined) return false;
      ctx.cookies.set(names.session, id, options);
      return true;
    },
    browser(ctx) {
      const kept = read(ctx, names.browser);
      if (kept !== undefined) return kept;
      const id = randomId();
      ctx.cookies.set(names.browser, id, options);
      return id;
    },
  };
}
