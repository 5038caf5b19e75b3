// The demo clients' sessions. They are kept in memory and lost on restart.
import { randomBytes } from 'node:crypto';
import type { PageContext } from '../../http/page-context.ts';
import type { Pending, Received } from './identity-provider.ts';

/** One browser's data, by client id. The five sites share the cookie and nothing else. */
export type DemoSession = { pending: Map<string, Pending>; received: Map<string, Received> };

const MOST = 1000;

/** Returns a function that finds the session of a browser, or starts one and sets its cookie. */
export function createSessions(cookie: string, secure: boolean): (ctx: PageContext) => DemoSession {
  const sessions = new Map<string, DemoSession>();
  return (ctx) => {
    const known = sessions.get(ctx.cookies.get(cookie, { signed: false }) ?? '');
    if (known) return known;
    const id = randomBytes(32).toString('base64url');
    const session = { pending: new Map(), received: new Map() };
    const [oldest] = sessions.keys();
    if (oldest !== undefined && sessions.size >= MOST) sessions.delete(oldest);
    sessions.set(id, session);
    ctx.cookies.set(cookie, id, { signed: false, httpOnly: true, sameSite: 'lax', secure, path: '/' });
    return session;
  };
}
