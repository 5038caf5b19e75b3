// Jobs that wait or have failed for good: what they are, why, and what an operator does with them.
import Router from 'koa-router';
import type { PageState } from '../../http/page-context.ts';
import { PageError } from '../../http/page-error.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import { keyOf } from './action-routes.ts';
import { dropped, jobGroups, jobs, retried } from './answers.ts';
import { consolePage, signedIn, type ConsoleContext, type ConsoleDeps, type Desk } from './console.ts';
import { ApiRefusal } from './operations-api.ts';
import { reasonMistake, refusedReason } from './reason.ts';
import { textOfQuery, withQuery } from './with-query.ts';
import { timeOf, wordOf } from './words.ts';

const STATES = ['dead', 'waiting', 'running'] as const;

/** One job, or all of a kind that have failed. */
type Chosen = { key?: string | undefined; kind?: string | undefined };
type Form = Chosen & { reason: string; actionKey: string };

/** Creates the router for `/jobs`. */
export function jobRoutes(deps: ConsoleDeps): Router<PageState> {
  const { api, sessions } = deps;
  const router = new Router<PageState>();

  router.get(
    '/jobs',
    signedIn(deps, async (ctx, desk) => {
      const { groups } = await api.get(desk.session, '/jobs', jobGroups);
      consolePage(deps, ctx, desk, 'jobs', {
        title: ctx.state.t('jobs.title'),
        groups: groups
          .toSorted((a, b) => Number(b.state === 'dead') - Number(a.state === 'dead') || b.count - a.count)
          .map(({ kind, state, count, oldest_at: oldest, reason }) => ({
            kind: wordOf(ctx.state, 'job_kinds', kind),
            state: wordOf(ctx.state, 'job_states', state),
            count,
            oldest: timeOf(ctx.state, oldest),
            reason: reason ?? '–',
            listHref: withQuery('/jobs/list', { state, kind }),
            ...(state === 'dead' && { retryHref: withQuery('/jobs/retry', { kind }) }),
          })),
      });
    }),
  );

  router.get(
    '/jobs/list',
    signedIn(deps, async (ctx, desk) => {
      const kind = textOfQuery(ctx, 'kind');
      const state = STATES.find((known) => known === textOfQuery(ctx, 'state')) ?? 'dead';
      const query = { state, kind, cursor: textOfQuery(ctx, 'cursor') };
      const { jobs: listed, next_cursor: next } = await api.get(desk.session, withQuery('/jobs/list', query), jobs);
      consolePage(deps, ctx, desk, 'job-list', {
        title: ctx.state.t('job_list.title', {
          kind: kind === undefined ? ctx.state.t('job_list.every_kind') : wordOf(ctx.state, 'job_kinds', kind),
          state: wordOf(ctx.state, 'job_states', state),
        }),
        jobs: listed.map((job) => ({
          key: job.key,
          created: timeOf(ctx.state, job.created_at),
          attempts: job.attempts,
          reason: job.reason ?? '–',
          ...(state === 'dead' && { retryHref: withQuery('/jobs/retry', { key: job.key }) }),
          ...(state !== 'running' && { dropHref: withQuery('/jobs/drop', { key: job.key }) }),
        })),
        ...(next !== undefined && { nextHref: withQuery('/jobs/list', { ...query, cursor: next }) }),
      });
    }),
  );

  function confirmPage(
    ctx: ConsoleContext,
    desk: Desk,
    action: 'retry' | 'drop',
    form: Form,
    errors: Record<string, string> = {},
  ): void {
    const { t } = ctx.state;
    const { key, kind } = form;
    const text = key === undefined ? 'retry_kind' : action;
    consolePage(deps, ctx, desk, 'job-action', {
      title: t(`job_actions.${text}.title`),
      text: t(`job_actions.${text}.text`),
      submit: t(`job_actions.${text}.submit`),
      named: key ?? wordOf(ctx.state, 'job_kinds', kind ?? ''),
      action: `/jobs/${action}`,
      form,
      errors,
      shownAt: withQuery(`/jobs/${action}`, { key, kind }),
    });
  }

  for (const action of ['retry', 'drop'] as const) {
    const path = `/jobs/${action}`;
    /** A kind is retried as a whole; jobs are dropped one by one. */
    const chosen = ({ key, kind }: Chosen): Chosen => {
      if (key !== undefined && key !== '') return { key };
      if (action === 'retry' && kind !== undefined && kind !== '') return { kind };
      throw new PageError('not_found');
    };

    router.get(
      path,
      signedIn(deps, async (ctx, desk) => {
        const typed = sessions.take(desk.session.key, 'typed') ?? {};
        const which = chosen({
          key: textOfQuery(ctx, 'key') ?? typed['job'],
          kind: textOfQuery(ctx, 'kind') ?? typed['kind'],
        });
        confirmPage(ctx, desk, action, { ...which, reason: typed['reason'] ?? '', actionKey: keyOf(typed['action_key'] ?? '') });
      }),
    );

    router.post(
      path,
      signedIn(deps, async (ctx, desk) => {
        const { t } = ctx.state;
        const which = chosen({ key: formField(ctx, 'job'), kind: formField(ctx, 'kind') });
        const form: Form = {
          ...which,
          reason: formField(ctx, 'reason').trim(),
          // A double click on the same page sends the same key, and acts once.
          actionKey: keyOf(formField(ctx, 'action_key')),
        };
        const mistake = reasonMistake(t, form.reason);
        if (mistake !== undefined) return confirmPage(ctx, desk, action, form, { reason: mistake });
        const body = { ...which, reason: form.reason };
        try {
          if (action === 'drop') {
            await api.post(desk.session, path, body, dropped, form.actionKey);
            sessions.save(desk.session.key, 'told', { key: 'dropped' });
          } else {
            const { retried: count } = await api.post(desk.session, path, body, retried, form.actionKey);
            sessions.save(desk.session.key, 'told', { key: 'retried', values: { count } });
          }
        } catch (error) {
          const refused = refusedReason(t, error);
          if (refused !== undefined) return confirmPage(ctx, desk, action, form, { reason: refused });
          if (!(error instanceof ApiRefusal && (error.status === 409 || error.code === 'job_unknown'))) throw error;
          sessions.save(desk.session.key, 'told', { key: error.code === 'still_running' ? 'still_running' : 'job_gone' });
        }
        redirect(ctx, '/jobs');
      }),
    );
  }

  return router;
}
