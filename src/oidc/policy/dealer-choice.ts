// Whether a dealer link exists or was chosen in this request, for the prompts `dealer_link` and `finalize`.
import { isVisibleTo, isRevoked, isLive, type DealerLink } from '../../domain/dealer-link.ts';
import type { PolicyFacts } from './policy-facts.ts';

type Facts = Pick<PolicyFacts, 'client' | 'config' | 'decided' | 'dealerLinks'>;

/**
 * Whether the account has a live link that is visible to the client and whose dealer is still configured.
 * @param dealer the dealer's code; by default any dealer
 */
export function hasLink({ client, config, dealerLinks }: Facts, dealer?: string): boolean {
  const serves = (link: DealerLink): boolean =>
    client !== undefined && config.dealers.some(({ code }) => code === link.dealer) && isLive(link) && isVisibleTo(link, client);
  return dealerLinks.some((link) => serves(link) && (dealer === undefined || link.dealer === dealer));
}

/**
 * Returns the answer at ⑩, unless the link was withdrawn after it. Answers are stored for a day, and an old one must not undo a
 * withdrawal.
 */
export function standingChoice({
  decided: { dealer_choice: choice },
  dealerLinks,
}: Facts): { dealer: string | null } | undefined {
  const { dealer, consent } = choice ?? {};
  const isWithdrawn = dealerLinks.some((link) => link.dealer === dealer && consent !== undefined && isRevoked(link, consent));
  return isWithdrawn ? undefined : choice;
}
