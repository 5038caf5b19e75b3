// The setting that names the file in which a node is told at which step to stop; see scripts/faults/stop-at-step.ts.
export const STOP_FILE = 'STOP_FILE';
