// The workshops' records of a vehicle: its first registration and its service history.
import { fromJson, toJson, type Json } from '../../json.ts';
import type { AppDatabase } from '../open-app-database.ts';

const SERVICE_KINDS = ['one_month', 'six_months', 'twelve_months', 'inspection', 'oil_change', 'repair'] as const;
const SERVICE_ITEMS = [
  'engine_oil',
  'oil_filter',
  'air_filter',
  'cabin_filter',
  'wiper_rubber',
  'brake_pads',
  'brake_fluid',
  'battery',
  'tyre_rotation',
  'tyres',
  'coolant',
] as const;

export type ServiceRecord = {
  /** `YYYY-MM-DD`. */
  date: string;
  kind: (typeof SERVICE_KINDS)[number];
  mileage_km: number;
  /** The parts that were replaced. */
  items: (typeof SERVICE_ITEMS)[number][];
};

export type KnownVehicle = {
  vin: string;
  model: string;
  /** `YYYY-MM-DD`. */
  first_registered: string;
  /** Newest first. */
  history: ServiceRecord[];
};

export type VehicleStore = {
  find(vin: string): KnownVehicle | undefined;
  /** Stores a vehicle unless its VIN is already stored. */
  add(vehicle: KnownVehicle): void;
};

type VehicleRow = Omit<KnownVehicle, 'history'> & { history: Json<ServiceRecord[]> };

/** Creates the store, and its table if it does not exist. */
export function createVehicleStore(database: AppDatabase): VehicleStore {
  database.exec(`
    CREATE TABLE IF NOT EXISTS vehicles (
      vin TEXT PRIMARY KEY,
      model TEXT NOT NULL,
      first_registered TEXT NOT NULL,
      history TEXT NOT NULL
    ) STRICT;
  `);
  const insert = database.prepare('INSERT INTO vehicles VALUES (?, ?, ?, ?) ON CONFLICT (vin) DO NOTHING');
  const select = database.prepare<VehicleRow>('SELECT * FROM vehicles WHERE vin = ?');
  return {
    find(vin) {
      const row = select.get(vin);
      return row && { ...row, history: fromJson(row.history) };
    },
    add({ vin, model, first_registered, history }) {
      const newestFirst = history.toSorted((a, b) => b.date.localeCompare(a.date));
      insert.run(vin, model, first_registered, toJson(newestFirst));
    },
  };
}
