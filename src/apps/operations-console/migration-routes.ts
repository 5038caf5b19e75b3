// The funnel of the migration: how far all legacy users have come, and where they stop; as a chart with its table.
import Router from 'koa-router';
import type { PageState } from '../../http/page-context.ts';
import { LOCALE_OF } from '../../language.ts';
import { DIMENSIONS, funnel as funnelSchema, type Funnel } from './answers.ts';
import { consolePage, signedIn, type ConsoleContext, type ConsoleDeps } from './console.ts';
import { textOfQuery, withQuery } from './with-query.ts';
import { timeOf, wordOf } from './words.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Creates the router for `/migration`. */
export function migrationRoutes(deps: ConsoleDeps): Router<PageState> {
  const router = new Router<PageState>();
  router.get(
    '/migration',
    signedIn(deps, async (ctx, desk) => {
      const { t } = ctx.state;
      const by = DIMENSIONS.find((known) => known === textOfQuery(ctx, 'by'));
      const answer = await deps.api.get(desk.session, withQuery('/migration/funnel', { by }), funnelSchema);
      consolePage(deps, ctx, desk, 'migration', {
        title: t('migration.title'),
        at: timeOf(ctx.state, answer.at),
        by,
        dimensions: [
          { value: '', label: t('migration.no_dimension') },
          ...DIMENSIONS.map((value) => ({ value, label: t(`migration.dimensions.${value}`) })),
        ],
        ...describeFunnel(ctx.state, answer),
      });
    }),
  );
  return router;
}

/** Returns the bars of the chart and the rows of the tables, with numbers as people read them. */
export function describeFunnel({ t, language }: Pick<ConsoleContext['state'], 't' | 'language'>, answer: Funnel) {
  const whole = new Intl.NumberFormat(LOCALE_OF[language]);
  const share = new Intl.NumberFormat(LOCALE_OF[language], { style: 'percent', maximumFractionDigits: 1 });
  const most = Math.max(1, ...answer.steps.map(({ reached }) => reached));
  const stepName = (step: string): string => wordOf({ t }, 'migration.steps', step);
  const duration = (seconds: number): string => {
    const [unit, size] = seconds < HOUR ? ['minutes', MINUTE] : seconds < DAY ? ['hours', HOUR] : ['days', DAY];
    return t(`migration.at_most.${unit}`, { count: Math.ceil(seconds / Number(size)) });
  };
  return {
    bars: answer.steps.map(({ step, reached }) => ({
      label: stepName(step),
      count: whole.format(reached),
      percent: Number(((100 * reached) / most).toFixed(2)),
    })),
    steps: answer.steps.map((one) => [
      stepName(one.step),
      whole.format(one.reached),
      share.format(one.reached / most),
      whole.format(one.stopped_here),
      one.share_stopped === undefined ? '–' : share.format(one.share_stopped),
      one.median_seconds_at_most === undefined ? '–' : duration(one.median_seconds_at_most),
    ]),
    states: [
      ...Object.entries(answer.states).map(([state, count]) => ({
        label: wordOf({ t }, 'migration.states', state),
        value: whole.format(count),
      })),
      { label: t('migration.unlisted'), value: whole.format(answer.unlisted) },
    ],
    waiting: answer.waiting.map(({ days, count }) => ({ label: t('migration.days', { days }), value: whole.format(count) })),
    failures: answer.failures.map(({ reason, count }) => ({
      label: wordOf({ t }, 'migration.failures', reason),
      value: whole.format(count),
    })),
    lines: answer.lines && {
      heads: [t('migration.value'), ...answer.steps.map(({ step }) => stepName(step))],
      rows: answer.lines.map(({ value, reached }) => [
        value,
        ...answer.steps.map(({ step }) => whole.format(reached[step] ?? 0)),
      ]),
    },
  };
}
