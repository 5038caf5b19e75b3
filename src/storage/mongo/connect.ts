// The connection to MongoDB, with strict schemas and filters, and timeouts for everything.
import mongoose from 'mongoose';
import type { Connection } from 'mongoose';
import { isRefusal, messageOf } from './mongo-error.ts';
import type { Timeouts } from './timeouts.ts';

/** Used if the URL names no database. */
const DEFAULT_DATABASE = 'common_id';

/**
 * Connects to the servers of a `mongodb://` or `mongodb+srv://` URL.
 * @throws {Error} no server answers, or they refuse us, with the reason; the message never shows the URL, which may contain a password
 */
export async function connect(url: string, timeouts: Timeouts): Promise<Connection> {
  // A separate instance, because mongoose's settings are global. `sanitizeFilter` turns an object in place of a string
  // (`{"$ne": null}`) into a literal value, which prevents query injection; our own operators are marked as trusted.
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
    // A write that the network lost is sent again; the server recognizes it by its number.
    retryWrites: true,
    retryReads: true,
    // Every process reads the writes of all others.
    readPreference: 'primary',
    readConcern: { level: 'local' },
  } as const;
  try {
    await connection.openUri(url, options);
    // The server accepts a connection without credentials and refuses the first command, so send one now.
    await connection.listCollections();
    return connection;
  } catch (cause) {
    await connection.close(true);
    throw new Error(`DATABASE_URL: MongoDB ${reasonOf(cause, url)}`, { cause });
  }
}

/** Returns the driver's message, without the part that repeats the URL. */
function reasonOf(cause: unknown, url: string): string {
  if (isRefusal(cause))
    return `does not let us in (${messageOf(cause)}): look at its user, password and authSource, and at that user's roles`;
  const silent = 'does not answer, or does not let us in';
  // The driver takes the end of such a password for a host name, and would show it in its message.
  if (url.split('@').length > 2) return `${silent}: an @ that is part of a name or password is written %40`;
  return `${silent}: ${messageOf(cause).replace(/\W*mongodb(\+srv)?:.*/s, '')}`;
}
