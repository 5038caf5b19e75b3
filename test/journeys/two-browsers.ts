// The two kinds of browser for journeys, for `describe.each`.
import { afterAll, beforeAll, describe } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';
import { startWorld, type World, type WorldOptions } from '../support/world.ts';
import { createChromiumDriver } from './chromium-driver.ts';
import type { Driver } from './driver.ts';
import { createHttpDriver } from './http-driver.ts';
import { createTraveller, type Traveller } from './traveller.ts';

export type Journey<D extends Driver = Driver> = {
  world: World;
  /** A person with a new browser, which is closed at the end. */
  person(): Promise<Traveller<D>>;
  /** A person with this browser, which is closed at the end. */
  travel(driver: D): Traveller<D>;
};

/** Describes journeys twice: in Chromium, and in a browser without JavaScript; each in its own world. */
export function inTwoBrowsers(options: WorldOptions, journeys: (journey: Journey) => void): void {
  describe('with JavaScript', () => {
    let chromium: Browser;
    beforeAll(async () => {
      chromium = await launchChromium();
    });
    afterAll(async () => chromium.close());
    inWorld(options, async () => createChromiumDriver(chromium, { javaScript: true }), journeys);
  });
  describe('without JavaScript', () => {
    inWorld(options, async () => createHttpDriver(), journeys);
  });
}

/** Journeys in one world. */
export function inWorld<D extends Driver>(
  options: WorldOptions,
  newDriver: () => Promise<D>,
  journeys: (journey: Journey<D>) => void,
): void {
  const drivers: D[] = [];
  const journey: Journey<D> = {
    world: undefined as unknown as World,
    person: async () => journey.travel(await newDriver()),
    travel(driver) {
      drivers.push(driver);
      return createTraveller(driver, journey.world);
    },
  };
  beforeAll(async () => {
    journey.world = await startWorld(options);
  }, 30_000);
  afterAll(async () => {
    await Promise.all(drivers.map(async (driver) => driver.close()));
    await (journey.world as World | undefined)?.stop();
  });
  journeys(journey);
}
