// Undoes a change of address with the link in the mail to the old address. It needs no session, because an attacker may hold them
// all.
import type Router from 'koa-router';
import type { Deps } from '../../deps.ts';
import { secretDigest } from '../../domain/account-token.ts';
import { hashAsker } from '../../authentication/password/hash-asker.ts';
import { page, type PageContext, type PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { createRateLimit } from '../../authentication/limits/rate-limit.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import { passwordProblem, passwordRule } from '../../authentication/password/password-form.ts';
import type { AccountAccess } from '../../oidc/sessions/account-access.ts';
import { findUndo, knowsPassword, undoEmail, type Undo } from './undo.ts';

const PATH = '/account/email/undo';
const DONE_PATH = `${PATH}/done`;

/** The password attempts per link. Without a link there are none. */
const TRIES_A_DAY = { points: 5, windowSeconds: 24 * 60 * 60 };

/** Adds the pages of the undo link. */
export function addUndoRoutes(router: Router<PageState>, deps: Deps, access: AccountAccess): void {
  const tries = createRateLimit('email-undo', TRIES_A_DAY, deps.storage.counters, deps.clock);

  const find = async (token: string): Promise<Undo> => {
    const undo = await findUndo(deps, token);
    if (!undo) throw new PageError('undo_dead', { detail: 'no change that this token can take back' });
    return undo;
  };

  const show = (ctx: PageContext, token: string, { account, before }: Undo, errors: Record<string, string> = {}): void =>
    page(ctx, 'email-undo', {
      kind: 'step',
      title: ctx.state.t('email_undo.title'),
      action: PATH,
      shownAt: `${PATH}?token=${encodeURIComponent(token)}`,
      token,
      change: { now: account.email, before: before.email },
      email: before.email,
      policy: passwordRule(deps),
      errors,
    });

  router.get(PATH, async (ctx) => {
    const token = typeof ctx.query.token === 'string' ? ctx.query.token : '';
    show(ctx, token, await find(token));
  });
  router.post(PATH, async (ctx) => {
    const { t } = ctx.state;
    const [token, known, password] = [formField(ctx, 'token'), formField(ctx, 'known_password'), formField(ctx, 'password')];
    const undo = await find(token);
    const problem = passwordProblem(deps, password, { ...undo.account, email: undo.before.email }, t);
    const errors = {
      ...(known === '' ? { known_password: t('form_errors.known_password_missing') } : {}),
      ...(problem ? { password: problem } : {}),
    };
    if (Object.keys(errors).length) return show(ctx, token, undo, errors);
    // Counted before the comparison, so that parallel attempts cannot exceed the limit.
    const counted = secretDigest(token);
    await tries.count(counted);
    const asker = hashAsker(ctx.ip, { kind: 'account', id: undo.account.id });
    if (!(await knowsPassword(deps, undo, known, asker)))
      return show(ctx, token, undo, { known_password: t('form_errors.known_password_wrong') });
    await tries.takeBack(counted);
    if (!(await undoEmail(deps, access, token, await deps.hasher.hash(password, asker)))) await find('');
    redirect(ctx, DONE_PATH);
  });
  router.get(DONE_PATH, (ctx) => {
    page(ctx, 'email-undone', { kind: 'note', title: ctx.state.t('email_undone.title'), wayOn: '/account' });
  });
}
