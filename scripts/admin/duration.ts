// Durations on the command line: 90s, 15m, 24h, 7d.
import { UsageError } from './usage-error.ts';

const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Parses a duration into milliseconds.
 * @throws {UsageError} if it is not a duration
 */
export function parseDuration(option: string, text: string): number {
  const [, number, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (number === undefined || unit === undefined)
    throw new UsageError(`--${option}: expected a duration such as 90s, 15m, 24h or 7d, found '${text}'`);
  return Number(number) * (UNITS[unit] as number);
}
