// The campaign: `/migration/…`, with the scope `operations:migration`.
import { z } from 'zod';
import { FUNNEL_DIMENSIONS } from '../../../domain/funnel-counts.ts';
import { FUNNEL_STEPS, LEGACY_USER_STATES } from '../../../domain/population.ts';
import { readFunnel, readFunnelBy } from '../../migration/funnel.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';
import { time } from '../schemas.ts';

const count = z.int().min(0);
const step = z.enum(FUNNEL_STEPS);

const funnel = endpoint({
  name: 'showFunnel',
  method: 'GET',
  path: '/migration/funnel',
  tells:
    'Counts how far all legacy users have come, and where they stop. It reads the counts alone, so it is quick for millions.',
  role: 'migration',
  query: z.strictObject({
    by: z
      .enum(FUNNEL_DIMENSIONS, `expected one of ${FUNNEL_DIMENSIONS.join(', ')}`)
      .optional()
      .meta({ description: 'Also tells the steps for each value of this.' }),
  }),
  answer: z.strictObject({
    at: time,
    steps: z.array(
      z.strictObject({
        step,
        reached: count.meta({ description: 'How many legacy users have ever reached it.' }),
        stopped_here: count.meta({ description: 'How many of them are under way and have not reached a later step.' }),
        share_stopped: z.number().optional().meta({ description: '`stopped_here` of `reached`.' }),
        median_seconds_at_most: z
          .number()
          .optional()
          .meta({ description: 'Half of those who reached it needed at most so many seconds since the step before.' }),
      }),
    ),
    states: z.record(z.enum(LEGACY_USER_STATES), count).meta({ description: 'How many legacy users are in each state now.' }),
    unlisted: count.meta({ description: 'How many of them are not in the list.' }),
    waiting: z
      .array(z.strictObject({ days: count, count }))
      .meta({ description: 'Those under way who were not seen for so many days.' }),
    failures: z
      .array(z.strictObject({ reason: z.string(), count }))
      .meta({ description: 'Those under way whose last try failed.' }),
    lines: z
      .array(z.strictObject({ value: z.string(), reached: z.record(step, count) }))
      .optional()
      .meta({ description: 'For `by`: the steps of each value, in order of the values.' }),
  }),
  run: async ({ deps, query: { by } }) => ({
    ...(await readFunnel(deps)),
    ...(by !== undefined && { lines: await readFunnelBy(deps, by) }),
  }),
});

/** Waves, forecast and stuck people go here, too, each as `endpoint({ role: 'migration', path: '/migration/…', … })`. */
export const MIGRATION_ENDPOINTS: Endpoint[] = [funnel];
