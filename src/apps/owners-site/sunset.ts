// The day on which the owners site ends.
import { daysBetween, japanDay } from './japan-day.ts';

export type Sunset = {
  /** The last day, `YYYY-MM-DD`, in Japan. */
  day: string;
  /** 0 on the last day, negative after it. */
  daysLeft: number;
};

/** @returns undefined if no end is set */
export function sunsetAt(now: number, day: string | undefined): Sunset | undefined {
  return day === undefined ? undefined : { day, daysLeft: daysBetween(japanDay(now), day) };
}
