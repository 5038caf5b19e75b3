// The connection to MongoDB: strict about what is stored and asked, with an end to every wait.
import mongoose from 'mongoose';
import type { Connection } from 'mongoose';
import { isRefusal, messageOf } from './mongo-error.ts';
import type { Timeouts } from './timeouts.ts';

/** Where the URL names no database. */
const DEFAULT_DATABASE = 'common_id';

/**
 * Connects to the servers of a `mongodb://` or `mongodb+srv://` URL.
 * @throws {Error} none of them answers, or they refuse us, with the reason; the message never shows the URL, which may hold a password
 */
export async function connect(url: string, timeouts: Timeouts): Promise<Connection> {
  // An instance of our own: settings of mongoose are global otherwise. `sanitizeFilter` makes an object that came in where a text was
  // meant (`{"$ne": null}`) a value to compare with; our own operators are marked as trusted.
  const instance = new mongoose.Mongoose({
    strict: 'throw',
    strictQuery: 'throw',
    sanitizeFilter: true,
    bufferCommands: false,
    autoIndex: false,
    autoCreate: false,
  });
  const namesDatabase = /^mongodb(\+srv)?:\/\/[^/]+\/[^?]/.test(url);
  const connection = instance.createConnection();
  const options = {
    ...(!namesDatabase && { dbName: DEFAULT_DATABASE }),
    appName: 'common-id',
    socketTimeoutMS: timeouts.socket,
    waitQueueTimeoutMS: timeouts.connection,
    serverSelectionTimeoutMS: timeouts.server,
    connectTimeoutMS: timeouts.server,
    heartbeatFrequencyMS: 2_000,
    maxPoolSize: 20,
    // A write that the network swallowed is sent once more, and the server knows it by its number.
    retryWrites: true,
    retryReads: true,
    // Everybody reads what everybody has written.
    readPreference: 'primary',
    readConcern: { level: 'local' },
  } as const;
  try {
    await connection.openUri(url, options);
    // Who gives no name is let in, and refused at the first thing that they ask for.
    await connection.listCollections();
    return connection;
  } catch (cause) {
    await connection.close(true);
    throw new Error(`DATABASE_URL: MongoDB ${reasonOf(cause, url)}`, { cause });
  }
}

/** What the driver says of it, up to where it repeats the URL. */
function reasonOf(cause: unknown, url: string): string {
  if (isRefusal(cause))
    return `does not let us in (${messageOf(cause)}): look at its user, password and authSource, and at that user's roles`;
  const silent = 'does not answer, or does not let us in';
  // The driver takes the end of such a password for the name of a server, and would say it.
  if (url.split('@').length > 2) return `${silent}: an @ that is part of a name or password is written %40`;
  return `${silent}: ${messageOf(cause).replace(/\W*mongodb(\+srv)?:.*/s, '')}`;
}
