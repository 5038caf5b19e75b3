// The campaign: `/migration/…`, with the scope `operations:migration`.
import { z } from 'zod';
import { FUNNEL_DIMENSIONS } from '../../../domain/funnel-counts.ts';
import { FUNNEL_STEPS, LEGACY_USER_STATES } from '../../../domain/population.ts';
import { readFunnel, readFunnelBy } from '../../migration/funnel.ts';
import { listStuckUsers } from '../../migration/stuck-users.ts';
import { actionOf } from '../caller.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';
import { nextCursor, readCursor, reason, time, writeCursor } from '../schemas.ts';

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

const stuck = endpoint({
  name: 'listStuckUsers',
  method: 'POST',
  path: '/migration/stuck',
  tells: 'Lists legacy users of a site who have come, have not finished, and were not seen for some days. The look is an event.',
  role: 'migration',
  body: z.strictObject({
    reason,
    client_id: z.string('expected the client of the legacy site').min(1).max(64),
    days: z.int('expected a number of days from 0 to 365').min(0).max(365).default(7),
    limit: z.int('expected a number from 1 to 200').min(1).max(200).default(50),
    cursor: z.string('expected next_cursor of the answer before').max(1000).optional(),
    unmask: z.boolean('expected true or false').default(false),
  }),
  answer: z.strictObject({
    users: z.array(
      z.strictObject({
        id: z.string(),
        client_id: z.string(),
        legacy_id: z.string().meta({ description: 'Masked unless the request asks to unmask.' }),
        last_step: step,
        seen_at: time,
        days: count,
        road: z.enum(['new_id', 'has_id']).optional(),
        segment: z.string().optional(),
        failure: z.string().optional(),
        help: z.enum(['invite_again', 'ask_by_telephone', 'sign_in_with_the_id', 'open_a_case']),
      }),
    ),
    next_cursor: nextCursor,
  }),
  refusals: { 422: ['reason_personal'] },
  async run({ deps, caller, body: { client_id: clientId, reason: why, cursor, ...asked } }) {
    const after = readCursor(z.strictObject({ since: z.number(), id: z.string() }), cursor);
    const { users, next } = await listStuckUsers(deps, { ...asked, clientId, after }, actionOf(caller, why));
    return { users, next_cursor: next && writeCursor(next) };
  },
});

/** Waves and the forecast go here, too, each as `endpoint({ role: 'migration', path: '/migration/…', … })`. */
export const MIGRATION_ENDPOINTS: Endpoint[] = [funnel, stuck];
