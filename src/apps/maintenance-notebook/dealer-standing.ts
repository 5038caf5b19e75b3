// What the notebook tells about the link with a dealer: what the common ID knows and what the dealer answers, in one word.
import type { KnownDealer } from './customer-claims.ts';
import type { DealerFailure } from './dealer-client.ts';

/** How the dealer answered; `no_token` where there was none to ask with. */
export type Reading = 'ok' | 'no_token' | DealerFailure;

/**
 * - `unknown`: no dealer is known;
 * - `unlinked`, `failed`, `withdrawn`: there is no link, and why;
 * - `pending`: it is being made;
 * - `active`: it stands, and the dealer answers;
 * - `unavailable`: it stands, and the dealer does not answer;
 * - `confirm`: it stands, and the notebook may not read it without asking the person.
 */
export type DealerStanding = 'unknown' | 'unlinked' | 'failed' | 'withdrawn' | 'pending' | 'active' | 'unavailable' | 'confirm';

export function dealerStanding(dealer: KnownDealer | undefined, reading: Reading): DealerStanding {
  if (!dealer) return 'unknown';
  // The dealer's own answer is newer than what the common ID has heard from it.
  if (reading === 'ok') return 'active';
  switch (dealer.link) {
    case 'none':
      return 'unlinked';
    case 'failed':
    case 'withdrawn':
    case 'pending':
      return dealer.link;
    case 'active':
      if (reading === 'not_linked_yet') return 'pending';
      return reading === 'unavailable' ? 'unavailable' : 'confirm';
  }
}

/** Whether pressing 販売店と連携する helps. */
export function canLink(standing: DealerStanding): boolean {
  return ['unknown', 'unlinked', 'failed', 'withdrawn', 'confirm'].includes(standing);
}
