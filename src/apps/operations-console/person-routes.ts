// The support desk: finds a person by something that identifies them exactly, and shows what happened to them. Each look has a reason.
import Router from 'koa-router';
import type { PageState } from '../../http/page-context.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import { actionsFor } from './actions.ts';
import { found, person as personSchema, timeline } from './answers.ts';
import { openCases, reasonOf } from './case-of-person.ts';
import { consolePage, signedIn, type ConsoleContext, type ConsoleDeps, type Desk } from './console.ts';
import { identityOf, methodsOf, tablesOf } from './describe-person.ts';
import { ApiRefusal } from './operations-api.ts';
import { reasonMistake, refusedReason } from './reason.ts';
import { timeOf, wordOf } from './words.ts';

/** The longest identifier is an address. */
const LONGEST_IDENTIFIER = 320;
/** The API counts looks, too. */
const TIMELINE_ASKED = 300;
const TIMELINE_LENGTH = 100;
/** They would hide what happened to the person. The audit has them. */
const LOOK = 'account.looked_at';

/** Creates the router for `/support` and `/people/<account id>`. */
export function personRoutes(deps: ConsoleDeps): Router<PageState> {
  const { api, sessions, clock } = deps;
  const router = new Router<PageState>();

  function searchPage(
    ctx: ConsoleContext,
    desk: Desk,
    typed: { identifier?: string | undefined; reason?: string | undefined },
    more: { errors?: Record<string, string>; people?: object[] } = {},
  ): void {
    consolePage(deps, ctx, desk, 'support', { title: ctx.state.t('support.title'), typed, ...more });
  }

  router.get(
    '/support',
    signedIn(deps, async (ctx, desk) => searchPage(ctx, desk, sessions.take(desk.session.key, 'typed') ?? {})),
  );

  router.post(
    '/support',
    signedIn(deps, async (ctx, desk) => {
      const { t } = ctx.state;
      const typed = { identifier: formField(ctx, 'identifier').trim(), reason: formField(ctx, 'reason').trim() };
      const errors: Record<string, string> = {};
      if (typed.identifier === '' || typed.identifier.length > LONGEST_IDENTIFIER)
        errors['identifier'] = t('support.errors.identifier');
      const mistake = reasonMistake(t, typed.reason);
      if (mistake !== undefined) errors['reason'] = mistake;
      if (Object.keys(errors).length > 0) return searchPage(ctx, desk, typed, { errors });
      try {
        const { accounts } = await api.post(desk.session, '/accounts/find', typed, found);
        openCases(
          sessions,
          desk.session,
          accounts.map(({ id }) => id),
          typed.reason,
          clock(),
        );
        const [only, another] = accounts;
        if (only && !another) return redirect(ctx, pathOfPerson(only.id));
        const people = accounts.map(({ id, email, state, found_by: by }) => ({
          href: pathOfPerson(id),
          email,
          state: wordOf(ctx.state, 'states', state),
          foundBy: wordOf(ctx.state, 'found_by', by),
        }));
        searchPage(ctx, desk, typed, { people });
      } catch (error) {
        if (error instanceof ApiRefusal && error.code === 'person_unknown')
          return searchPage(ctx, desk, typed, { errors: { identifier: t('support.errors.unknown') } });
        const refused = refusedReason(t, error);
        if (refused === undefined) throw error;
        searchPage(ctx, desk, typed, { errors: { reason: refused } });
      }
    }),
  );

  /** Shows the person, if the operator has given a reason; otherwise asks for it. */
  async function personPage(ctx: ConsoleContext, desk: Desk, unmask?: { reason: string }): Promise<void> {
    const { t } = ctx.state;
    const id = ctx.params['id'] ?? '';
    const reason = unmask?.reason ?? reasonOf(desk.session, id, clock());
    if (reason === undefined) {
      const typed = sessions.take(desk.session.key, 'typed') ?? {};
      return consolePage(deps, ctx, desk, 'case', { title: t('case.title'), action: pathOfPerson(id), reason: typed['reason'] });
    }
    const account = `/accounts/${encodeURIComponent(id)}`;
    const [shown, { entries }] = await Promise.all([
      api.post(desk.session, `${account}/show`, { reason, unmask: unmask !== undefined }, personSchema),
      api.post(desk.session, `${account}/timeline`, { reason, language: ctx.state.language, limit: TIMELINE_ASKED }, timeline),
    ]);
    const path = pathOfPerson(id);
    consolePage(deps, ctx, desk, 'person', {
      title: t('person.title', { email: shown.identifiers.email }),
      reason,
      isUnmasked: unmask !== undefined,
      identity: identityOf(ctx.state, shown),
      methods: methodsOf(ctx.state, shown),
      tables: tablesOf(ctx.state, shown),
      // The newest first: that is what the person calls about.
      timeline: entries
        .filter(({ type }) => type !== LOOK)
        .slice(-TIMELINE_LENGTH)
        .map(({ at, words }) => ({ at: timeOf(ctx.state, at), words }))
        .toReversed(),
      actions: actionsFor(shown).map((name) => ({ name, href: `${path}/${name}` })),
      unmaskAction: `${path}/unmask`,
      shownAt: path,
    });
  }

  router.get(
    '/people/:id',
    signedIn(deps, async (ctx, desk) => personPage(ctx, desk)),
  );

  router.post(
    '/people/:id',
    signedIn(deps, async (ctx, desk) => {
      const { t } = ctx.state;
      const id = ctx.params['id'] ?? '';
      const reason = formField(ctx, 'reason').trim();
      const mistake = reasonMistake(t, reason);
      if (mistake === undefined) {
        openCases(sessions, desk.session, [id], reason, clock());
        return redirect(ctx, pathOfPerson(id));
      }
      consolePage(deps, ctx, desk, 'case', {
        title: t('case.title'),
        action: pathOfPerson(id),
        reason,
        errors: { reason: mistake },
      });
    }),
  );

  router.get('/people/:id/unmask', (ctx) => redirect(ctx, pathOfPerson(ctx.params['id'] ?? '')));

  router.post(
    '/people/:id/unmask',
    signedIn(deps, async (ctx, desk) => {
      const reason = formField(ctx, 'reason').trim();
      const mistake = reasonMistake(ctx.state.t, reason);
      if (mistake === undefined) {
        openCases(sessions, desk.session, [ctx.params['id'] ?? ''], reason, clock());
        return personPage(ctx, desk, { reason });
      }
      sessions.save(desk.session.key, 'told', { key: 'reason_needed' });
      redirect(ctx, pathOfPerson(ctx.params['id'] ?? ''));
    }),
  );

  return router;
}

/** @param id from the API, or from the address of the page that is open */
export function pathOfPerson(id: string): string {
  return `/people/${encodeURIComponent(id)}`;
}
