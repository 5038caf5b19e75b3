// The migration of one legacy identity to one common ID.
import type { EpochMilliseconds } from './account.ts';

/** A vehicle as the legacy site knows it. */
export type Vehicle = {
  vin: string;
  registration_number?: string;
  model?: string;
  /** `YYYY-MM` or `YYYY-MM-DD`. */
  first_registered?: string;
};

/**
 * The migration of a legacy identity. `account_id` is final: it is set once, when the client that handed the identity over
 * redeems its code. Until then there is at most a `candidate`, which a later attempt replaces: someone lured into finishing
 * another person's migration links nothing.
 */
export type Migration = {
  client_id: string;
  legacy_id: string;
  version: number;
  /** When the legacy identity was first handed over. */
  started_at: EpochMilliseconds;
  /** Screen ⑭ was reached with this account; waits for the code of the request with this PKCE challenge to be redeemed. */
  candidate?: { account_id: string; code_challenge: string; at: EpochMilliseconds };
  account_id?: string;
  completed_at?: EpochMilliseconds;
  vehicles: Vehicle[];
  /** The dealer that the legacy site names. */
  dealer?: { code: string; customer_number?: string };
};

/** What a migration still lacks, in the order in which the person will meet it. */
export type MissingStep = 'registration' | 'login' | 'required_profile' | 'dealer_link' | 'return';
