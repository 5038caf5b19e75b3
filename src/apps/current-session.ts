// A client app's cookies: one for the session, and one for the browser that started an authorization request.
import type { PageContext } from '../http/page-context.ts';
import type { Login } from './identity-provider.ts';
import { randomId, type Session } from './session-store.ts';

/** What is used of the app's session store. */
type Sessions<Parts> = {
  create(login: Login): string | undefined;
  findById(id: string): Session<Parts> | undefined;
  remove(key: string): void;
};

export type CurrentSession<Parts> = {
  find(ctx: PageContext): Session<Parts> | undefined;
  /**
   * Starts a session under a new id and ends the browser's earlier session (against session fixation). Returns false if the
   * common ID has reported the logout in the meantime.
   */
  start(ctx: PageContext, login: Login): boolean;
  /** Ends the session and clears the cookie. */
  end(ctx: PageContext): void;
  /** Returns this browser's random id. An authorization response is accepted only in the browser that started the request. */
  browser(ctx: PageContext): string;
};

/** Creates the functions that find, start and end the session of a request. */
export function createCurrentSession<Parts>(
  sessions: Sessions<Parts>,
  cookieName: (name: string) => string,
  secure: boolean,
): CurrentSession<Parts> {
  const names = { session: cookieName('session'), browser: cookieName('browser') };
  const options = { signed: false, httpOnly: true, sameSite: 'lax', secure, path: '/', overwrite: true } as const;
  const read = (ctx: PageContext, name: string): string | undefined => {
    const id = ctx.cookies.get(name, { signed: false });
    return id && /^[\w-]{43}$/.test(id) ? id : undefined;
  };

  function find(ctx: PageContext): Session<Parts> | undefined {
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
