// ログイン中のブラウザー: ends one session, or all except this one.
import type { Deps } from '../../deps.ts';
import { momentAfterSignIns } from '../../domain/account.ts';
import type { AccountAccess } from '../../oidc/sessions/account-access.ts';
import { formatTime } from '../../http/format-time.ts';
import { pathParameter, type AccountContext, type AddAccountRoutes } from '../account-context.ts';
import { changeAccount } from '../../storage/change-account.ts';
import { askOnce, backToOverview } from '../account-page.ts';

/** Makes the pages that end the other sessions. */
export function createSessionPages(deps: Pick<Deps, 'storage' | 'clock'>, access: AccountAccess): AddAccountRoutes {
  return (router) => {
    const findSession = async (ctx: AccountContext) => {
      const { account, uid: current } = ctx.state.session;
      const wanted = pathParameter(ctx, 'uid');
      const browsers = await access.browsers(account.id);
      return browsers.find(({ uid }) => uid === wanted && uid !== current);
    };
    router.get('/account/sessions/:uid/end', async (ctx) => {
      const { t, language } = ctx.state;
      const session = await findSession(ctx);
      // It has ended meanwhile.
      if (!session) return backToOverview(ctx, 'session_ended');
      askOnce(ctx, {
        title: t('account_end_session.title'),
        subject: session.device ?? t('sign_in_history.unknown_device'),
        text: t('account_end_session.text'),
        points: [
          t('account.signed_in_at', { time: formatTime(session.signedInAt, language) }),
          ...(session.usedAt ? [t('account.used_at', { time: formatTime(session.usedAt, language) })] : []),
          t('account_end_session.point'),
        ],
        submit: t('account_end_session.submit'),
      });
    });
    router.post('/account/sessions/:uid/end', async (ctx) => {
      const session = await findSession(ctx);
      if (session) await access.endSession(ctx.state.session.account.id, session.uid);
      return backToOverview(ctx, 'session_ended');
    });
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
