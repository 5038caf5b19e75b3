// The link between a common ID and a dealer, and the consent to it.
import { createHmac, type KeyObject } from 'node:crypto';
import type { EpochMilliseconds } from './account.ts';
import { dealerSubject } from './dealer-subject.ts';

/** The dealer keeps the receipt as proof of the consent. The key that signed it stays published just as long. */
export const CONSENT_RECEIPT_LIFETIME_SECONDS = 10 * 365 * 24 * 60 * 60;

/** Data that the dealer gives to TOYOTA (ご注意1). */
export type SharedData = 'profile' | 'contracts' | 'service_history';
/** Data that the dealer gets from TOYOTA (ご注意2). */
export type ReceivedData = 'requests' | 'browsing' | 'service_usage';

export const SHARED_DATA: readonly SharedData[] = ['profile', 'contracts', 'service_history'];
export const RECEIVED_DATA: readonly ReceivedData[] = ['requests', 'browsing', 'service_usage'];

/** The text that was on the screen when the person pressed the button. */
export type ConsentText = {
  version: string;
  language: string;
  /** SHA-256 of the exact text, hexadecimal. */
  sha256: string;
};

/** A consent. It is stored before anything is sent to the dealer. */
export type DealerConsent = {
  text: ConsentText;
  share: SharedData[];
  receive: ReceivedData[];
  given_at: EpochMilliseconds;
  /** The client in whose flow it was given. */
  client_id: string;
};

/**
 * - `pending`: the consent is recorded, the dealer has not accepted yet;
 * - `active`: the dealer has accepted;
 * - `failed`: the dealer did not accept in time (the job has failed for good);
 * - `withdrawn`: the person withdrew the consent.
 */
export type DealerLinkStatus = 'pending' | 'active' | 'failed' | 'withdrawn';

export type DealerLink = {
  /** The id that the dealer sees. It never changes; an account has one link per dealer. Clients see `clientLinkId` instead. */
  id: string;
  version: number;
  account_id: string;
  dealer: string;
  /** The identifier by which the dealer knows the customer. Links of older versions have none; see `customerOf`. */
  customer?: string;
  status: DealerLinkStatus;
  /** The consent that was sent to the dealer, or will be. */
  consent: DealerConsent;
  /** Consents to the same link in the flows of other clients, at most one per client. */
  other_consents?: DealerConsent[];
  /**
   * The customer number at the dealer. Only links of older versions have it; now it comes from the final migrations of the
   * account. See `handedOver`.
   */
  customer_number?: string;
  /** When the dealer accepted. */
  linked_at?: EpochMilliseconds;
  /** When the consent was last withdrawn. Earlier consents stay revoked, even after a new one. */
  withdrawn_at?: EpochMilliseconds;
  created_at: EpochMilliseconds;
  updated_at: EpochMilliseconds;
};

/**
 * Derives the id of a new link, so that two tabs make the same one. The key keeps others from computing it from the account.
 * Existing links may have ids of an older version or key, so look a link up by its account.
 */
export function dealerLinkId(key: KeyObject, accountId: string, dealer: string): string {
  const mac = createHmac('sha256', key).update(JSON.stringify([accountId, dealer]));
  return `dl_${mac.digest('base64url')}`;
}

/**
 * Derives the id of a link for the clients of one sector. It differs per sector, so that two sectors cannot tell that they share
 * a customer.
 */
export function clientLinkId(key: KeyObject, sector: string, linkId: string): string {
  const mac = createHmac('sha256', key).update(JSON.stringify([sector, linkId]));
  return `dl_${mac.digest('base64url')}`;
}

