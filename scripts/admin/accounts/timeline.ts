// accounts timeline: what happened to a person, in words.
import { LANGUAGES } from '../../../src/language.ts';
import { noteLook } from '../../../src/operations/operator-action.ts';
import { timelineOf, timelineTime } from '../../../src/operations/timeline.ts';
import { accountFor, BY, NEEDS_BY, withDesk } from '../desk.ts';
import { table } from '../table.ts';
import type { Action } from '../topic.ts';
import { UsageError } from '../usage-error.ts';

const MOST = 10_000;

export const timeline: Action = {
  operands: ['<account id>'],
  does: 'shows what happened to a person, in words, oldest first, at the time of Japan; the look is written to the ledger',
  options: {
    ...BY,
    language: 'the language of the words: ja or en; default: en',
    limit: 'how many of the newest events; default: 100',
  },
  needs: NEEDS_BY,
  async run({ operands: [id = ''], values, ...input }) {
    const language = LANGUAGES.find((one) => one === (values.language ?? 'en'));
    if (!language) throw new UsageError(`--language: expected ${LANGUAGES.join(' or ')}`);
    const most = Number(values.limit ?? 100);
    if (!Number.isInteger(most) || most < 1 || most > MOST) throw new UsageError(`--limit: expected a number from 1 to ${MOST}`);
    return withDesk(input, async (deps) => {
      const { account, action } = await accountFor(deps, id, values);
      await noteLook(deps, account.id, 'timeline', action);
      const entries = await timelineOf(deps, account, language, most);
      const rows = entries.map(({ at, words }) => [timelineTime(at, language), words]);
      return {
        json: entries.map(({ at, ...entry }) => ({ at: new Date(at).toISOString(), ...entry })),
        text: rows.length === 0 ? 'There are no events.\n' : table(rows),
      };
    });
  },
};
