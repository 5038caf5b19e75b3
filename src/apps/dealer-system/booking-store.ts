// Service bookings that customers made at a dealer.
import type { AppDatabase } from '../open-app-database.ts';

export type Booking = {
  booking_id: string;
  dealer: string;
  link_id: string;
  vin: string;
  /** `YYYY-MM-DD` in Japan. */
  date: string;
  /** `HH:MM` in Japan. */
  time: string;
  menu: string;
  note: string;
  /** ISO 8601. */
  booked_at: string;
};

export type BookingStore = {
  /**
   * Stores the booking. If this link already booked with the same key, returns that booking instead, so a repeated request books once.
   */
  book(booking: Booking, idempotencyKey: string): Booking;
  /** The bookings of one customer, earliest visit first. */
  listOfLink(dealer: string, linkId: string): Booking[];
  /** All bookings at a dealer, earliest visit first. */
  listOfDealer(dealer: string): Booking[];
};

const COLUMNS = 'booking_id, dealer, link_id, vin, date, time, menu, note, booked_at';

/** Creates the store, and its table if it does not exist. */
export function createBookingStore(database: AppDatabase): BookingStore {
  database.exec(`
    CREATE TABLE IF NOT EXISTS bookings (
      booking_id TEXT PRIMARY KEY,
      dealer TEXT NOT NULL,
      link_id TEXT NOT NULL,
      vin TEXT NOT NULL,
      date TEXT NOT NULL,
      time TEXT NOT NULL,
      menu TEXT NOT NULL,
      note TEXT NOT NULL,
      booked_at TEXT NOT NULL,
      idempotency_key TEXT NOT NULL,
      UNIQUE (dealer, link_id, idempotency_key)
    ) STRICT;
  `);
  const insert = database.prepare(
    `INSERT INTO bookings (${COLUMNS}, idempotency_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (dealer, link_id, idempotency_key) DO NOTHING`,
  );
  const selectByKey = database.prepare<Booking>(
    `SELECT ${COLUMNS} FROM bookings WHERE dealer = ? AND link_id = ? AND idempotency_key = ?`,
  );
  const selectOfLink = database.prepare<Booking>(
    `SELECT ${COLUMNS} FROM bookings WHERE dealer = ? AND link_id = ? ORDER BY date, time, booked_at`,
  );
  const selectOfDealer = database.prepare<Booking>(
    `SELECT ${COLUMNS} FROM bookings WHERE dealer = ? ORDER BY date, time, booked_at`,
  );
  return {
    book(booking, key) {
      const { booking_id, dealer, link_id, vin, date, time, menu, note, booked_at } = booking;
      insert.run(booking_id, dealer, link_id, vin, date, time, menu, note, booked_at, key);
      return selectByKey.get(dealer, link_id, key) ?? booking;
    },
    listOfLink: (dealer, linkId) => selectOfLink.all(dealer, linkId),
    listOfDealer: (dealer) => selectOfDealer.all(dealer),
  };
}
