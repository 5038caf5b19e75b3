// Keeps the pages that answer forms in memory, for an app of one process.
import type { KeptPage, PageKeeper } from './show-by-get.ts';

/** A page that a browser has not shown by then is not shown any more. */
const LIFETIME_MS = 2 * 60 * 1000;
const MOST_PAGES = 1000;

/** @param clock milliseconds since 1970 */
export function createMemoryPages(clock: () => number): PageKeeper {
  const pages = new Map<string, { page: KeptPage; until: number }>();
  return {
    async keep(id, page) {
      const [oldest] = pages.keys();
      if (oldest !== undefined && pages.size >= MOST_PAGES) pages.delete(oldest);
      pages.set(id, { page, until: clock() + LIFETIME_MS });
      return Promise.resolve();
    },
    async take(id) {
      const kept = pages.get(id);
      pages.delete(id);
      return Promise.resolve(kept && clock() < kept.until ? kept.page : undefined);
    },
  };
}
