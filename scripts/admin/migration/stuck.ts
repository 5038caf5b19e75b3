// Lists legacy users who have come, have not finished, and were not seen for some days.
import { listStuckUsers, type Help } from '../../../src/operations/migration/stuck-users.ts';
import { actionOf, BY, NEEDS_BY, withDesk } from '../desk.ts';
import { table } from '../table.ts';
import type { Action } from '../topic.ts';
import { UsageError } from '../usage-error.ts';
import { clientOf } from './import.ts';

const MOST = 1_000;
const HELP: Record<Help, string> = {
  invite_again: 'invite again',
  ask_by_telephone: 'no address: ask by telephone',
  sign_in_with_the_id: 'has an ID: tell to sign in with it',
  open_a_case: 'open a case: the legacy identity belongs to another ID',
};

export const stuck: Action = {
  does: 'lists legacy users who have come, have not finished, and were not seen for some days, the longest first',
  options: {
    ...BY,
    days: 'for how many days they were not seen',
    client: 'the client of the legacy site; needed if more than one hands profiles over',
    limit: 'how many to list; default: 100',
    after: 'the place that the list before ended with',
  },
  flags: { unmask: 'shows the legacy ids in full' },
  needs: ['days', ...NEEDS_BY],
  async run({ values, flags, ...input }) {
    const [days, limit] = [numberOf('days', values.days, 3_650), numberOf('limit', values.limit ?? '100', MOST)];
    const action = actionOf(values);
    const after = placeOf(values.after);
    return withDesk(input, async (deps) => {
      const clientId = clientOf(deps.config, values.client);
      const asked = { clientId, days, limit, after, unmask: flags.has('unmask') };
      const { users, next } = await listStuckUsers(deps, asked, action);
      const place = next && `${next.since}:${next.id}`;
      const rows = users.map((user) => [
        user.id,
        user.legacy_id,
        user.last_step,
        `${user.days} days`,
        user.failure ?? '–',
        HELP[user.help],
      ]);
      const list =
        rows.length === 0
          ? 'Nobody is stuck.\n'
          : table([['RECORD', 'LEGACY ID', 'LAST STEP', 'NOT SEEN FOR', 'FAILED', 'WHAT HELPS'], ...rows]);
      return { json: { users, next: place ?? null }, text: `${list}${place ? `More with --after ${place}\n` : ''}` };
    });
  },
};

function numberOf(name: string, value: string | undefined, most: number): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > most)
    throw new UsageError(`--${name}: expected a number from 1 to ${most}`);
  return number;
}

function placeOf(value: string | undefined): { since: number; id: string } | undefined {
  if (value === undefined) return undefined;
  const [since = '', id = ''] = value.split(':');
  if (!/^\d{1,15}$/.test(since) || id === '') throw new UsageError('--after: expected the place that the list before ended with');
  return { since: Number(since), id };
}
