// The one status that the notebook shows for a dealer link, from the common ID's claims and the dealer's answer.
import type { KnownDealer } from './customer-claims.ts';
import type { DealerFailure } from './dealer-client.ts';

/** The dealer's answer; `no_token` if the notebook had no token to ask with. */
export type Reading = 'ok' | 'no_token' | DealerFailure;

/**
 * - `unknown`: no dealer is known;
 * - `unlinked`, `failed`, `withdrawn`: there is no link, for this reason;
 * - `pending`: the link is being established;
 * - `active`: the link exists, and the dealer answers;
 * - `unavailable`: the link exists, but the dealer does not answer;
 * - `confirm`: the link exists, but the notebook needs the person's consent to read it.
 */
export type DealerStanding = 'unknown' | 'unlinked' | 'failed' | 'withdrawn' | 'pending' | 'active' | 'unavailable' | 'confirm';

/** Combines the common ID's link status with the dealer's answer. */
export function dealerStanding(dealer: KnownDealer | undefined, reading: Reading): DealerStanding {
  if (!dealer) return 'unknown';
  // The dealer's own answer is newer than the common ID's record.
  if (reading === 'ok' || reading === 'sign_in_insufficient') return 'active';
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

/** Whether to offer 販売店と連携する. */
export function canLink(standing: DealerStanding): boolean {
  return ['unknown', 'unlinked', 'failed', 'withdrawn', 'confirm'].includes(standing);
}
