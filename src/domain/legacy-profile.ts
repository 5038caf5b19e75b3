// What a legacy site hands over about its user. It prefills; nothing in it is verified.
import type { Profile } from './account.ts';
import type { Vehicle } from './migration.ts';

export type LegacyProfile = {
  /** The legacy user's stable id. */
  legacy_id: string;
  /** When the legacy site saw the password; seconds since 1970. */
  auth_time?: number;
  /** Unverified. */
  email?: string;
  profile: Profile;
  dealer?: { code: string; customer_number?: string };
  vehicles: Vehicle[];
};
