// The dealer system: the back office of several dealers, which takes customer links from the common ID and serves the linked
// customers' service history and bookings to apps with a token for that dealer.
import type Koa from 'koa';
import { createPageApp } from '../../http/page-app.ts';
import type { PageState } from '../../http/page-context.ts';
import type { Log } from '../../telemetry/log.ts';
import { openAppDatabase } from '../open-app-database.ts';
import { createBookingStore } from './booking-store.ts';
import { dealerApi } from './dealer-api.ts';
import { DEMO_VEHICLES } from './demo-vehicles.ts';
import { createFaults } from './faults.ts';
import { createJwtVerifier } from './issuer-keys.ts';
import { createLinkStore } from './link-store.ts';
import { staffRoutes } from './staff-routes.ts';
import { createVehicleStore } from './vehicle-store.ts';

/** Another process on the same file holds its lock for a few milliseconds at most. */
const LOCK_WAIT_MS = 5000;

export type DealerSystemOptions = {
  /** The URL under which it is reached, without a path; a dealer's resource URI is `<origin>/dealers/<code>`. */
  origin: string;
  cookieKeys: string[];
  trustProxy: boolean;
  cacheViews: boolean;
  /** See `PageAppOptions`. */
  anyHost?: boolean;
  /** Milliseconds since 1970. */
  clock: () => number;
  log: Log;
  /** Whose tokens and receipts count: the common ID. */
  issuer: string;
  /** The SQLite file. */
  databasePath: string;
  /** Vehicles with their history are written into the file, and the staff page is there. */
  seedDemo: boolean;
};

/**
 * Opens the file and makes the app; the caller listens.
 * @throws where the file cannot be opened
 */
export async function createDealerSystem(options: DealerSystemOptions): Promise<{ koa: Koa<PageState>; close(): Promise<void> }> {
  const { origin, clock, log, issuer, databasePath, seedDemo } = options;
  const database = openAppDatabase(databasePath);
  // An accepted link is on disk before the common ID reads so.
  database.exec(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;`);
  const links = createLinkStore(database);
  const bookings = createBookingStore(database);
  const vehicles = createVehicleStore(database);
  const faults = createFaults();
  if (seedDemo) for (const vehicle of DEMO_VEHICLES) vehicles.add(vehicle);

  const { koa, forms } = createPageApp({ ...options, app: 'dealer-system' });
  const verifyJwt = createJwtVerifier(issuer, clock);
  const resourceOf = (dealer: string): string => `${origin}/dealers/${dealer}`;
  for (const middleware of dealerApi({ links, vehicles, bookings, faults, verifyJwt, clock, log, resourceOf }))
    koa.use(middleware);
  if (seedDemo) koa.use(staffRoutes(forms, { links, bookings, faults }).routes());

  return {
    koa,
    async close() {
      database.close();
    },
  };
}