/** Makes a pending link with its consent. Nothing has been sent to the dealer yet. */
export function newDealerLink(
  link: { accountId: string; dealer: string; consent: DealerConsent; now: EpochMilliseconds },
  keys: { dealerLinkId: KeyObject; dealerSubject: KeyObject },
): DealerLink {
  return {
    id: dealerLinkId(keys.dealerLinkId, link.accountId, link.dealer),
    version: 1,
    account_id: link.accountId,
    dealer: link.dealer,
    customer: dealerSubject(keys.dealerSubject, link.dealer, link.accountId),
    status: 'pending',
    consent: link.consent,
    created_at: link.now,
    updated_at: link.now,
  };
}

/**
 * Applies a new consent (連携する) to an existing link. The same consent again, or a revoked one, returns the same object. A consent
 * in another client's flow is added without telling the dealer. If the link has failed or was withdrawn, or the text is another
 * one, the link becomes pending again and must be delivered.
 */
export function renew(link: DealerLink, consent: DealerConsent, now: EpochMilliseconds): DealerLink {
  if (isRevoked(link, consent)) return link;
  const { linked_at: _linkedAt, other_consents: others = [], ...rest } = link;
  if (isLive(link) && sameConsent(link.consent, consent)) {
    if (hasConsent(link, consent.client_id)) return link;
    return { ...link, other_consents: [...others, consent], updated_at: now };
  }
  const standing = link.status === 'withdrawn' ? [] : [link.consent, ...others];
  const kept = standing.filter(({ client_id: clientId }) => clientId !== consent.client_id);
  return { ...rest, status: 'pending', consent, ...(kept.length > 0 && { other_consents: kept }), updated_at: now };
}

/** Whether the person agreed to the link in this client's flow. */
export function hasConsent({ consent, other_consents: others = [] }: DealerLink, clientId: string): boolean {
  return [consent, ...others].some(({ client_id: id }) => id === clientId);
}

/**
 * Whether a client may see the link. First-party clients see every link; third parties see links that were agreed to in their own
 * flow.
 */
export function isVisibleTo(link: DealerLink, client: { firstParty: boolean; metadata: { client_id: string } }): boolean {
  return client.firstParty || hasConsent(link, client.metadata.client_id);
}

/** Whether a consent was given before the link was withdrawn. Stored copies of such a consent no longer count. */
export function isRevoked(link: DealerLink, consent: DealerConsent): boolean {
  return link.withdrawn_at !== undefined && consent.given_at <= link.withdrawn_at;
}

/** Whether the dealer is linked, or will be without further action by the person. */
export function isLive(link: DealerLink): boolean {
  return link.status === 'pending' || link.status === 'active';
}

/** Makes the link active when the dealer accepts. An answer after a withdrawal changes nothing. */
export function accept(link: DealerLink, now: EpochMilliseconds): DealerLink {
  if (link.status === 'withdrawn' || link.status === 'active') return link;
  return { ...link, status: 'active', linked_at: now, updated_at: now };
}

/** Marks a pending link as failed when the dealer does not accept it in time. Other links do not change. */
export function fail(link: DealerLink, now: EpochMilliseconds): DealerLink {
  return link.status === 'pending' ? { ...link, status: 'failed', updated_at: now } : link;
}

/** Marks a live link as failed when the dealer does not accept an update in time. The person is asked to try again. */
export function failUpdate(link: DealerLink, now: EpochMilliseconds): DealerLink {
  return isLive(link) ? { ...link, status: 'failed', updated_at: now } : link;
}

/** Withdraws the link, by the person or by the dealer. */
export function withdraw(link: DealerLink, now: EpochMilliseconds): DealerLink {
  return link.status === 'withdrawn' ? link : { ...link, status: 'withdrawn', withdrawn_at: now, updated_at: now };
}

/** Whether two consents cover exactly the same text and data. The time and the client do not matter. */
function sameConsent(a: DealerConsent, b: DealerConsent): boolean {
  const essence = ({ text, share, receive }: DealerConsent) =>
    JSON.stringify([text.version, text.language, text.sha256, share.toSorted(), receive.toSorted()]);
  return essence(a) === essence(b);
}
