// How settled a read has to be.

/**
 * For a read after which something is acknowledged, chained or removed without a `DURABLE` write to the same server: it must not see what a
 * change of the primary can take back. All other reads are `local`, the connection's: they see what a login has written a moment ago.
 * docs/storage.md tells which read needs which.
 */
export const MAJORITY = 'majority';
