// ログインの履歴: the sign-ins of the last 90 days.
import type { Deps } from '../../deps.ts';
import { recent } from '../../domain/sign-in-history.ts';
import { formatTime } from '../../http/format-time.ts';
import type { AddAccountRoutes } from '../account-context.ts';
import { accountPage } from '../account-page.ts';
import { clientName } from '../names.ts';

/** Makes the page. */
export function createHistoryPage({ clients, storage, clock }: Pick<Deps, 'clients' | 'storage' | 'clock'>): AddAccountRoutes {
  return (router) => {
    router.get('/account/history', async (ctx) => {
      const { session, language, t } = ctx.state;
      const history = await storage.signInHistories.find(session.account.id);
      accountPage(ctx, 'account-history', {
        title: t('sign_in_history.title'),
        backUrl: '/account',
        signIns: recent(history, clock()).map(({ at, client_id: clientId, method, device }) => ({
          time: formatTime(at, language),
          device: device ?? t('sign_in_history.unknown_device'),
          service: clientName({ clients }, clientId, language),
          method: t(`sign_in_history.method.${method}`),
        })),
      });
    });
  };
}
