// Looks into a database of MongoDB beside the program, for what the port has no question for.
import type { Connection } from 'mongoose';

/** Loads mongoose when it is called: most runs of the tests that could call it have no MongoDB. */
export async function withMongo<T>(url: string, use: (connection: Connection) => Promise<T>): Promise<T> {
  const { default: mongoose } = await import('mongoose');
  const connection = await mongoose.createConnection(url).asPromise();
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}
