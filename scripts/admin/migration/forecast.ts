// npm run admin -- migration forecast: how many will have moved at the sunset date.
import {
  BAND_SHARE,
  FEWEST_DAYS,
  FEWEST_MOVES,
  forecast as forecastOf,
  type NoForecast,
} from '../../../src/domain/forecast/forecast.ts';
import { neededRate } from '../../../src/domain/forecast/needed-rate.ts';
import { readCampaign } from '../../../src/operations/migration/read-campaign.ts';
import { withDesk } from '../desk.ts';
import { table } from '../table.ts';
import type { Action } from '../topic.ts';
import { UsageError } from '../usage-error.ts';

const WHY: Record<NoForecast, string> = {
  over: 'the day has come already',
  too_early: `the first mails were sent less than ${FEWEST_DAYS} days ago`,
  too_few: `fewer than ${FEWEST_MOVES} people have moved after a mail`,
  too_far: 'much of it lies so long after the mails that no wave is that old yet',
};

export const forecast: Action = {
  does: 'says how many will have moved at a day, with a band, and how many must be invited a day to reach a goal',
  options: {
    at: 'the first day on which nobody can move any more, such as 2027-04-01',
    goal: 'the percentage of the list that should have moved; default: 95',
  },
  needs: ['at'],
  async run({ values: { at = '', goal = '95' }, ...input }) {
    const percent = Number(goal);
    if (!/^\d{4}-\d{2}-\d{2}$/.test(at) || Number.isNaN(Date.parse(at)))
      throw new UsageError('--at: expected a day such as 2027-04-01');
    if (!(percent > 0 && percent <= 100)) throw new UsageError('--goal: expected a percentage from 1 to 100');
    return withDesk(input, async (deps) => {
      const campaign = await readCampaign(deps, at);
      const answer = forecastOf(campaign);
      const { population, moved, uninvited } = campaign;
      const base = { at, listed: population, moved, without_mail: uninvited.size };
      if (!answer.can) {
        const json = { ...base, forecast: null, why_not: answer.why };
        return { json, text: `${moved} of ${population} have moved. More cannot be said: ${WHY[answer.why]}.\n` };
      }
      const { low, middle, high } = answer.forecast;
      const people = Math.ceil((population * percent) / 100);
      const needed = neededRate(campaign, people);
      const json = {
        ...base,
        forecast: { low, middle, high, band_share: BAND_SHARE },
        goal: {
          people,
          moves_a_day: needed.movesADay,
          invitations_a_day: needed.invitationsADay ?? null,
          most_reachable: needed.mostReachable,
        },
      };
      const share = (count: number): string => `${count} (${((100 * count) / Math.max(1, population)).toFixed(1)} %)`;
      const more = needed.invitationsADay;
      const rows = [
        ['Listed', String(population)],
        ['Moved so far', share(moved)],
        [
          `Moved at ${at}`,
          `${share(middle)}, between ${share(low)} and ${share(high)} in ${BAND_SHARE * 100} of 100 such campaigns`,
        ],
        [`For ${share(people)}`, `${needed.movesADay} have to move a day`],
        [
          '',
          more === undefined
            ? `invitations alone are not enough: at most ${share(needed.mostReachable)}`
            : `${more} more people must be invited a day than planned`,
        ],
      ];
      return { json, text: table(rows) };
    });
  },
};
