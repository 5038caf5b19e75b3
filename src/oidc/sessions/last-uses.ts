// Notes when a person last used a service or a browser.
import type { IncomingMessage } from 'node:http';
import type Koa from 'koa';
import type Provider from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import { isBeingErased } from '../../domain/withdrawal.ts';
import { USES_NOTED_EVERY_MS, withUse, type LastUse } from '../../domain/last-uses.ts';
import type { PageState } from '../../http/page-context.ts';

type UseDeps = Pick<Deps, 'storage' | 'clock'>;
export type NoteUse = (accountId: string, use: Omit<LastUse, 'at'>) => Promise<void>;

/** How many uses a process remembers, so that it does not ask the database again within the hour. */
const MOST_REMEMBERED = 10_000;

/** Makes the function. It costs at most one read and one write an hour for each service and browser. It never throws, because nothing depends on it. */
export function createNoteUse({ storage, clock }: UseDeps): NoteUse {
  const noted = new Map<string, number>();
  return async function noteUse(accountId, use) {
    const key = `${accountId} ${use.what} ${use.name}`;
    const now = clock();
    if (now - (noted.get(key) ?? -Infinity) < USES_NOTED_EVERY_MS) return;
    if (noted.size >= MOST_REMEMBERED) noted.clear();
    noted.set(key, now);
    try {
      const { changed } = await storage.lastUses.change(accountId, (standing) => withUse(standing, use, now));
      if (!changed) return;
      const account = await storage.accounts.find(accountId);
      if (!account || isBeingErased(account)) await storage.lastUses.remove(accountId);
    } catch {
      // The next use is noted.
      noted.delete(key);
    }
  };
}

/** Makes the middleware of the token endpoint: a service that gets tokens of a person is used. */
export function createNoteServiceUse(provider: Provider, deps: UseDeps): Koa.Middleware<PageState> {
  const noteUse = createNoteUse(deps);
  const granted = new WeakMap<IncomingMessage, { accountId: string; clientId: string }>();
  provider.on('grant.success', ({ req, oidc: { account, client } }) => {
    if (account && client) granted.set(req, { accountId: account.accountId, clientId: client.clientId });
  });
  return async function noteServiceUse(ctx, next) {
    await next();
    const use = granted.get(ctx.req);
    if (use) await noteUse(use.accountId, { what: 'service', name: use.clientId });
  };
}
