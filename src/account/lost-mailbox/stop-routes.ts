// Stops a request for a lost mailbox with the link in the mails to the known addresses. Opening the link changes nothing, because mail
// scanners do so.
import type Router from 'koa-router';
import type { Deps } from '../../deps.ts';
import { isOpen } from '../../domain/lost-mailbox.ts';
import { formatTime } from '../../http/format-time.ts';
import { page, type PageContext, type PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import type { AccountContext, AddAccountRoutes } from '../account-context.ts';
import { backToOverview } from '../account-page.ts';
import { maskedEmail } from './look-up.ts';
import { findByStopToken, STOP_PATH, stopAll, stopRequest, type Stoppable } from './stop.ts';

/** Adds the page of the link, which needs no session. */
export function addStopRoutes(router: Router<PageState>, deps: Deps): void {
  const find = async (token: string): Promise<Stoppable> => {
    const found = await findByStopToken(deps, token);
    if (!found) throw new PageError('lost_mailbox_dead', { detail: 'no request that this token can stop' });
    return found;
  };

  /** Asks for confirmation, or says how the request has ended. The link can be opened any number of times. */
  const show = (ctx: PageContext, token: string, found: Stoppable): void => {
    const { t, language } = ctx.state;
    if (!isOpen(found.request, deps.clock())) {
      const ended = found.request.ended?.how ?? 'expired';
      page(ctx, 'lost-mailbox-stopped', {
        kind: 'note',
        title: t(`lost_mailbox_stopped.title_${ended}`),
        ended,
      });
      return;
    }
    const { email, asked_at: askedAt, change_at: changeAt } = found.request;
    page(ctx, 'lost-mailbox-stop', {
      kind: 'step',
      title: t('lost_mailbox_stop.title'),
      action: STOP_PATH,
      token,
      id: found.account.email,
      email: maskedEmail(email),
      askedAt: formatTime(askedAt, language),
      changeAt: changeAt && formatTime(changeAt, language),
    });
  };

  router.get(STOP_PATH, async (ctx) => {
    const token = typeof ctx.query.token === 'string' ? ctx.query.token : '';
    show(ctx, token, await find(token));
  });
  router.post(STOP_PATH, async (ctx) => {
    const token = formField(ctx, 'token');
    const found = await find(token);
    await stopRequest(deps, found.account.id, found.request.request, 'link');
    // The page shows the current state, even after a reload.
    redirect(ctx, `${STOP_PATH}?token=${encodeURIComponent(token)}`);
  });
}

/** Makes the button of My page, which stops every open request. */
export function createStopPage(deps: Deps): AddAccountRoutes {
  return (router) => {
    router.post('/account/lost-mailbox/stop', async (ctx: AccountContext) => {
      await stopAll(deps, ctx.state.session.account);
      backToOverview(ctx, 'lost_mailbox_stopped');
    });
  };
}
