// Tells a dealer again of a link that a client asks for although it stands.
import type Koa from 'koa';
import type { Deps } from '../../deps.ts';
import type { PageState } from '../../http/page-context.ts';
import { enqueueUpdate } from '../../jobs/enqueue-delivery.ts';
import { isHandledByProvider } from '../provider-context.ts';
import { requestedDealerLink } from './dealer-link-grant.ts';

/** A dealer is told at most once in this time. A new link is not older yet. */
const ONCE_IN_MS = 60_000;

/**
 * Makes the middleware around oidc-provider. A dealer that has ended a link on its own has not told us, so the person's consent stands, and
 * the request is answered without a question. The dealer is told of the link again, and takes it up. Otherwise a button such as 販売店と連携する
 * would do nothing. Only our own services count: another service may ask at each login.
 */
export function createDealerReminder({
  clients,
  storage,
  jobs,
  clock,
}: Pick<Deps, 'clients' | 'storage' | 'jobs' | 'clock'>): Koa.Middleware<PageState> {
  return async function tellDealerAgain(ctx, next) {
    await next();
    if (!isHandledByProvider(ctx)) return;
    const { AuthorizationCode: code, Client: client } = ctx.oidc.entities;
    // Without a code, nobody has checked the parameters.
    if (!code?.accountId || !client || clients.find(client.clientId)?.firstParty !== true) return;
    const asked = requestedDealerLink(ctx.oidc.params?.authorization_details);
    if (!asked?.dealer) return;
    const link = (await storage.dealerLinks.listByAccount(code.accountId)).find(({ dealer }) => dealer === asked.dealer);
    const now = clock();
    if (link?.status !== 'active' || now - link.updated_at < ONCE_IN_MS) return;
    await enqueueUpdate(jobs, link, `asked_again:${Math.floor(now / ONCE_IN_MS)}`);
  };
}
