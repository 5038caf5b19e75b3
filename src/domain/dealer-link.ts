// The link between a common ID and a dealer, and the consent that it stands on.
import type { EpochMilliseconds } from './account.ts';

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
  consent: DealerConsent;
  /** The number of the customer at the dealer, where the legacy site knew it. */
  customer_number?: string;
  /** When the dealer accepted. */
  linked_at?: EpochMilliseconds;
  withdrawn_at?: EpochMilliseconds;
  created_at: EpochMilliseconds;
  updated_at: EpochMilliseconds;
};
