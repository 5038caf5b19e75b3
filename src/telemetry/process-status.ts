// How this process stands: what health and metrics tell. Outlives every reload of the configuration.
import type { EpochMilliseconds } from '../domain/account.ts';

export type ProcessStatus = {
  /** Nobody new is to be sent here. */
  draining: boolean;
  configuration: {
    /** A digest of what the files say: nodes with one version have one configuration. */
    version: string;
    inForceSince: EpochMilliseconds;
    /** What was found later and is not in force, because it has mistakes. */
    rejected?: { at: EpochMilliseconds; mistakes: number };
  };
};
