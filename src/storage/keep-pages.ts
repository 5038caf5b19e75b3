// Keeps the pages that answer forms until the browser shows them, a moment later.
import type { EpochMilliseconds } from '../domain/account.ts';
import type { KeptPage, PageKeeper } from '../http/show-by-get.ts';
import type { Records } from './records.ts';

/** A page that a browser has not shown by then is not shown any more. */
const LIFETIME_MS = 2 * 60 * 1000;

/** Makes the keeper. All nodes share it. */
export function createPageKeeper({ keptPages }: Pick<Records, 'keptPages'>, clock: () => EpochMilliseconds): PageKeeper {
  return {
    async keep(id, page) {
      await keptPages.change(id, (standing) => ({
        version: 0,
        ...standing,
        id,
        expires_at: clock() + LIFETIME_MS,
        page: JSON.stringify(page),
      }));
    },
    async take(id) {
      const kept = await keptPages.find(id);
      if (!kept) return undefined;
      await keptPages.remove(id);
      return JSON.parse(kept.page) as KeptPage;
    },
  };
}
