// The dependencies of a dealer's API routes.
import type { Log } from '../../telemetry/log.ts';
import type { BookingStore } from './booking-store.ts';
import type { ContractStore } from './contract-store.ts';
import type { Faults } from './faults.ts';
import type { Authorization } from './authorize.ts';
import type { LinkStore } from './link-store.ts';
import type { VehicleStore } from './vehicle-store.ts';

export type ApiDeps = Authorization & {
  clock: () => number;
  links: LinkStore;
  vehicles: VehicleStore;
  bookings: BookingStore;
  contracts: ContractStore;
  faults: Faults;
  log: Log;
  /** Returns the resource URI (RFC 8707) of a dealer. */
  resourceOf: (dealer: string) => string;
};
