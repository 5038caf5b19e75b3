// Stops the removal of a second factor with the link in its mail. It needs no session. Opening the link changes nothing, because mail scanners
// do so.
import type Router from 'koa-router';
import { findRemoval, STOP_PATH, stopByToken } from '../../authentication/totp/lost-second-factor.ts';
import type { Deps } from '../../deps.ts';
import { formatTime } from '../../http/format-time.ts';
import { page, type PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';

const DONE_PATH = `${STOP_PATH}/done`;

/** Adds the pages of the link. */
export function addSecondFactorStopRoutes(router: Router<PageState>, deps: Deps): void {
  const dead = (): PageError => new PageError('removal_dead', { detail: 'no removal that this token can stop' });

  router.get(STOP_PATH, async (ctx) => {
    const { t, language } = ctx.state;
    const token = typeof ctx.query.token === 'string' ? ctx.query.token : '';
    const found = await findRemoval(deps, token);
    if (!found) throw dead();
    page(ctx, 'second-factor-stop', {
      kind: 'step',
      title: t('second_factor_stop.title'),
      action: STOP_PATH,
      token,
      due: formatTime(found.removal.due_at, language),
    });
  });
  router.post(STOP_PATH, async (ctx) => {
    if (!(await stopByToken(deps, formField(ctx, 'token')))) throw dead();
    redirect(ctx, DONE_PATH);
  });
  router.get(DONE_PATH, (ctx) => {
    page(ctx, 'second-factor-stopped', {
      kind: 'note',
      title: ctx.state.t('second_factor_stopped.title'),
      wayOn: '/password/forgotten',
    });
  });
}
