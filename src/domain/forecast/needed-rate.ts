// Says how many people must be invited a day, so that a goal is reached at the sunset date.
import { sum, type PlannedMails } from './cohort.ts';
import { expectedEnd, type CampaignSoFar } from './forecast.ts';

export type NeededRate = {
  /** How many have to move a day, from today on. */
  movesADay: number;
  /** How many have to be invited a day besides the planned mails; `undefined` if not even an invitation of all of them today is enough. */
  invitationsADay: number | undefined;
  /** How many are expected to have moved if everybody who has no mail yet is invited today. */
  mostReachable: number;
};

/** @param goal how many people should have moved. The sunset date must be ahead. */
export function neededRate(campaign: CampaignSoFar, goal: number): NeededRate {
  const { today, sunset, moved, uninvited, planned } = campaign;
  const endWith = expectedEnd(campaign);
  const pool = Math.max(0, uninvited.size - sum(planned.map(({ size }) => size)));
  const endAt = (rate: number): number => endWith(mailsADay(rate, pool, today, sunset));
  const mostReachable = Math.round(endAt(pool));
  const movesADay = Math.ceil(Math.max(0, goal - moved) / (sunset - today));
  if (mostReachable < goal) return { movesADay, invitationsADay: undefined, mostReachable };
  let [low, high] = [0, pool];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (Math.round(endAt(middle)) >= goal) high = middle;
    else low = middle + 1;
  }
  return { movesADay, invitationsADay: low, mostReachable };
}

function mailsADay(rate: number, pool: number, today: number, sunset: number): PlannedMails[] {
  const mails: PlannedMails[] = [];
  for (let [day, left] = [today, pool]; day < sunset && left > 0 && rate > 0; day += 1, left -= rate)
    mails.push({ wave: 'more', day, size: Math.min(rate, left) });
  return mails;
}
