// Dates in Japan, where all dealers are.

const JAPAN_OFFSET_MS = 9 * 60 * 60 * 1000;

/** Returns the date in Japan (`YYYY-MM-DD`) at a moment, or `days` days after it. */
export function japanDate(epochMilliseconds: number, days = 0): string {
  return new Date(epochMilliseconds + JAPAN_OFFSET_MS + days * 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
}
