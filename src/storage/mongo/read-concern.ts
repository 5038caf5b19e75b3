// The read concern of critical reads.

/**
 * For reads that lead to acknowledging, chaining or removing something without a `DURABLE` write to the same server. They must not see
 * data that a failover can roll back. All other reads are `local`, the connection's default, and see a login's recent writes.
 * docs/storage.md lists which read needs which.
 */
export const MAJORITY = 'majority';
