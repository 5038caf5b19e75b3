// 販売店との連携: withdraws a link after a confirmation, or retries a failed one.
import type { Deps } from '../../deps.ts';
import type { DealerLink } from '../../domain/dealer-link.ts';
import { PageError } from '../../http/page-error.ts';
import type { AccountAccess } from '../../oidc/sessions/account-access.ts';
import { type AccountContext, type AddAccountRoutes, pathParameter } from '../account-context.ts';
import { askOnce, backToOverview } from '../account-page.ts';
import { dealerName } from '../names.ts';
import { findOwnLink, retryLink, withdrawLink } from './flow.ts';

/** Makes the pages that withdraw or retry a dealer link. */
export function createDealerLinkPages(deps: Deps, access: AccountAccess): AddAccountRoutes {
  const linkOf = async (ctx: AccountContext): Promise<DealerLink> => {
    const link = await findOwnLink(deps, ctx.state.session.account.id, pathParameter(ctx, 'id'));
    if (!link) throw new PageError('not_found', { wayOn: '/account' });
    return link;
  };

  return (router) => {
    router.get('/account/dealer-links/:id/withdraw', async (ctx) => {
      const { language, t } = ctx.state;
      const link = await linkOf(ctx);
      if (link.status === 'withdrawn') return backToOverview(ctx, 'dealer_link_withdrawn');
      askOnce(ctx, {
        title: t('account_withdraw.title'),
        subject: dealerName(deps, link.dealer, language),
        text: t('account_withdraw.text'),
        points: [t('account_withdraw.point_1'), t('account_withdraw.point_2'), t('account_withdraw.point_3')],
        submit: t('account_withdraw.submit'),
      });
    });
    router.post('/account/dealer-links/:id/withdraw', async (ctx) => {
      await withdrawLink(deps, access, await linkOf(ctx));
      return backToOverview(ctx, 'dealer_link_withdrawn');
    });
    router.post('/account/dealer-links/:id/retry', async (ctx) => {
      await retryLink(deps, await linkOf(ctx));
      return backToOverview(ctx, 'dealer_link_retried');
    });
  };
}
