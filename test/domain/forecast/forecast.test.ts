// The forecast is tried on campaigns whose ending is known.
import { describe, expect, test } from '@jest/globals';
import { expectedEnd, forecast, type CampaignSoFar, type Forecast } from '../../../src/domain/forecast/forecast.ts';
import { neededRate } from '../../../src/domain/forecast/needed-rate.ts';
import { figure } from '../../attacks/support/figure.ts';
import { simulateCampaign, type Shape } from './simulate-campaign.ts';

const CAMPAIGNS = figure(60, 4);
const SHAPES: Shape[] = ['steady', 'front-loaded', 'reminders', 'stopped'];
const DAYS = [21, 42] as const;

const EMPTY: CampaignSoFar = {
  today: 30,
  sunset: 84,
  population: 1000,
  moved: 0,
  cohorts: [],
  uninvited: { size: 1000, days: [] },
  planned: [],
  reminders: [],
};

function said(campaign: CampaignSoFar): Forecast {
  const answer = forecast(campaign);
  if (!answer.can) throw new Error(answer.why);
  return answer.forecast;
}

describe('campaigns with a known ending', () => {
  const tried = SHAPES.flatMap((shape) =>
    DAYS.flatMap((day) =>
      Array.from({ length: CAMPAIGNS }, (_, n) => {
        const campaign = simulateCampaign(shape, 1 + n * 13);
        return { shape, day, soFar: campaign.on(day), answer: forecast(campaign.on(day), n), ending: campaign.ending };
      }),
    ),
  );
  const told = tried.flatMap(({ answer, ...rest }) => (answer.can ? [{ ...rest, ...answer.forecast }] : []));

  test('end in the band in four of five cases', () => {
    expect(told.length).toBeGreaterThan(tried.length * 0.9);
    const inBand = told.filter(({ low, high, ending }) => low <= ending && ending <= high);
    expect(inBand.length / told.length).toBeGreaterThanOrEqual(0.8);
  });

  test('end near the middle, and the band is narrow enough to decide by', () => {
    const mean = (of: (one: (typeof told)[number]) => number): number =>
      told.reduce((all, one) => all + of(one), 0) / told.length;
    expect(mean(({ middle, ending }) => Math.abs(middle - ending) / ending)).toBeLessThan(0.06);
    expect(Math.abs(mean(({ middle, ending }) => (middle - ending) / ending))).toBeLessThan(0.04);
    expect(mean(({ low, high, ending }) => (high - low) / ending)).toBeLessThan(0.25);
  });

  test('that were stopped are not drawn on as a line', () => {
    for (const { soFar, middle, ending } of told.filter(({ shape, day }) => shape === 'stopped' && day === 42)) {
      const line = soFar.moved + (soFar.moved / soFar.today) * (soFar.sunset - soFar.today);
      expect(Math.abs(middle - ending)).toBeLessThan(Math.abs(line - ending) / 3);
    }
  });
});

test('the same figures give the same forecast', () => {
  const campaign = simulateCampaign('steady', 5).on(30);
  expect(forecast(campaign)).toEqual(forecast(campaign));
});

test('nobody ends before where they are, or with more than there are', () => {
  const campaign = simulateCampaign('steady', 9).on(60);
  for (const population of [campaign.moved, campaign.moved + 10]) {
    const { low, middle, high } = said({ ...campaign, population });
    expect([low >= campaign.moved, middle >= low, high >= middle, high <= population]).toEqual([true, true, true, true]);
  }
});

describe('it cannot be said', () => {
  const after = (day: number, completed: number[]): CampaignSoFar => ({
    ...EMPTY,
    sunset: 31,
    moved: completed.reduce((all, one) => all + one),
    cohorts: [{ wave: 'a', kind: 'invited', day, size: 500, completed }],
  });

  test('after the end', () => {
    expect(forecast({ ...simulateCampaign('steady', 1).on(30), sunset: 30 })).toEqual({ can: false, why: 'over' });
  });

  test('without a mail, or in the first ten days', () => {
    expect(forecast(EMPTY)).toEqual({ can: false, why: 'too_early' });
    expect(forecast(after(21, [90]))).toEqual({ can: false, why: 'too_early' });
    expect(forecast(after(20, [90])).can).toBe(true);
  });

  test('from fewer than 50 people who moved', () => {
    expect(forecast(after(10, [49]))).toEqual({ can: false, why: 'too_few' });
    expect(forecast(after(10, [50])).can).toBe(true);
  });

  test('if most of it lies at ages that no wave has reached', () => {
    const slow = Array.from({ length: 12 }, () => 5);
    const early = { ...after(0, slow), today: 12 };
    expect(forecast({ ...early, sunset: 200 })).toEqual({ can: false, why: 'too_far' });
    expect(forecast({ ...early, sunset: 14 }).can).toBe(true);
  });
});

describe('the needed rate', () => {
  const campaign = { ...simulateCampaign('steady', 3).on(30), planned: [] };
  const end = expectedEnd(campaign);

  test('is the smallest with which the goal is reached', () => {
    const goal = Math.round(end([]) + 1500);
    const { invitationsADay = 0, movesADay } = neededRate(campaign, goal);
    const endWith = (rate: number): number => {
      const days = Array.from({ length: campaign.sunset - campaign.today }, (_, n) => n);
      const left = (n: number): number => Math.min(rate, Math.max(0, campaign.uninvited.size - n * rate));
      return Math.round(end(days.map((n) => ({ wave: 'more', day: campaign.today + n, size: left(n) }))));
    };
    expect(invitationsADay).toBeGreaterThan(0);
    expect([endWith(invitationsADay) >= goal, endWith(invitationsADay - 1) >= goal]).toEqual([true, false]);
    expect(movesADay).toBe(Math.ceil((goal - campaign.moved) / (campaign.sunset - campaign.today)));
  });

  test('is nothing on the way to the goal, and not there if the goal cannot be reached', () => {
    expect(neededRate(campaign, campaign.moved).invitationsADay).toBe(0);
    const far = neededRate(campaign, campaign.population);
    expect(far.invitationsADay).toBeUndefined();
    expect(far.mostReachable).toBeLessThan(campaign.population);
  });
});
