// The way back from a changed address, out of the mail to the old one. Nobody needs to be signed in: whoever changed it may be.
import type Router from 'koa-router';
import type { Deps } from '../../deps.ts';
import { page, type PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import type { AccountAccess } from '../../oidc/account-access.ts';
import { FORGOTTEN_PATH } from '../forgotten/routes.ts';
import { findUndo, undoEmail } from './flow.ts';

const PATH = '/account/email/undo';
const DONE_PATH = `${PATH}/done`;

export function addUndoRoutes(router: Router<PageState>, deps: Deps, access: AccountAccess): void {
  const dead = (): PageError => new PageError('undo_dead', 400, { detail: 'no change that this token can take back' });

  router.get(PATH, async (ctx) => {
    const token = typeof ctx.query.token === 'string' ? ctx.query.token : '';
    const change = await findUndo(deps, token);
    if (!change) throw dead();
    page(ctx, 'email-undo', { kind: 'step', title: ctx.state.t('email_undo.title'), action: PATH, token, change });
  });
  router.post(PATH, async (ctx) => {
    if (!(await undoEmail(deps, access, formField(ctx, 'token')))) throw dead();
    redirect(ctx, DONE_PATH);
  });
  router.get(DONE_PATH, (ctx) => {
    page(ctx, 'email-undone', { kind: 'note', title: ctx.state.t('email_undone.title'), wayOn: FORGOTTEN_PATH });
  });
}
