// ログインの履歴: the sign-ins of the last 90 days, and the failed ones.
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
      const { sign_ins: signIns, failures } = recent(await storage.signInHistories.find(session.account.id), clock());
      const all = [...signIns.map((signIn) => ({ ...signIn, times: 0 })), ...failures].toSorted((a, b) => b.at - a.at);
      accountPage(ctx, 'account-history', {
        title: t('sign_in_history.title'),
        backUrl: '/account',
        signIns: all.map(({ at, client_id: clientId, method, device, region, times }) => ({
          time: formatTime(at, language),
          device: device ?? t('sign_in_history.unknown_device'),
          region: region?.[language],
          service: clientId === undefined ? t('sign_in_history.at_my_page') : clientName({ clients }, clientId, language),
          method: t(`sign_in_history.method.${method}`),
          failed: times > 0 ? t('sign_in_history.failed', { count: times }) : undefined,
        })),
      });
    });
  };
}
