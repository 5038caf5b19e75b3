// Quotations, orders and plans that a customer has for a vehicle.
import type { AppDatabase } from '../open-app-database.ts';

export type Contract = {
  /** The dealer's number of the contract. */
  number: string;
  vin: string;
  kind: 'quotation' | 'order' | 'maintenance_plan';
  /** `YYYY-MM-DD`. */
  date: string;
  /** With tax. */
  amount_yen: number;
};

export type ContractStore = {
  /** Returns the contracts for a vehicle, newest first. */
  listOfVehicle(vin: string): Contract[];
  /** Stores a contract unless its number is already stored. */
  add(contract: Contract): void;
};

/** Creates the store, and its table if it does not exist. */
export function createContractStore(database: AppDatabase): ContractStore {
  database.exec(`
    CREATE TABLE IF NOT EXISTS contracts (
      number TEXT PRIMARY KEY,
      vin TEXT NOT NULL,
      kind TEXT NOT NULL,
      date TEXT NOT NULL,
      amount_yen INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS contracts_vin ON contracts (vin);
  `);
  const insert = database.prepare('INSERT INTO contracts VALUES (?, ?, ?, ?, ?) ON CONFLICT (number) DO NOTHING');
  const select = database.prepare<Contract>('SELECT * FROM contracts WHERE vin = ? ORDER BY date DESC, number');
  return {
    listOfVehicle: (vin) => select.all(vin),
    add: ({ number, vin, kind, date, amount_yen }) => void insert.run(number, vin, kind, date, amount_yen),
  };
}
