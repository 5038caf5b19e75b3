// The setting that names the file in which a node is told where to stop, and what stands there: one of TOKEN_STEPS, at which the node dies,
// or one of these; see steer-writes.ts.
export const STOP_FILE = 'STOP_FILE';

/** Before the type of a ledger event: the write that it belongs to is to wait until the file is gone. */
export const HOLD = 'hold ';
/** Stands in the file while a write waits. */
export const HELD = 'held';
/** Before a number and any word that makes the order a new one: the node dies when a request has made so many writes. */
export const AFTER_WRITE = 'after write ';
