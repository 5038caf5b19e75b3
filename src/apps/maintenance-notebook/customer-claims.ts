// The UserInfo claims that the notebook reads.
import { z } from 'zod';

const vehicle = z.object({
  vin: z.string(),
  registration_number: z.string().nullish(),
  model: z.string().nullish(),
  first_registered: z.string().nullish(),
});

const dealerLink = z.object({
  dealer: z.string(),
  dealer_name: z.string(),
  'dealer_name#en': z.string().optional(),
  status: z.enum(['pending', 'active', 'failed', 'withdrawn']),
  linked_at: z.string().nullish(),
  resource: z.url(),
});

export const customerClaims = z.object({
  sub: z.string(),
  name: z.string().nullish(),
  email: z.string().nullish(),
  migration: z
    .object({
      vehicles: z.array(vehicle).default([]),
      dealer: z.object({ code: z.string(), name: z.string(), 'name#en': z.string().optional() }).nullish(),
    })
    .nullish(),
  dealer_links: z.array(dealerLink).nullish(),
});

export type CustomerClaims = z.infer<typeof customerClaims>;
export type CustomerVehicle = z.infer<typeof vehicle>;

/** The dealer that the notebook shows, and the status of its link at the common ID. */
export type KnownDealer = {
  code: string;
  /** In the languages of the pages. */
  name: { ja: string; en: string };
  /** The resource URI (RFC 8707), which is also the URL of the dealer's API. */
  resource: string;
  link: 'none' | 'pending' | 'active' | 'failed' | 'withdrawn';
  /** ISO 8601. */
  linkedAt?: string;
};

/**
 * Returns the dealer to show: one with an active link, else a pending one, else a failed or ended one, else the dealer that
 * the owners site named; undefined if none is known.
 * @param dealerSystemOrigin the origin of the dealers' APIs, for a dealer without a link
 */
export function knownDealer(claims: CustomerClaims, dealerSystemOrigin: string): KnownDealer | undefined {
  const links = claims.dealer_links ?? [];
  const link = (['active', 'pending', 'failed', 'withdrawn'] as const)
    .map((status) => links.find((candidate) => candidate.status === status))
    .find((candidate) => candidate !== undefined);
  const named = claims.migration?.dealer;
  // A dealer that the owners site names is more current than an ended link with another dealer.
  if (link && (link.status === 'active' || link.status === 'pending' || !named || named.code === link.dealer)) {
    return {
      code: link.dealer,
      name: { ja: link.dealer_name, en: link['dealer_name#en'] ?? link.dealer_name },
      resource: link.resource,
      link: link.status,
      ...(link.linked_at ? { linkedAt: link.linked_at } : {}),
    };
  }
  if (!named) return undefined;
  const resource = `${dealerSystemOrigin}/dealers/${encodeURIComponent(named.code)}`;
  return { code: named.code, name: { ja: named.name, en: named['name#en'] ?? named.name }, resource, link: 'none' };
}
