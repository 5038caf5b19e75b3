// Ties a request for a lost mailbox to the browser that began it.
import type { ParameterizedContext } from 'koa';
import type { Deps } from '../../deps.ts';
import type { LostMailboxRequest } from '../../domain/lost-mailbox.ts';

type CookieContext = Pick<ParameterizedContext, 'cookies'>;

export type RequestCookie = {
  /** Returns the request that this browser began; `undefined` if there is none or it has expired. */
  read(ctx: CookieContext): Promise<LostMailboxRequest | undefined>;
  write(ctx: CookieContext, request: LostMailboxRequest): void;
};

/** Makes the signed session cookie that holds the number of the browser's request. */
export function createRequestCookie({ config, storage }: Pick<Deps, 'config' | 'storage'>): RequestCookie {
  const secure = config.issuer.startsWith('https:');
  const name = `${secure ? '__Host-' : ''}common-id.lost-mailbox`;
  return {
    async read(ctx) {
      const id = ctx.cookies.get(name, { signed: true });
      return id ? storage.lostMailboxRequests.find(id) : undefined;
    },
    write(ctx, { id }) {
      ctx.cookies.set(name, id, { signed: true, httpOnly: true, sameSite: 'lax', secure, path: '/' });
    },
  };
}
