// The dealer system: the back office of several dealers. It accepts customer links from the common ID, and serves the
// service history and bookings of linked customers to apps with a token for that dealer.
import type Koa from 'koa';
import { leadToPage } from '../../http/lead-to-page.ts';
import { createPageApp, type AppOptions } from '../../http/page-app.ts';
import type { PageState } from '../../http/page-context.ts';
import { openAppDatabase } from '../open-app-database.ts';
import { createBookingStore } from './booking-store.ts';
import { createContractStore } from './contract-store.ts';
import { dealerApi } from './dealer-api.ts';
import { DEMO_CONTRACTS } from './demo-contracts.ts';
import { DEMO_VEHICLES } from './demo-vehicles.ts';
import { createFaults } from './faults.ts';
import { createJwtVerifier } from './issuer-keys.ts';
import { createLinkStore } from './link-store.ts';
import { staffRoutes } from './staff-routes.ts';
import { createProofStore } from './proof-store.ts';
import { createVehicleStore } from './vehicle-store.ts';

/** Other processes hold the lock on the file for a few milliseconds at most. */
const LOCK_WAIT_MS = 5000;

/** A dealer's resource URI is `<origin>/dealers/<code>`. */
export type DealerSystemOptions = AppOptions & {
  /** The common ID, whose tokens and receipts are accepted. */
  issuer: string;
  /** The SQLite file. */
  databasePath: string;
  /** Stores demo vehicles with their history, and serves the staff page. */
  seedDemo: boolean;
};

/**
 * Opens the file and creates the app; the caller listens.
 * @throws {Error} if the file cannot be opened
 */
export async function createDealerSystem(options: DealerSystemOptions): Promise<{ koa: Koa<PageState>; close(): Promise<void> }> {
  const { origin, clock, log, issuer, databasePath, seedDemo } = options;
  const database = openAppDatabase(databasePath);
  // `FULL`: an accepted link is on disk before the common ID receives the answer.
  database.exec(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;`);
  const links = createLinkStore(database);
  const bookings = createBookingStore(database);
  const vehicles = createVehicleStore(database);
  const contracts = createContractStore(database);
  const faults = createFaults();
  if (seedDemo) {
    for (const vehicle of DEMO_VEHICLES) vehicles.add(vehicle);
    for (const contract of DEMO_CONTRACTS) contracts.add(contract);
  }

  const { koa, forms } = createPageApp({ ...options, app: 'dealer-system' });
  const verifyJwt = createJwtVerifier(issuer, clock);
  const resourceOf = (dealer: string): string => `${origin}/dealers/${dealer}`;
  const noteProof = createProofStore(database);
  const api = { links, vehicles, bookings, contracts, faults, verifyJwt, noteProof, clock, log, resourceOf };
  for (const middleware of dealerApi(api)) koa.use(middleware);
  if (seedDemo) {
    const staff = staffRoutes(forms, { links, bookings, faults });
    koa.use(staff.routes());
    koa.use(leadToPage(staff));
  }

  return {
    koa,
    async close() {
      database.close();
    },
  };
}
