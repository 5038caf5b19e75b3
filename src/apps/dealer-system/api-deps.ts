// The dependencies of a dealer's API routes.
import type { Log } from '../../telemetry/log.ts';
import type { BookingStore } from './booking-store.ts';
import type { Faults } from './faults.ts';
import type { VerifyJwt } from './issuer-keys.ts';
import type { LinkStore } from './link-store.ts';
import type { VehicleStore } from './vehicle-store.ts';

export type ApiDeps = {
  links: LinkStore;
  vehicles: VehicleStore;
  bookings: BookingStore;
  faults: Faults;
  verifyJwt: VerifyJwt;
  clock: () => number;
  log: Log;
  /** Returns the resource URI (RFC 8707) of a dealer. */
  resourceOf: (dealer: string) => string;
};
