// The timeouts of the MongoDB backend, in milliseconds.

export type Timeouts = {
  /** For one call of the port, retries included. The write may still be stored, as `StorageUnavailable` says. */
  call: number;
  /** For a sweep and for readers of the ledger. No request waits for them. */
  longCall: number;
  /** A connection is closed if the server is silent for this long. 0: never, for long work such as creating an index. */
  socket: number;
  /** If all connections are busy for this long, the database does not keep up. */
  connection: number;
  /** For finding a server. Readiness must report a failure within two seconds if no server answers. */
  server: number;
};

export const TIMEOUTS: Timeouts = { call: 2_500, longCall: 60_000, socket: 2_500, connection: 2_000, server: 1_500 };
