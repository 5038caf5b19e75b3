// Actions for a person: a page says what will happen and asks for the reason, and the answer is told on the person's page.
import { randomUUID } from 'node:crypto';
import Router from 'koa-router';
import { z } from 'zod';
import type { PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import { actionOf, type Action } from './actions.ts';
import { done } from './answers.ts';
import { openCases, reasonOf } from './case-of-person.ts';
import { consolePage, signedIn, type ConsoleContext, type ConsoleDeps, type Desk } from './console.ts';
import { ApiRefusal } from './operations-api.ts';
import { pathOfPerson } from './person-routes.ts';
import { reasonMistake, refusedReason } from './reason.ts';
import { timeOf } from './words.ts';

type Form = { reason: string; key: string; confirm: string };

/** Creates the router for `/people/<account id>/<action>`. */
export function actionRoutes(deps: ConsoleDeps): Router<PageState> {
  const { api, sessions, clock } = deps;
  const router = new Router<PageState>();

  function confirmPage(ctx: ConsoleContext, desk: Desk, action: Action, form: Form, errors: Record<string, string> = {}): void {
    const { t } = ctx.state;
    const path = pathOfPerson(ctx.params['id'] ?? '');
    consolePage(deps, ctx, desk, 'action', {
      title: t(`actions.${action}.title`),
      text: t(`actions.${action}.text`),
      submit: t(`actions.${action}.submit`),
      asksForId: action === 'erase',
      action: `${path}/${action}`,
      back: path,
      form,
      errors,
    });
  }

  /** The page of an action opens only where the page of the person does. */
  function route(handle: (ctx: ConsoleContext, desk: Desk, action: Action, reason: string) => Promise<void>) {
    return signedIn(deps, async (ctx, desk) => {
      const action = actionOf(ctx.params['action']);
      if (!action) throw new PageError('not_found');
      const id = ctx.params['id'] ?? '';
      const reason = reasonOf(desk.session, id, clock());
      if (reason === undefined) return redirect(ctx, pathOfPerson(id));
      await handle(ctx, desk, action, reason);
    });
  }

  router.get(
    '/people/:id/:action',
    route(async (ctx, desk, action, reason) => {
      const typed = sessions.take(desk.session.key, 'typed') ?? {};
      confirmPage(ctx, desk, action, {
        reason: typed['reason'] ?? reason,
        key: keyOf(typed['action_key'] ?? ''),
        confirm: typed['confirm'] ?? '',
      });
    }),
  );

  router.post(
    '/people/:id/:action',
    route(async (ctx, desk, action) => {
      const { t } = ctx.state;
      const id = ctx.params['id'] ?? '';
      const form: Form = {
        reason: formField(ctx, 'reason').trim(),
        // A double click on the same page sends the same key, and acts once.
        key: keyOf(formField(ctx, 'action_key')),
        confirm: formField(ctx, 'confirm').trim(),
      };
      const errors: Record<string, string> = {};
      const mistake = reasonMistake(t, form.reason);
      if (mistake !== undefined) errors['reason'] = mistake;
      if (action === 'erase' && form.confirm !== id) errors['confirm'] = t('action.errors.confirm');
      if (Object.keys(errors).length > 0) return confirmPage(ctx, desk, action, form, errors);
      if (action === 'export') {
        // A POST is answered by a redirect, so that a reload does not send it again.
        sessions.save(desk.session.key, 'export_asked_for', { accountId: id, reason: form.reason });
        return redirect(ctx, `${pathOfPerson(id)}/export/file`);
      }
      const path = `/accounts/${encodeURIComponent(id)}/${action}`;
      try {
        const body = { reason: form.reason, ...(action === 'erase' && { confirm: form.confirm }) };
        const { limits, due_at: due } = await api.post(desk.session, path, body, done, form.key);
        const values = due === undefined ? undefined : { time: timeOf(ctx.state, due) };
        const key = action === 'unlock' && limits?.length === 0 ? 'unlock_nothing' : action.replaceAll('-', '_');
        sessions.save(desk.session.key, 'told', { key, ...(values && { values }) });
      } catch (error) {
        const refused = refusedReason(t, error);
        if (refused !== undefined) return confirmPage(ctx, desk, action, form, { reason: refused });
        if (!(error instanceof ApiRefusal && error.status === 409)) throw error;
        sessions.save(desk.session.key, 'told', { key: error.code === 'still_running' ? 'still_running' : 'nothing_changed' });
      }
      openCases(sessions, desk.session, [id], form.reason, clock());
      redirect(ctx, pathOfPerson(id));
    }),
  );

  router.get(
    '/people/:id/export/file',
    signedIn(deps, async (ctx, desk) => {
      const id = ctx.params['id'] ?? '';
      const asked = sessions.take(desk.session.key, 'export_asked_for');
      if (asked?.accountId !== id) return redirect(ctx, pathOfPerson(id));
      const { reason } = asked;
      try {
        const data = await api.post(desk.session, `/accounts/${encodeURIComponent(id)}/export`, { reason }, z.unknown());
        ctx.set('Cache-Control', 'no-store');
        ctx.set('Content-Disposition', `attachment; filename="common-id-${id.replaceAll(/[^\w-]/g, '')}.json"`);
        ctx.type = 'json';
        ctx.body = `${JSON.stringify(data, null, 2)}\n`;
      } catch (error) {
        if (refusedReason(ctx.state.t, error) === undefined) throw error;
        sessions.save(desk.session.key, 'told', { key: 'reason_refused' });
        sessions.save(desk.session.key, 'typed', { reason });
        redirect(ctx, `${pathOfPerson(id)}/export`);
      }
    }),
  );

  return router;
}

/** Returns the idempotency key that a page was made with, or a new one. */
export function keyOf(sent: string): string {
  return /^[\w-]{16,64}$/.test(sent) ? sent : randomUUID();
}
