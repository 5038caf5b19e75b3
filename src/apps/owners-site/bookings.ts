// 入庫予約: a vehicle's visit to the dealer's workshop.
import { randomUUID } from 'node:crypto';
import type { AppDatabase } from '../open-app-database.ts';

export const WORKS = ['inspection', 'periodic_check', 'oil_change', 'repair'] as const;
export type Work = (typeof WORKS)[number];

/** The times at which a vehicle can be brought. */
export const TIMES = ['09:30', '10:30', '11:30', '13:30', '14:30', '15:30', '16:30'] as const;

export type Booking = {
  id: string;
  vin: string;
  work: Work;
  /** `YYYY-MM-DD`. */
  day: string;
  /** One of `TIMES`. */
  time: string;
  note: string;
};

export type Bookings = {
  /**
   * Stores the booking. An identical booking is returned and not stored again.
   * @returns undefined if the vehicle has another booking on that day
   */
  add(userId: string, booking: Omit<Booking, 'id'>): Booking | undefined;
  /** Lists the bookings from that day on, earliest first, without cancelled ones. */
  listOf(userId: string, fromDay: string): Booking[];
  /** @returns whether this user had that booking */
  cancel(userId: string, id: string): boolean;
};

/** Creates the store of bookings. */
export function createBookings(database: AppDatabase, clock: () => number): Bookings {
  const insert = database.prepare(
    'INSERT OR IGNORE INTO bookings (id, user_id, vin, work, day, time, note, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const onDay = database.prepare<Booking>(
    'SELECT * FROM bookings WHERE user_id = ? AND vin = ? AND day = ? AND cancelled_at IS NULL',
  );
  const select = database.prepare<Booking>(
    'SELECT * FROM bookings WHERE user_id = ? AND day >= ? AND cancelled_at IS NULL ORDER BY day, time',
  );
  const setCancelled = database.prepare(
    'UPDATE bookings SET cancelled_at = ? WHERE id = ? AND user_id = ? AND cancelled_at IS NULL',
  );

  function bookingOf({ id, vin, work, day, time, note }: Booking): Booking {
    return { id, vin, work, day, time, note };
  }

  return {
    add(userId, booking) {
      const { vin, work, day, time, note } = booking;
      insert.run(randomUUID(), userId, vin, work, day, time, note, clock());
      const row = onDay.get(userId, vin, day);
      const there = row && bookingOf(row);
      return there?.work === work && there.time === time ? there : undefined;
    },
    listOf: (userId, fromDay) => select.all(userId, fromDay).map(bookingOf),
    cancel: (userId, id) => setCancelled.run(clock(), id, userId).changes === 1,
  };
}
