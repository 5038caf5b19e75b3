// ご利用中のサービス: ends the consent for a service.
import type { Deps } from '../../deps.ts';
import { PageError } from '../../http/page-error.ts';
import type { AccountAccess } from '../../oidc/sessions/account-access.ts';
import { type AccountContext, type AddAccountRoutes, pathParameter } from '../account-context.ts';
import { askOnce, backToOverview } from '../account-page.ts';
import { clientName } from '../names.ts';

/** Makes the pages that end the consent for a service. */
export function createServicePages({ clients }: Pick<Deps, 'clients'>, access: AccountAccess): AddAccountRoutes {
  const serviceOf = async (ctx: AccountContext): Promise<string> => {
    const wanted = pathParameter(ctx, 'clientId');
    const services = await access.services(ctx.state.session.account.id);
    if (!services.some(({ clientId }) => clientId === wanted)) throw new PageError('not_found', { wayOn: '/account' });
    return wanted;
  };

  return (router) => {
    router.get('/account/services/:clientId/end', async (ctx) => {
      const { language, t } = ctx.state;
      const clientId = await serviceOf(ctx);
      askOnce(ctx, {
        title: t('account_end_service.title'),
        subject: clientName({ clients }, clientId, language),
        text: t('account_end_service.text'),
        points: [t('account_end_service.point_1'), t('account_end_service.point_2')],
        submit: t('account_end_service.submit'),
      });
    });
    router.post('/account/services/:clientId/end', async (ctx) => {
      await access.endService(ctx.state.session.account.id, await serviceOf(ctx));
      return backToOverview(ctx, 'service_ended');
    });
  };
}
