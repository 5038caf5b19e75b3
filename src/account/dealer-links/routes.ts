// 販売店との連携: shows what was agreed to, withdraws a link after a confirmation, or retries a failed one.
import type { Deps } from '../../deps.ts';
import type { DealerLink } from '../../domain/dealer-link.ts';
import { PageError } from '../../http/page-error.ts';
import type { AccountAccess } from '../../oidc/sessions/account-access.ts';
import { type AccountContext, type AddAccountRoutes, pathParameter } from '../account-context.ts';
import { formatTime } from '../../http/format-time.ts';
import { agreedText } from '../../storage/agreed-texts.ts';
import { accountPage, askOnce, backToOverview } from '../account-page.ts';
import { clientName, dealerName } from '../names.ts';
import { findOwnLink, retryLink, withdrawLink } from './flow.ts';

/** Makes the pages that show, withdraw or retry a dealer link. */
export function createDealerLinkPages(deps: Deps, access: AccountAccess): AddAccountRoutes {
  const linkOf = async (ctx: AccountContext): Promise<DealerLink> => {
    const link = await findOwnLink(deps, ctx.state.session.account.id, pathParameter(ctx, 'id'));
    if (!link) throw new PageError('not_found', { wayOn: '/account' });
    return link;
  };

  /** Shows the link with each consent, in the language and the words of its day. */
  const show = async (ctx: AccountContext): Promise<void> => {
    const { language, t } = ctx.state;
    const { id, dealer, status, consent, other_consents: others = [], linked_at: since, withdrawn_at: end } = await linkOf(ctx);
    const consents = [consent, ...others].map(async ({ client_id: clientId, given_at: givenAt, text }) => ({
      service: clientName(deps, clientId, language),
      time: formatTime(givenAt, language),
      language: text.language,
      version: text.version,
      paragraphs: ((await agreedText(deps.storage, text.sha256)) ?? '').split('\n').filter((line) => line.trim() !== ''),
    }));
    accountPage(ctx, 'account-dealer-link', {
      title: t('account_dealer_link.title'),
      name: dealerName(deps, dealer, language),
      status,
      since: status === 'active' && since ? formatTime(since, language) : undefined,
      withdrawnAt: end && formatTime(end, language),
      consents: await Promise.all(consents),
      withdrawUrl: status === 'withdrawn' ? undefined : `/account/dealer-links/${id}/withdraw`,
      backUrl: '/account',
    });
  };

  return (router) => {
    router.get('/account/dealer-links/:id', show);
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
