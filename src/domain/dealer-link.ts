// The link between a common ID and a dealer, and the consent that it stands on.
import { createHmac, type KeyObject } from 'node:crypto';
import type { EpochMilliseconds } from './account.ts';
import { dealerSubject } from './dealer-subject.ts';

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
  /** One account and one dealer have one link. The dealer knows it by this id, which never changes; clients by `clientLinkId`. */
  id: string;
  version: number;
  account_id: string;
  dealer: string;
  /** The name under which the dealer knows the customer; links of older versions have none, see `customerOf`. */
  customer?: string;
  status: DealerLinkStatus;
  /** The one that the dealer was, or is to be, told of. */
  consent: DealerConsent;
  /** To the same link in the flows of other clients, one a client: what each may see stands on its own. */
  other_consents?: DealerConsent[];
  /**
   * The number of the customer at the dealer, in links of older versions. Now the dealer is told what the final migrations of the account
   * say; see `handedOver`.
   */
  customer_number?: string;
  /** When the dealer accepted. */
  linked_at?: EpochMilliseconds;
  /** When the person last took the consents back; those given before are none any more, also when there are new ones. */
  withdrawn_at?: EpochMilliseconds;
  created_at: EpochMilliseconds;
  updated_at: EpochMilliseconds;
};

/**
 * The id of a new link of an account and a dealer: the same of two tabs. Without the key nobody gets from the account to it. A link that
 * stands may have another one, of an older version or another key: it is found by its account.
 */
export function dealerLinkId(key: KeyObject, accountId: string, dealer: string): string {
  const mac = createHmac('sha256', key).update(JSON.stringify([accountId, dealer]));
  return `dl_${mac.digest('base64url')}`;
}

/** The id under which the clients of one sector know a link: another in each sector, so that two of them cannot find out that they have the same customer. */
export function clientLinkId(key: KeyObject, sector: string, linkId: string): string {
  const mac = createHmac('sha256', key).update(JSON.stringify([sector, linkId]));
  return `dl_${mac.digest('base64url')}`;
}

/** A link as it begins: the consent is written down, nothing has been sent. */
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

/** The dealer did not accept a change about the customer in time. The person is asked to try again. */
export function updateFailed(link: DealerLink, now: EpochMilliseconds): DealerLink {
  return stands(link) ? { ...link, status: 'failed', updated_at: now } : link;
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
