// How long anything is waited for, in milliseconds.

export type Waits = {
  /** No request may hang, whatever was tried again underneath. The write may still be stored, as `StorageUnavailable` says. */
  call: number;
  /** Nobody's request waits for a sweep or a reader of the ledger. */
  longCall: number;
  /** A server that says nothing for so long is given up, and its connection closed. 0: never; for what takes its time, such as making an index. */
  socket: number;
  /** When all connections are busy for so long, the database does not keep up. */
  connection: number;
  /** Readiness must turn within two seconds where no server answers. */
  server: number;
};

export const WAITS: Waits = { call: 2_500, longCall: 60_000, socket: 2_500, connection: 2_000, server: 1_500 };
