// The link between a common ID and a dealer, and the consent that it stands on.
import { createHash } from 'node:crypto';
import type { EpochMilliseconds } from './account.ts';
import type { Vehicle } from './vehicle.ts';

/** A receipt proves the consent for as long as the dealer keeps it, and so must the key that signed it. */
export const CONSENT_RECEIPT_LIFETIME_SECONDS = 10 * 365 * 24 * 60 * 60;

/** What the dealer gives to TOYOTA (ご注意1). */
export type SharedData = 'profile' | 'contracts' | 'service_history';
/** What the dealer gets from TOYOTA (ご注意2). */
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

/** A consent, written down before anything is sent. */
export type DealerConsent = {
  text: ConsentText;
  share: SharedData[];
  receive: ReceivedData[];
  given_at: EpochMilliseconds;
  /** The client in whose flow it was given. */
  client_id: string;
};

/**
 * - `pending`: consent is written down, the dealer has not accepted yet;
 * - `active`: the dealer has accepted;
 * - `failed`: the dealer did not accept within the bounded time (the job is a dead letter);
 * - `withdrawn`: the person took the consent back.
 */
export type DealerLinkStatus = 'pending' | 'active' | 'failed' | 'withdrawn';

export type DealerLink = {
  /** See `dealerLinkId`: one account and one dealer have one link. */
  id: string;
  version: number;
  account_id: string;
  dealer: string;
  status: DealerLinkStatus;
  /** The one that the dealer was, or is to be, told of. */
  consent: DealerConsent;
  /** To the same link in the flows of other clients, one a client: what each may see stands on its own. */
  other_consents?: DealerConsent[];
  /** The number of the customer at the dealer, where the legacy site knew it. */
  customer_number?: string;
  /** The vehicles that the legacy site knew of; the dealer is told. */
  vehicles?: Vehicle[];
  /** When the dealer accepted. */
  linked_at?: EpochMilliseconds;
  /** When the person last took the consents back; those given before are none any more, also when there are new ones. */
  withdrawn_at?: EpochMilliseconds;
  created_at: EpochMilliseconds;
  updated_at: EpochMilliseconds;
};

/** What a legacy site knows of a customer, for the dealer. */
export type HandedOver = {
  /** Where the legacy site knows this dealer's. */
  customerNumber?: string | undefined;
  vehicles: Vehicle[];
};

/** The id of the link of an account and a dealer: one pair has one, and it tells neither of the two. */
export function dealerLinkId(accountId: string, dealer: string): string {
  const digest = createHash('sha256').update(JSON.stringify([accountId, dealer]));
  return `dl_${digest.digest('base64url')}`;
}

/** A link as it begins: the consent is written down, nothing has been sent. */
export function newDealerLink(
  link: { accountId: string; dealer: string; consent: DealerConsent; now: EpochMilliseconds } & Partial<HandedOver>,
): DealerLink {
  return {
    id: dealerLinkId(link.accountId, link.dealer),
    version: 1,
    account_id: link.accountId,
    dealer: link.dealer,
    status: 'pending',
    consent: link.consent,
    ...(link.customerNumber !== undefined && { customer_number: link.customerNumber }),
    ...(link.vehicles?.length && { vehicles: link.vehicles }),
    created_at: link.now,
    updated_at: link.now,
  };
}

/**
 * The person pressed 連携する for a dealer that there is a link with. With the consent that stands already nothing changes (the same
 * object comes back), nor with one that was taken back since; in another client's flow it is added, and the dealer need not hear of it; a
 * failed link, another text, or a new consent after a withdrawal begins anew and is to be delivered again.
 */
export function renewed(link: DealerLink, consent: DealerConsent, now: EpochMilliseconds): DealerLink {
  if (isTakenBack(link, consent)) return link;
  const { linked_at: _linkedAt, other_consents: others = [], ...rest } = link;
  if (stands(link) && sameConsent(link.consent, consent)) {
    if (hasConsent(link, consent.client_id)) return link;
    return { ...link, other_consents: [...others, consent], updated_at: now };
  }
  const standing = link.status === 'withdrawn' ? [] : [link.consent, ...others];
  const kept = standing.filter(({ client_id: clientId }) => clientId !== consent.client_id);
  return { ...rest, status: 'pending', consent, ...(kept.length > 0 && { other_consents: kept }), updated_at: now };
}

/**
 * A legacy site knows more of the customer than the dealer was told when the link was made elsewhere: to be delivered again. Where it is no
 * news, or the link does not stand, the same object comes back.
 */
export function withHandOver(link: DealerLink, { customerNumber, vehicles }: HandedOver, now: EpochMilliseconds): DealerLink {
  const { linked_at: _linkedAt, ...rest } = link;
  const next = {
    ...rest,
    ...(customerNumber !== undefined && { customer_number: customerNumber }),
    ...(vehicles.length > 0 && { vehicles }),
  };
  return !stands(link) || toldOf(next) === toldOf(link) ? link : { ...next, status: 'pending', updated_at: now };
}

/** What the dealer is told of besides the account; changes where there is something to tell. */
export function toldOf({ consent, customer_number: customerNumber, vehicles }: DealerLink): string {
  return JSON.stringify([consent.given_at, customerNumber, vehicles]);
}

/** Whether the person agreed to the link in a client's own flow. */
export function hasConsent({ consent, other_consents: others = [] }: DealerLink, clientId: string): boolean {
  return [consent, ...others].some(({ client_id: id }) => id === clientId);
}

/** Whether a client may know of the link: a service of ours of every one, somebody else's of those agreed to in its own flow. */
export function isOpenTo(link: DealerLink, client: { firstParty: boolean; metadata: { client_id: string } }): boolean {
  return client.firstParty || hasConsent(link, client.metadata.client_id);
}

/** Whether a consent was given before the link was withdrawn: wherever it is kept still, it is none any more. */
export function isTakenBack(link: DealerLink, consent: DealerConsent): boolean {
  return link.withdrawn_at !== undefined && consent.given_at <= link.withdrawn_at;
}

/** Whether the dealer is linked, or will be without the person doing anything more. */
export function stands(link: DealerLink): boolean {
  return link.status === 'pending' || link.status === 'active';
}

/** The dealer accepted. An answer that comes after the person's withdrawal changes nothing. */
export function accepted(link: DealerLink, now: EpochMilliseconds): DealerLink {
  if (link.status === 'withdrawn' || link.status === 'active') return link;
  return { ...link, status: 'active', linked_at: now, updated_at: now };
}

/** The dealer did not accept within the bounded time. Only a link that waits can fail. */
export function failed(link: DealerLink, now: EpochMilliseconds): DealerLink {
  return link.status === 'pending' ? { ...link, status: 'failed', updated_at: now } : link;
}

/** The person took the consent back, or the dealer ended it. */
export function withdraw(link: DealerLink, now: EpochMilliseconds): DealerLink {
  return link.status === 'withdrawn' ? link : { ...link, status: 'withdrawn', withdrawn_at: now, updated_at: now };
}

/** Whether two consents are to the same: the text to the letter, and the data both ways. When and where they were given does not count. */
function sameConsent(a: DealerConsent, b: DealerConsent): boolean {
  const essence = ({ text, share, receive }: DealerConsent) =>
    JSON.stringify([text.version, text.language, text.sha256, share.toSorted(), receive.toSorted()]);
  return essence(a) === essence(b);
}
