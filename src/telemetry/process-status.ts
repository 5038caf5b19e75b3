// The state of this process, for health and metrics. It outlives every reload of the configuration. Times are epoch milliseconds.

export type ProcessStatus = {
  /** Whether load balancers must stop sending requests. */
  draining: boolean;
  /** The lane of password hashing: how many run, how many wait, and how many may wait. */
  hashLane: { running: number; waiting: number; places: number };
  configuration: {
    /** A digest of all files: nodes with the same version have the same configuration. */
    version: string;
    inForceSince: number;
    /** A later configuration that is not in force because it has mistakes. */
    rejected?: { at: number; mistakes: number };
  };
};
