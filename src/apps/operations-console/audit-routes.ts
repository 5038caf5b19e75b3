// The audit: who looked at whom and why, and whether the ledger is sound.
import Router from 'koa-router';
import { z } from 'zod';
import type { PageState } from '../../http/page-context.ts';
import { ledgerEvents, verification, type LedgerEvent } from './answers.ts';
import { consolePage, signedIn, type ConsoleContext, type ConsoleDeps } from './console.ts';
import { textOfQuery, withQuery } from './with-query.ts';
import { timeIfAny, timeOf, wordOf } from './words.ts';

/** What operators do, as the ledger names it. Each can be chosen alone. */
const OPERATOR_EVENTS = [
  'account.looked_at',
  'account.unmasked',
  'account.exported',
  'account.limits_lifted',
  'account.sign_ins_ended',
  'account.disabled',
  'account.enabled',
  'account.second_factor_removal_ordered',
  'account.erasure_ordered',
  'job.retried',
  'job.dropped',
] as const;
const DAY_MS = 24 * 60 * 60 * 1000;
const JAPAN_AHEAD_MS = 9 * 60 * 60 * 1000;

/** They have columns of their own. */
const COLUMNS = ['operator', 'reason', 'from'];

/** Creates the router for `/audit`. */
export function auditRoutes(deps: ConsoleDeps): Router<PageState> {
  const { api } = deps;
  const router = new Router<PageState>();

  router.get(
    '/audit',
    signedIn(deps, async (ctx, desk) => {
      const { t } = ctx.state;
      const asked = {
        type: OPERATOR_EVENTS.find((known) => known === textOfQuery(ctx, 'type')),
        operator: textOfQuery(ctx, 'operator')?.trim(),
        subject: textOfQuery(ctx, 'subject')?.trim(),
        since: sinceOf(ctx, deps.clock()),
      };
      const since = asked.since && `${asked.since}T00:00:00+09:00`;
      const query = { ...asked, since, cursor: textOfQuery(ctx, 'cursor') };
      const { events, next_cursor: next } = await api.get(desk.session, withQuery('/ledger/events', query), ledgerEvents);
      consolePage(deps, ctx, desk, 'audit', {
        title: t('audit.title'),
        asked,
        types: [
          { value: '', label: t('audit.every_type') },
          ...OPERATOR_EVENTS.map((type) => ({ value: type, label: wordOfEvent(ctx.state, type) })),
        ],
        events: events.map((event) => shown(ctx.state, event)),
        ...(next !== undefined && { nextHref: withQuery('/audit', { ...asked, cursor: next }) }),
      });
    }),
  );

  router.post(
    '/audit/verify',
    signedIn(deps, async (ctx, desk) => {
      const { t } = ctx.state;
      const { sound, findings, last_anchor_at: anchored } = await api.post(desk.session, '/ledger/verify', {}, verification);
      consolePage(deps, ctx, desk, 'verified', {
        title: t('verified.title'),
        sound,
        anchored: timeIfAny(ctx.state, anchored),
        findings: findings.map(({ part, sequence, kind }) => `${part} ${sequence}: ${kind}`),
        shownAt: '/audit',
      });
    }),
  );

  return router;
}

/** Returns the first day that is shown: the one that was asked for, or a week ago in Japan. An empty field asks for everything. */
function sinceOf(ctx: ConsoleContext, now: number): string | undefined {
  if (ctx.query['since'] === '') return undefined;
  const asked = z.iso.date().safeParse(ctx.query['since']);
  return asked.success ? asked.data : new Date(now - 7 * DAY_MS + JAPAN_AHEAD_MS).toISOString().slice(0, 10);
}

/** The keys of texts have no dots. */
function wordOfEvent(state: ConsoleContext['state'], type: string): string {
  const word = wordOf(state, 'events', type.replaceAll('.', '_'));
  return word === type.replaceAll('.', '_') ? type : word;
}

function shown(state: ConsoleContext['state'], { at, type, subject, data }: LedgerEvent) {
  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  const column = (name: string): string => (data[name] === undefined ? '–' : text(data[name]));
  return {
    at: timeOf(state, at),
    type: wordOfEvent(state, type),
    subject,
    operator: column('operator'),
    reason: column('reason'),
    rest: Object.entries(data).flatMap(([name, value]) => (COLUMNS.includes(name) ? [] : [`${name}: ${text(value)}`])),
  };
}
