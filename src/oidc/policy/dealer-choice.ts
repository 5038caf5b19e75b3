// Whether a dealer link is there already, or was chosen in this request: the prompts `dealer_link` and `finalize` both ask.
import { isVisibleTo, isRevoked, isLive, type DealerLink } from '../../domain/dealer-link.ts';
import type { PolicyFacts } from './policy-facts.ts';

type Facts = Pick<PolicyFacts, 'client' | 'config' | 'decided' | 'dealerLinks'>;

/**
 * Whether the client has the link that it asks for: one that is live, that it may know of, and whose dealer is still configured.
 * @param dealer with this dealer; with any, where it is left out
 */
export function hasLink({ client, config, dealerLinks }: Facts, dealer?: string): boolean {
  const serves = (link: DealerLink): boolean =>
    client !== undefined && config.dealers.some(({ code }) => code === link.dealer) && isLive(link) && isVisibleTo(link, client);
  return dealerLinks.some((link) => serves(link) && (dealer === undefined || link.dealer === dealer));
}

/** The answer at ⑩. A link that was withdrawn after it is not chosen any more: the answer is kept for a day, and must not undo a withdrawal. */
export function standingChoice({
  decided: { dealer_choice: choice },
  dealerLinks,
}: Facts): { dealer: string | null } | undefined {
  const { dealer, consent } = choice ?? {};
  const isWithdrawn = dealerLinks.some((link) => link.dealer === dealer && consent !== undefined && isRevoked(link, consent));
  return isWithdrawn ? undefined : choice;
}
