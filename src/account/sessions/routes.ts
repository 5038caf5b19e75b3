// ログイン中のブラウザー: ends all sessions except this one.
import type { Deps } from '../../deps.ts';
import { momentAfterSignIns } from '../../domain/account.ts';
import type { AccountAccess } from '../../oidc/sessions/account-access.ts';
import type { AddAccountRoutes } from '../account-context.ts';
import { changeAccount } from '../../storage/change-account.ts';
import { askOnce, backToOverview } from '../account-page.ts';

/** Makes the pages that end the other sessions. */
export function createSessionPages(deps: Pick<Deps, 'storage' | 'clock'>, access: AccountAccess): AddAccountRoutes {
  return (router) => {
    router.get('/account/sessions/end-others', (ctx) => {
      const { t } = ctx.state;
      askOnce(ctx, {
        title: t('account_end_sessions.title'),
        text: t('account_end_sessions.text'),
        points: [t('account_end_sessions.point_1'), t('account_end_sessions.point_2')],
        submit: t('account_end_sessions.submit'),
      });
    });
    router.post('/account/sessions/end-others', async (ctx) => {
      const { session } = ctx.state;
      // Record the end before removing the sessions, so that tokens issued from them in between do not count.
      await changeAccount(deps, session.account.id, 'account.sessions_ended', (account) => ({
        ...account,
        sessions_ended: { at: momentAfterSignIns(account, deps.clock()), kept: session.uid },
      }));
      await access.endSessions(session.account.id, session.uid);
      return backToOverview(ctx, 'sessions_ended');
    });
  };
}
